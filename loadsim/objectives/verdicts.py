"""What a run's objectives come to together: a verdict, why, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence

from loadsim.errors import ExitCode, SpecError
from loadsim.objectives.evaluation import describe
from loadsim.objectives.grammar import parse_objective
from loadsim.record import ObjectiveRecord, Verdict

_EXIT_CODES: dict[Verdict | None, ExitCode] = {
    None: ExitCode.OK,
    "pass": ExitCode.OK,
    "fail": ExitCode.FAILED,
    "inconclusive": ExitCode.UNKNOWN,
    "invalid": ExitCode.UNKNOWN,
}
_PRECEDENCE: tuple[Verdict, ...] = ("invalid", "fail", "inconclusive", "pass")


def verdict(records: Sequence[ObjectiveRecord], invalid_reasons: Sequence[str]) -> tuple[Verdict | None, list[str]]:
    """Return the verdict, None without objectives, and its reasons: what is invalid, then broken, then undecided.

    An experiment that was not sound cannot fail a target, so invalid comes before fail; a broken objective stays
    broken whatever the undecided ones would have said.
    """
    found: set[Verdict] = {record.verdict for record in records}
    if invalid_reasons:
        found.add("invalid")
    reasons = list(invalid_reasons)
    for kind in _PRECEDENCE[:-1]:
        reasons.extend(_sentence(record) for record in records if record.verdict == kind)
    return next((kind for kind in _PRECEDENCE if kind in found), None), reasons


def exit_code(found: Verdict | None) -> ExitCode:
    """Return what a process that comes to this verdict exits with."""
    return _EXIT_CODES[found]


def _sentence(record: ObjectiveRecord) -> str:
    try:
        return describe(parse_objective(record.expression), record)
    except SpecError:  # a record of another version, whose metrics this one does not know
        return f"{record.expression}: {record.reason or record.verdict}"
