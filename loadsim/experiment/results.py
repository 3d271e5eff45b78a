"""What a run leaves on the disk, as far as the disk takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loadsim.errors import LoadsimError
from loadsim.measure.recorder import Recorder
from loadsim.measure.run_files import write_run_files
from loadsim.record import RunRecord, write_record


def write_results(record: RunRecord, recorder: Recorder, directory: Path, started_at_s: float) -> list[LoadsimError]:
    """Write the record and what happened over time; return what could not be written, and what to do about it."""
    problems = []
    for what, write in (
        ("the record (run.json)", lambda: write_record(record, directory)),
        ("what happened over time", lambda: write_run_files(recorder, directory, started_at_s=started_at_s)),
    ):
        error = _failure(write, directory)
        if error is not None:
            problems.append(
                LoadsimError(
                    f"{what} could not be written in '{directory}': {error}",
                    hint="The figures shown are whole all the same. Make room, or name another place with --out DIR.",
                )
            )
    return problems


def write_page(directory: Path) -> tuple[Path, list[str]]:
    """Write the report of what was written; return its page, and what there is to say. Raises LoadsimError."""
    from loadsim.report.rundata import load_run
    from loadsim.report.write import sentences, write_report

    written: list[Path] = []
    error = _failure(lambda: written.append(write_report(directory)), directory)
    if error is not None:
        raise LoadsimError(
            f"the report could not be written: {error}",
            hint=f"Nothing that was measured is lost: once there is room, 'loadsim report {directory}' writes it.",
        )
    return written[0], sentences(load_run(directory))


def _failure(write: Callable[[], object], directory: Path) -> str | None:
    try:
        write()
    except OSError as error:
        return error.strerror or str(error)
    finally:
        for part in directory.glob("*.part"):  # half a file takes room, and nobody reads it
            part.unlink(missing_ok=True)
    return None
