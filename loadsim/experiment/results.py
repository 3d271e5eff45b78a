"""What a run leaves on the disk, as far as the disk takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loadsim.measure.recorder import Recorder
from loadsim.measure.run_files import write_run_files
from loadsim.record import RunRecord, write_record


def write_results(record: RunRecord, recorder: Recorder, directory: Path, started_at_s: float) -> list[str]:
    """Write the record and what happened over time; return what could not be written, and why."""
    problems = [
        *_attempt("the record (run.json)", directory, lambda: write_record(record, directory)),
        *_attempt(
            "what happened over time (tables and histograms)",
            directory,
            lambda: write_run_files(recorder, directory, started_at_s=started_at_s),
        ),
    ]
    for part in directory.glob("*.part"):  # half a file takes room, and nobody reads it
        part.unlink(missing_ok=True)
    return problems


def _attempt(what: str, directory: Path, write: Callable[[], object]) -> list[str]:
    try:
        write()
    except OSError as error:
        return [f"{what} could not be written in '{directory}': {error.strerror or error}"]
    return []
