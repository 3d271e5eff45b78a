"""A disk that takes no more when a run is over: what was measured is shown, and what is missing is said."""

from __future__ import annotations

import json
import resource
from pathlib import Path

from ..engine.loopback import Loopback
from .runs import assert_adds_up, end, read_record, start

SHORT = ("--rate", "30/s", "--warmup", "0s", "--duration", "1s")


def run_with_files_up_to(most_bytes: int, directory: Path, *options: str) -> tuple[str, str]:
    """Run with a bound on the size of files, which the system enforces as it does a full disk."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    with Loopback() as server:
        target = ("--target", f"{server.url}/ok")
        process = start("run", "read-heavy", *target, *SHORT, "--out", str(directory), *options, preexec_fn=bound)
        told = end(process)
    assert process.returncode == 5
    assert list(directory.glob("*.part")) == []
    return told


def test_a_record_that_cannot_be_written_is_still_printed(tmp_path: Path) -> None:
    out, error = run_with_files_up_to(1000, tmp_path / "r", "--json")
    record = json.loads(out)
    assert record["load"]["scheduled"] > 0
    assert_adds_up(record["load"])
    assert "the record (run.json) could not be written" in error
    assert "Make room" in error
    assert not (tmp_path / "r" / "run.json").exists()


def test_a_report_that_cannot_be_written_costs_nothing_that_was_measured(tmp_path: Path) -> None:
    out, error = run_with_files_up_to(40_000, tmp_path / "r")
    assert read_record(tmp_path / "r")["load"]["completed"] > 0
    assert (tmp_path / "r" / "series.csv").exists()
    assert "arrivals" in out
    assert "the report could not be written: File too large" in error
    assert f"loadsim report {tmp_path / 'r'}" in error
