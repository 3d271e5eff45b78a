"""What there is: scenarios, topologies, shapes of traffic, and the schema of the record."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from loadsim.deploy import TOPOLOGIES
from loadsim.profiles import parse_profile, profile_shapes
from loadsim.scenarios import SCENARIOS

from ..report.runs import Case, write_run
from .commands import loadsim


def shown(*argv: str, cwd: Path | None = None, **env: str) -> str:
    told = loadsim(*argv, cwd=cwd, **env)
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout


def test_scenarios_are_listed_with_their_shape_and_how_to_run_one() -> None:
    text = shown("scenarios")
    for scenario in SCENARIOS.values():
        assert scenario.name in text
        assert scenario.profile in text
    assert text.splitlines()[-1].strip() == "try  loadsim run read-heavy"


def test_scenarios_are_there_for_programs_too() -> None:
    rows = {row["name"]: row for row in json.loads(shown("scenarios", "--json"))}
    assert rows.keys() == SCENARIOS.keys()
    for row in rows.values():
        assert row["duration_s"] > 0
        parse_profile(row["profile"])


def test_topologies_are_listed_with_ones_own_first(tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text('[topology.bigger]\nbase = "balanced"\nservers = 8\n')
    text = shown("topologies", cwd=tmp_path, COLUMNS="80")
    assert text.split()[0] == "bigger"
    assert max(len(line) for line in text.splitlines()) <= 80
    rows = json.loads(shown("topologies", "--json", cwd=tmp_path))
    assert [row["name"] for row in rows] == ["bigger", *TOPOLOGIES]
    assert len(rows[0]["pools"]["web"]) == 8


def test_a_run_that_was_recorded_is_valid_by_the_schema_that_is_printed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Case(duration_s=5, phases=()))
    jsonschema.validate(
        json.loads((run / "run.json").read_text()),
        json.loads(shown("schema")),
        cls=jsonschema.Draft202012Validator,
    )


def test_shapes_are_listed_each_with_an_example() -> None:
    text = shown("profiles")
    for name, example, _ in profile_shapes():
        assert name in text
        assert example in text


@pytest.mark.parametrize("asked", ["spike", "spike(base=50/s, peak=500/s, at=20s, width=5s)"])
def test_a_curve_is_drawn_by_the_name_of_its_shape_or_in_full(asked: str) -> None:
    lines = shown("profiles", asked, COLUMNS="80").splitlines()
    assert lines[0].strip() == "spike(base=50/s, peak=500/s, at=20s, width=5s)"
    assert "peak 500/s" in lines[1]
    assert max(len(line) for line in lines) <= 80
    assert " ".join(lines[-2:]).replace("│", " ").split() == ["base", "recovery", "spike"]


def test_as_much_of_a_curve_is_drawn_as_was_asked_for() -> None:
    lines = shown("profiles", "constant(10/s)", "--duration", "2m").splitlines()
    assert lines[1].strip().startswith("2:00 long")
    assert "1,200 arrivals expected" in lines[1]


@pytest.mark.parametrize(
    ("spec", "at", "said"),
    [
        ("constnt(10/s)", 0, "Did you mean 'constant'?"),
        ("spike(base=50/s, peek=500/s)", 17, "peak"),
        ("ramp(0/s, 200/s, 30s) thn constant(1/s)", 22, "Did you mean 'then'?"),
        ("constant(10 apples)", 12, "such as '500/s'"),
        ("constant(10/s", 8, "never closed"),
    ],
)
def test_an_error_in_a_profile_points_at_the_character(spec: str, at: int, said: str) -> None:
    told = loadsim("profiles", spec)
    assert (told.returncode, told.stdout) == (2, "")
    _, text, caret, *_ = told.stderr.splitlines()
    assert text == f"  {spec}"
    assert caret == f"  {' ' * at}^"
    assert said in told.stderr


def test_where_blocks_cannot_be_written_a_curve_is_drawn_in_ascii() -> None:
    text = shown("profiles", "spike", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert text.isascii()
    assert "*****" in text


@pytest.mark.parametrize("length", ["0s", "-3s", "long"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    told = loadsim("profiles", "constant(1/s)", f"--duration={length}")
    assert (told.returncode, told.stdout) == (2, "")
