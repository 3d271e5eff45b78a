"""What a run's objectives come to together: a verdict, why, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
        reasons.extend(sentence(record) for record in records if record.verdict == kind)
    return worst(found), reasons


def worst(found: Iterable[Verdict]) -> Verdict | None:
    """Return the verdict that counts of several, None of none."""
    kinds = set(found)
    return next((kind for kind in _PRECEDENCE if kind in kinds), None)


def exit_code(found: Verdict | None) -> ExitCode:
    """Return what a process that comes to this verdict exits with."""
    return _EXIT_CODES[found]


def sentence(record: ObjectiveRecord) -> str:
    """Return an objective of a record and what was observed as a sentence."""
    try:
        return describe(parse_objective(record.expression), record)
    except SpecError:  # a record of another version, whose metrics this one does not know
        return f"{record.expression}: {record.reason or record.verdict}"
