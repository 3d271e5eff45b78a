"""What a comparison leaves: compare.json, its report, and how the command ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadsim.compare.record import CompareRecord, Verdict, write_comparison
from loadsim.errors import ExitCode, LoadsimError
from loadsim.report.comparison.words import sentences
from loadsim.report.terminal import Steps

_EXIT_CODES: dict[Verdict, ExitCode] = {
    "better": ExitCode.OK,
    "equivalent": ExitCode.OK,
    "worse": ExitCode.FAILED,
    "inconclusive": ExitCode.UNKNOWN,
    "invalid": ExitCode.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class CompareResult:
    """The record, where its files are, what could not be written, and how the command ends."""

    record: CompareRecord
    directory: Path
    report: Path | None
    problems: tuple[str, ...]
    exit_code: ExitCode


def finish(record: CompareRecord, directory: Path, steps: Steps, interrupted: ExitCode | None) -> CompareResult:
    """Put the conclusion in words, write everything, and return the result."""
    record.conclusion = msgspec.structs.replace(record.conclusion, sentences=sentences(record))
    problems, report = [], None
    try:
        write_comparison(record, directory)
        report = _report(directory, steps)
    except OSError as error:
        problems.append(f"the comparison could not be written in '{directory}': {error.strerror or error}")
    except LoadsimError as error:
        problems.append(f"the report could not be written: {error}")
    code = interrupted or (ExitCode.INTERNAL if problems else _EXIT_CODES[record.conclusion.verdict])
    return CompareResult(record, directory, report, tuple(problems), code)


def _report(directory: Path, steps: Steps) -> Path:
    from loadsim.report.comparison.page import write_comparison_report

    with steps.step("writing the report"):
        return write_comparison_report(directory)
