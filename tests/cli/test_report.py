"""``loadsim report``, on a run that was recorded, and on what is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ..report.runs import Case, write_run
from .commands import loadsim


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("kept") / "run", Case(duration_s=10, phases=()))


@pytest.fixture
def recorded(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "run"))


def test_a_recorded_run_is_rendered_again_into_itself(recorded: Path) -> None:
    record = (recorded / "run.json").read_bytes()
    told = loadsim("report", "run", cwd=recorded.parent)
    assert (told.returncode, told.stderr) == (0, "")
    written = told.stdout.splitlines()
    for name in ("report.html", "requests-over-time.png", "balancer-distribution.png", "latency.png"):
        assert f"run/{name}" in written
        assert (recorded / name).stat().st_size > 1000
    assert (recorded / "run.json").read_bytes() == record


def test_the_formats_asked_for_are_written_where_asked_for(recorded: Path) -> None:
    told = loadsim("report", "run", "--format", "md, csv", "--out", "elsewhere", cwd=recorded.parent)
    assert (told.returncode, told.stderr) == (0, "")
    written = {path.name for path in (recorded.parent / "elsewhere").iterdir()}
    assert {Path(line).name for line in told.stdout.splitlines()} == written
    assert {"report.md", "requests-over-time-chart.csv"} <= written
    assert {Path(name).suffix for name in written} == {".md", ".csv"}
    assert not (recorded / "report.md").exists()


def record_with(directory: Path, change: dict[str, object]) -> None:
    path = directory / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


BROKEN = {
    "missing": (lambda run: shutil.rmtree(run), "there is no such directory", "Give a run directory"),
    "empty": (lambda run: (run / "run.json").unlink(), "there is no run.json in it", "Give a run directory"),
    "cut short": (lambda run: (run / "run.json").write_text('{"schema": "load'), "not a run record", "record the run"),
    "of another schema": (
        lambda run: record_with(run, {"schema": "loadsim.run/2"}),
        "has the schema 'loadsim.run/2'",
        "version of loadsim",
    ),
    "of wrong kinds": (lambda run: record_with(run, {"load": 7}), "$.load", "record the run"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_run_is_named_with_what_to_do(how: str, recorded: Path) -> None:
    spoil, said, hint = BROKEN[how]
    spoil(recorded)
    told = loadsim("report", "run", cwd=recorded.parent)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("error: ")
    assert said in told.stderr
    assert hint in told.stderr
    assert len(told.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "pngg"), "Did you mean 'png'?"),
        (("--format", ","), "Known: html, png, svg, csv, md."),
        (("--size", "3x3"), "400x250 to 8000x8000"),
        (("--size", "big"), "such as 1600x900"),
        (("--out", "run/run.json"), "'--out'"),
    ],
)
def test_what_cannot_be_written_is_refused(options: tuple[str, ...], said: str, recorded: Path) -> None:
    told = loadsim("report", "run", *options, cwd=recorded.parent)
    assert (told.returncode, told.stdout) == (2, "")
    assert said in told.stderr
