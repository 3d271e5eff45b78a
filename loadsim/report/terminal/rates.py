"""The live chart: what was achieved as an area, what is missing to the offered rate, and the plan ahead as a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from rich.text import Text

from loadsim.report.terminal.braille import Braille
from loadsim.report.terminal.state import LiveState
from loadsim.report.terminal.words import ACCENT, DIM, UNICODE, WARN
from loadsim.report.text import clock, rate

_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def round_up(value: float) -> float:
    """Return the next round number from ``value`` up, so that an axis keeps its scale while values tremble."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9))


def resample(values: Sequence[float], columns: int, step: float) -> list[float | None]:
    """Return the mean of ``values`` under each of ``columns``, each ``step`` values wide; None where there is none.

    A column narrower than a value shows the value it lies in. NaN is no value.
    """
    means: list[float | None] = []
    for column in range(columns):
        first = int(column * step + 1e-9)
        last = max(first + 1, int((column + 1) * step + 1e-9))
        part = [value for value in values[first:last] if not math.isnan(value)]
        means.append(sum(part) / len(part) if part else None)
    return means


def rate_chart(state: LiveState, width: int, rows: int) -> list[Text]:
    """Return the run so far (``offered`` and ``achieved`` from second 0 on) in ``width`` cells.

    ``rows`` lines of chart, its time axis with a mark at now, and the labels.
    """
    span_s = state.duration_s or max(state.elapsed_s, float(len(state.achieved)), 1.0)
    # A NaN is never above another value, so with 0 first it is never the greatest.
    top = round_up(max([0.0, *state.planned, *state.offered, *state.achieved]))
    labels = _labels(top, rows)
    gutter = max(len(label) for label in labels)
    columns = max(1, width - gutter - 2)
    achieved = resample(state.achieved, columns, span_s / columns)
    offered = resample(state.offered, columns, span_s / columns)
    plan = _plan(state, columns, rows, top)
    lines = []
    for row in reversed(range(rows)):
        line = Text().append(f"{labels[row]:>{gutter}} ", DIM)
        line.append(UNICODE.tick if labels[row] else UNICODE.wall, DIM)
        cells = [
            _cell(achieved[column], offered[column], top / rows, row) or (plan[row][column], DIM)
            for column in range(columns)
        ]
        for style, run in groupby(cells, key=itemgetter(1)):  # a span a run, not a cell: a tenth of the time
            line.append("".join(character for character, _ in run), style)
        lines.append(line)
    return lines + _axis(state, span_s, gutter, columns)


def _labels(top: float, rows: int) -> list[str]:
    labels = [""] * rows
    labels[-1] = rate(top)
    if rows >= 4 and rows % 2 == 0:
        labels[rows // 2 - 1] = rate(top / 2)
    return labels


def _cell(achieved: float | None, offered: float | None, unit: float, row: int) -> tuple[str, str] | None:
    """Return (character, style) of one cell of the past, or None where it is not known yet."""
    if achieved is None:
        return None
    eighths = achieved / unit * 8 - row * 8
    if eighths >= 0.5:
        return UNICODE.eighths[min(8, round(eighths))], ACCENT
    if row == 0 and achieved > 0:
        return UNICODE.eighths[1], ACCENT
    # Half a cell, so that the tremble of Poisson arrivals does not look like a shortfall.
    missing = offered is not None and offered / unit - row >= 0.5
    return (UNICODE.gap, WARN) if missing else (" ", "")


def _plan(state: LiveState, columns: int, rows: int, top: float) -> list[str]:
    """Return the planned curve as lines of characters, from the bottom row up."""
    canvas = Braille(columns, rows)
    points = columns * 2
    heights = resample(state.planned, points, len(state.planned) / points)
    canvas.curve([None if height is None else height / top for height in heights])
    return canvas.lines()[::-1]


def _axis(state: LiveState, span_s: float, gutter: int, columns: int) -> list[Text]:
    share = min(1.0, max(0.0, state.elapsed_s / span_s))
    mark = min(columns - 1, int(share * columns))
    axis = Text().append(" " * (gutter + 1) + UNICODE.corner + UNICODE.rule * mark, DIM)
    axis.append(UNICODE.now, "bold")
    axis.append(UNICODE.rule * (columns - mark - 1), DIM)
    return [axis, Text(" " * (gutter + 2) + _ticks(clock(state.elapsed_s), clock(span_s), mark, columns), DIM)]


def _ticks(now: str, end: str, mark: int, columns: int) -> str:
    """Return the labels under a time axis; that of now wins where two would touch."""
    cells = [" "] * columns
    taken = range(0)
    at = max(0, min(columns - len(now), mark - len(now) // 2))
    for text, start in ((now, at), ("0:00", 0), (end, columns - len(end))):
        place = range(start - 1, start + len(text) + 1)
        if start < 0 or set(place) & set(taken):
            continue
        cells[start : start + len(text)] = text
        taken = taken or place
    return "".join(cells)[:columns]
