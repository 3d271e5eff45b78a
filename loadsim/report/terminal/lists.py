"""The lists of a summary: objectives, errors, what was seen, backends, recoveries, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from loadsim.record import ObjectiveRecord, RunRecord
from loadsim.report.terminal.shares import NO_BACKEND
from loadsim.report.terminal.words import (
    ACCENT,
    BAD,
    DIM,
    GOOD,
    HEADING,
    WARN,
    Glyphs,
    bar,
    duration,
    fit,
    percent,
    width_of,
    wrapped,
)
from loadsim.report.text import amount, clock, visible

_RANKS = {"fail": 0, "invalid": 1, "inconclusive": 1, "pass": 2}


@dataclass(frozen=True, slots=True)
class Section:
    """A list under one label; ``running`` text goes on from line to line."""

    label: str
    lines: Sequence[Text]
    running: bool = False


def lists_of(record: RunRecord, width: int, glyphs: Glyphs, seen: Sequence[str]) -> list[Section]:
    """Return what there is to list, by how much it matters; lines are of at most ``width`` cells where they can be."""
    sections = [
        Section("objectives", _objectives(record, glyphs)),
        Section("errors", _errors(record)),
        Section("seen", [Text(line) for sentence in seen for line in wrapped(sentence, width)], running=True),
        Section("backends", _backends(record, width, glyphs)),
        Section("recovery", _recoveries(record)),
        Section("warnings", _warnings(record, width, glyphs), running=True),
    ]
    return [section for section in sections if section.lines]


def _warnings(record: RunRecord, width: int, glyphs: Glyphs) -> list[Text]:
    lines = []
    for warning in record.warnings:
        for index, line in enumerate(wrapped(warning, width - 2)):
            lines.append(Text().append("  " if index else f"{glyphs.warn} ", WARN).append(line))
    return lines


def _objectives(record: RunRecord, glyphs: Glyphs) -> list[Text]:
    """Return the objectives, broken ones first."""
    ordered = sorted(record.objectives, key=lambda objective: _RANKS[objective.verdict])
    cells = min(40, max((width_of(objective.expression) for objective in ordered), default=0))
    marks = {"pass": (glyphs.ok, GOOD), "fail": (glyphs.bad, BAD)}
    lines = []
    for objective in ordered:
        mark, style = marks.get(objective.verdict, (glyphs.warn, WARN))
        line = Text().append(f"{mark} ", style).append(fit(objective.expression, cells), HEADING)
        line.append("  observed ", DIM).append(_observed(objective))
        reason = objective.reason or ("" if objective.verdict in marks else objective.verdict)
        lines.append(line.append(f"  {visible(reason)}" if reason else "", DIM))
    return lines


def _observed(objective: ObjectiveRecord) -> str:
    """Write what was observed in the unit in which the bound was written."""
    value, expression = objective.observed, objective.expression.removeprefix("abort ").strip()
    if value is None:
        return "nothing" if objective.samples == 0 else "no answer"
    limit = expression.partition(" over ")[0].rstrip()
    if limit.endswith("%"):
        return percent(value, 2)
    if limit.endswith("/s"):
        return f"{amount(value)}/s"
    if limit.endswith("s") and limit[-2:-1] in "0123456789mu µ":
        return duration(value)
    return f"{value:.4g}"


def _errors(record: RunRecord) -> list[Text]:
    ordered = sorted(record.errors, key=lambda error: (-error.count, error.outcome))
    cells = min(20, max((width_of(error.outcome) for error in ordered), default=0))
    return [
        Text()
        .append(fit(error.outcome, cells), BAD)
        .append(f" {error.count:>9,}", HEADING)
        .append(f"  {visible(error.first)}", DIM)
        for error in ordered
    ]


def _backends(record: RunRecord, width: int, glyphs: Glyphs) -> list[Text]:
    """Return a bar a backend of its share; p99 and failures beside it."""
    if not any(name != NO_BACKEND for name in record.backends):
        return []
    several = len({backend.pool for backend in record.backends.values() if backend.pool}) > 1
    names = [f"{backend.pool or ''} {name}" if several else name for name, backend in record.backends.items()]
    cells = min(28, max(width_of(name) for name in names))
    most = max((backend.share or 0.0 for backend in record.backends.values()), default=0.0)
    room = max(4, min(48, width - cells - 42))
    lines = []
    for name, backend in zip(names, record.backends.values(), strict=True):
        part = (backend.share or 0.0) / most if most else 0.0
        line = Text(fit(name, cells)).append(" ").append(bar(part, room, glyphs), ACCENT)
        line.append(f" {percent(backend.share):>8}", HEADING).append("  p99 ", DIM)
        p99 = backend.response_time_s.p99 if record.response_time_s else backend.service_time_s.p99
        line.append(f"{duration(p99):>8}")
        line.append(f"  {backend.failed:>6,} failed", f"bold {BAD}" if backend.failed else DIM)
        lines.append(line)
    return lines


def _recoveries(record: RunRecord) -> list[Text]:
    lines = []
    for recovery in record.recoveries:
        line = Text(visible(recovery.cause, 60)).append(f" at {clock(recovery.start_s)}: ", DIM)
        back = _back(recovery.recovery_s)
        lines.append(line.append(back, WARN if recovery.recovery_s is None else ""))
    return lines


def _back(recovery_s: float | None) -> str:
    if recovery_s is None:
        return "not back before the end"
    return f"back after {duration(recovery_s)}" if recovery_s else "not felt"
