"""Recorded runs, and a browser that looks at their pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loadsim.report.rundata import RunData, load_run
from tests.report.runs import CASES, write_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the directory of a case's run, made once."""
    base = tmp_path_factory.mktemp("runs")

    def directory(name: str) -> Path:
        path = base / name
        return path if path.exists() else write_run(path, CASES[name]())

    return directory


@pytest.fixture(scope="session")
def loaded(recorded: Callable[[str], Path]) -> Callable[[str], RunData]:
    """Return a case's run, read."""
    return lambda name: load_run(recorded(name))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, from the PATH; gone after the module, since its driver leaves an event loop running in this thread."""
    from playwright.sync_api import sync_playwright

    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium on the PATH: tests/install-chromium installs one")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
