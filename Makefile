# The two commands of the README. Both make their own environment and need only Python 3.11+ and make beforehand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types check-imports unit format clean

demo: $(VENV)/.target
	$(BIN)/loadsim run spiky --out reports/demo

test: lint types check-imports unit

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "loadsim needs Python 3.11 or later: make PYTHON=/path/to/python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.target: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[target]'
	touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[target,dev]'
	touch $@ $(VENV)/.target

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

check-imports: $(VENV)/.dev
	$(BIN)/lint-imports

unit: $(VENV)/.dev
	tests/install-chromium
	$(BIN)/pytest --numprocesses 2 --dist loadfile --cov --cov-report=term

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
