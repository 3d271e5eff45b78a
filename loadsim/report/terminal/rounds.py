"""The end of ``run --repeat`` on one screen: a line a round, how far they scatter, what is wrong, and what next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.text import Text

from loadsim.record import RunRecord
from loadsim.report.terminal.figures import labelled
from loadsim.report.terminal.next_step import next_step, objective_that_held, shown_path
from loadsim.report.terminal.words import BAD, DIM, GOOD, HEADING, WARN, Glyphs, glyphs_for, wrapped
from loadsim.report.text import amount, counted, seconds, share, visible
from loadsim.rounds import RoundsRecord

_COLUMNS = ("p50", "p99", "failed", "completed/s")
_COLUMN, _FIRST, _VERDICT = 12, 8, 16
_REASONS = 6
_WIDEST = 130

Rounds = Sequence[tuple[Path, RunRecord]]
Row = tuple[float | None, ...]


def print_rounds(console: Console, rounds: Rounds, record: RoundsRecord, directory: Path) -> None:
    """Print the summary."""
    for line in rounds_lines(rounds, record, min(console.width, _WIDEST), glyphs_for(console)):
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    console.print(labelled("rounds", Text(visible(shown_path(directory), 4000))), soft_wrap=True)
    why, command = _next(rounds, directory)
    again = Text().append(f"{why}:", DIM).append("  ").append(visible(command, 4000))
    console.print(labelled("next", again), soft_wrap=True)


def rounds_lines(rounds: Rounds, record: RoundsRecord, width: int, glyphs: Glyphs) -> list[Text]:
    """Return everything but the foot."""
    rows = [_row(each) for _, each in rounds]
    head = Text(f"{'round':<{_FIRST}}{'':<{_VERDICT}}" + "".join(f"{name:>{_COLUMN}}" for name in _COLUMNS), DIM)
    lines = [_head(record, glyphs), Text(), head]
    for (path, each), row in zip(rounds, rows, strict=True):
        mark, style = _mark(each, glyphs)
        line = Text(f"{visible(path.name, _FIRST - 1):<{_FIRST}}")
        line.append(f"{f'{mark} {each.verdict or _end(each)}':<{_VERDICT}}", style)
        lines.append(line.append(_cells(row)))
    if len(rows) > 1:
        columns = [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
        for name, of in (("median", median), ("lowest", min), ("highest", max)):
            values = tuple(of(column) if column else None for column in columns)
            lines.append(Text(f"{name:<{_FIRST + _VERDICT}}", DIM).append(_cells(values), HEADING))
    return [*lines, Text(), *_why(rounds, width, glyphs)]


def _head(record: RoundsRecord, glyphs: Glyphs) -> Text:
    made = counted(len(record.rounds), "round")
    of = "" if record.complete else f" of {record.rounds_planned}, cut short"
    if record.verdict is None:
        mark, style = (glyphs.ok, GOOD) if record.complete else (glyphs.warn, WARN)
        return Text().append(f"{mark} ", style).append(f"{made}{of}", HEADING).append(", no objective was set", DIM)
    mark = {"pass": glyphs.ok, "fail": glyphs.bad}.get(record.verdict, glyphs.warn)
    style = {"pass": GOOD, "fail": BAD}.get(record.verdict, WARN)
    head = Text().append(f"{mark} {record.verdict.upper()}", f"bold {style}")
    return head.append(f"  {made}{of}; the worst counts")


def _mark(record: RunRecord, glyphs: Glyphs) -> tuple[str, str]:
    if record.verdict == "fail":
        return glyphs.bad, BAD
    held = record.verdict in ("pass", None) and record.complete
    return (glyphs.ok, GOOD) if held else (glyphs.warn, WARN)


def _end(record: RunRecord) -> str:
    return "done" if record.complete else "cut short"


def _row(record: RunRecord) -> Row:
    times = record.response_time_s or record.service_time_s
    failed = record.requests.failed / record.requests.count if record.requests.count else None
    return times.p50, times.p99, failed, record.load.achieved_rate


def _cells(row: Row) -> str:
    p50, p99, failed, rate = row
    texts = (seconds(p50), seconds(p99), share(failed), amount(rate))
    return "".join(f"{text:>{_COLUMN}}" for text in texts)


def _why(rounds: Rounds, width: int, glyphs: Glyphs) -> list[Text]:
    reasons = [f"{path.name}: {reason}" for path, record in rounds for reason in record.reasons]
    lines = []
    for reason in reasons[:_REASONS]:
        for index, text in enumerate(wrapped(reason, width - 2)):
            lines.append(Text().append("  " if index else f"{glyphs.warn} ", WARN).append(text))
    left = len(reasons) - _REASONS
    return [*lines, *([Text(f"  and {counted(left, 'more reason')}", DIM)] if left > 0 else [])]


def _next(rounds: Rounds, directory: Path) -> tuple[str, str]:
    """Return (what for, command)."""
    unsound = next((record for _, record in rounds if record.verdict == "invalid" or not record.complete), None)
    if unsound is not None:
        return next_step(unsound)
    worst = max((record for _, record in rounds), key=lambda record: _row(record)[1] or 0.0)
    if all(record.verdict is None for _, record in rounds):
        held = ["loadsim", "gate", shown_path(directory), "--objective", objective_that_held(worst)]
        return "hold them to this", shlex.join(held)
    paths = [shown_path(path) for path, _ in rounds]
    return "lay them over each other", shlex.join(["loadsim", "report", *paths])
