"""The verdict of a gate on one screen: what was held to what, worst first, and why it does not pass."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from loadsim.baseline import BaselineRecord
from loadsim.gate import GatedRun, GateRecord
from loadsim.record import ObjectiveRecord, Verdict
from loadsim.report.gate_words import in_a_line, primary
from loadsim.report.tables import nearness, objective_value, observed_value
from loadsim.report.terminal.effects import effect_lines, interest, undecided
from loadsim.report.terminal.forest import UNICODE as UNICODE_MARKS
from loadsim.report.terminal.forest import Marks, marks_for
from loadsim.report.terminal.words import (
    BAD,
    DIM,
    GOOD,
    HEADING,
    WARN,
    Glyphs,
    fit,
    glyphs_for,
    width_of,
    wrapped,
)
from loadsim.report.text import counted

_LOG_HEIGHT = 60
_WIDEST = 130
_VERDICT, _GAP = 16, 2
_NAME, _NUMBERS = "objective", ("observed", "bound", "of bound")
_MOST = 5
"""Exploratory metrics that differ."""
_LINES = 3
"""Of one reason, at most."""
_RANKS: dict[Verdict, int] = {"fail": 0, "invalid": 1, "inconclusive": 2, "pass": 3}
_STYLES: dict[Verdict, str] = {"pass": GOOD, "fail": BAD, "invalid": WARN, "inconclusive": WARN}

Row = tuple[GatedRun, ObjectiveRecord]


def print_gate(console: Console, record: GateRecord) -> None:
    """Print the table."""
    width = min(console.width, _WIDEST)
    height = max(24, console.height) - 1 if console.is_terminal else _LOG_HEIGHT
    for line in gate_lines(record, width, height, glyphs_for(console), marks_for(console)):
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def gate_lines(record: GateRecord, width: int, height: int, glyphs: Glyphs, marks: Marks = UNICODE_MARKS) -> list[Text]:
    """Return the verdict, the objectives, the effects and the reasons in at most ``height`` lines."""
    rows = [(run, objective) for run in record.runs for objective in run.objectives]
    why = _why(record, width, height // 2 - 2, glyphs)
    effects = _effects(record, width, marks)
    room = max(4, height - len(why) - len(effects) - 5)
    ordered = sorted(rows, key=lambda row: _RANKS[row[1].verdict])
    shown = ordered if len(ordered) <= room else ordered[: room - 1]
    lines = [_head(record, glyphs)]
    if rows:
        lines += [Text(), *_table(shown, width, glyphs, several=len(record.runs) > 1)]
    left = ordered[len(shown) :]
    if left:
        held = sum(objective.verdict == "pass" for _, objective in left)
        told = "all held" if held == len(left) else f"{held} of them held"
        lines.append(Text(f"  and {len(left)} more, {told}: --json has them", DIM))
    return [*lines, *effects, *([Text(), *why] if why else [])]


def _effects(record: GateRecord, width: int, marks: Marks) -> list[Text]:
    """Return the primary metrics against the baseline, and those of the others that differ."""
    if record.baseline is None:
        return []
    others = [each for each in record.baseline.effects if not each.primary and each.verdict in ("better", "worse")]
    shown = sorted(others, key=interest)[:_MOST]
    left = len(others) - len(shown)
    more = [Text(f"  and {left} more that differ: --json has them", DIM)] if left else []
    return [Text(), *effect_lines(primary(record.baseline), shown, width, marks), *more]


def _head(record: GateRecord, glyphs: Glyphs) -> Text:
    style = f"bold {_STYLES[record.verdict]}"
    head = Text().append(f"{_mark(record.verdict, glyphs)} {record.verdict.upper()}", style)
    return head.append(f"  {in_a_line(record)}")


def _table(rows: Sequence[Row], width: int, glyphs: Glyphs, *, several: bool) -> list[Text]:
    """Return a line an objective under a head; what does not fit is cut from expressions and paths."""
    columns = [_NUMBERS, *(_numbers(objective) for _, objective in rows)]
    cells = [max(width_of(row[place]) for row in columns) + _GAP for place in range(len(_NUMBERS))]
    free = width - _VERDICT - sum(cells)
    longest = max((width_of(expression) for expression in (_NAME, *(o.expression for _, o in rows))), default=0)
    path = max((width_of(text) for text in ("run", *(gated.run for gated, _ in rows))), default=0) + _GAP
    name = min(longest, max(free * 2 // 3, free - path) if several else free)
    run = min(path, free - name) if several else 0

    def line(verdict: Text, expression: str, style: str, numbers: Sequence[str], path: str) -> Text:
        shown = verdict.append(fit(expression, name), style)
        shown.append("".join(f"{text:>{size}}" for text, size in zip(numbers, cells, strict=True)))
        return shown.append(f"{'':<{_GAP}}{_tail(path, run - _GAP)}" if run else "", DIM)

    lines = [line(Text(" " * _VERDICT), _NAME, "", _NUMBERS, "run")]
    lines[0].stylize(DIM)
    for gated, objective in rows:
        verdict = Text(fit(f"{_mark(objective.verdict, glyphs)} {objective.verdict}", _VERDICT))
        verdict.stylize(_STYLES[objective.verdict])
        lines.append(line(verdict, objective.expression, HEADING, _numbers(objective), gated.run))
    return lines


def _numbers(objective: ObjectiveRecord) -> tuple[str, str, str]:
    return observed_value(objective), objective_value(objective, objective.bound), nearness(objective)


def _why(record: GateRecord, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """Return why runs do not pass, as much of it as goes into ``height`` lines."""
    reasons = (
        [] if record.baseline is None else [(record.baseline.verdict, why) for why in _why_against(record.baseline)]
    )
    reasons += [
        (run.verdict, f"{run.run}: {reason}" if len(record.runs) > 1 else reason)
        for run in sorted(record.runs, key=lambda run: _RANKS[run.verdict])
        for reason in run.reasons
    ]
    lines: list[Text] = []
    for number, (verdict, reason) in enumerate(reasons):
        block = wrapped(reason, width - 2)[:_LINES]
        if len(lines) + len(block) >= height:
            return [*lines, Text(f"  and {counted(len(reasons) - number, 'more reason')}: --json has them", DIM)]
        for index, text in enumerate(block):
            lines.append(Text().append("  " if index else f"{_mark(verdict, glyphs)} ", _STYLES[verdict]).append(text))
    return lines


def _why_against(baseline: BaselineRecord) -> list[str]:
    """Return why it is not decided, and what a reader of a verdict that is no pass has to know."""
    if baseline.reasons:
        return [*baseline.reasons, *baseline.notes[1:]]
    open_ones = [effect for effect in primary(baseline) if effect.verdict == "inconclusive"]
    return [*undecided(open_ones), *(baseline.notes if baseline.verdict == "fail" else baseline.notes[1:])]


def _tail(path: str, cells: int) -> str:
    """Return the end of a path, which tells runs apart."""
    return path if width_of(path) <= cells else fit("…" + path[-(cells - 1) :], cells)


def _mark(verdict: Verdict, glyphs: Glyphs) -> str:
    return {"pass": glyphs.ok, "fail": glyphs.bad}.get(verdict, glyphs.warn)
