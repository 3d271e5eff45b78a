"""Effects and their intervals drawn with characters, a row each: where no effect lies is the same place in all rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from loadsim.compare import EffectRecord

_WIDEST = {"ratio": math.log(10.0), "difference": 1.0, "seconds": 60.0}
"""What lies further out is drawn as an arrow."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a row is drawn with."""

    middle: str
    crossed: str
    margin: str
    line: str
    low: str
    high: str
    effect: str
    below: str
    above: str


UNICODE = Marks("│", "┼", "┊", "─", "├", "┤", "●", "◀", "▶")
ASCII = Marks("|", "+", ":", "-", "[", "]", "o", "<", ">")


def marks_for(console: Console) -> Marks:
    """Return line characters where the encoding has them, ASCII elsewhere."""
    return UNICODE if console.encoding.lower().startswith("utf") else ASCII


def reach(effects: Sequence[EffectRecord], scale: str) -> float:
    """Return how far the axis of a scale goes to either side, as :func:`place` measures."""
    sizes = [2 * _margin(effect) for effect in effects if effect.scale == scale]
    for effect in effects:
        if effect.scale == scale:
            sizes += [abs(place(effect, end)) for end in (effect.low, effect.effect, effect.high) if end is not None]
    return min(max(sizes, default=_WIDEST[scale]), _WIDEST[scale])


def place(effect: EffectRecord, value: float) -> float:
    """Return where a value of an effect lies, 0 being no effect: ratios by their logarithm."""
    return math.log(value) if effect.scale == "ratio" else value


def row(effect: EffectRecord, limit: float, width: int, marks: Marks) -> str:
    """Return one effect in ``width`` (an odd number of) cells, the middle one being no effect."""
    half = width // 2
    cells = [" "] * width
    margin = round(_margin(effect) / limit * half)
    for at in (half - margin, half + margin):
        if 0 <= at < width:
            cells[at] = marks.margin
    cells[half] = marks.middle
    if effect.low is None and effect.high is None:
        if effect.effect is not None:
            _put(cells, effect, effect.effect, limit, marks, marks.effect)
        return "".join(cells)
    start = 0 if effect.low is None else _cell(effect, effect.low, limit, width)
    end = width - 1 if effect.high is None else _cell(effect, effect.high, limit, width)
    for at in range(max(0, start), min(width - 1, end) + 1):
        cells[at] = marks.crossed if at == half else marks.line
    cells[max(0, min(width - 1, start))] = marks.below if effect.low is None or start < 0 else marks.low
    cells[max(0, min(width - 1, end))] = marks.above if effect.high is None or end >= width else marks.high
    if effect.effect is not None:
        _put(cells, effect, effect.effect, limit, marks, marks.effect)
    return "".join(cells)


def _put(cells: list[str], effect: EffectRecord, value: float, limit: float, marks: Marks, mark: str) -> None:
    at = _cell(effect, value, limit, len(cells))
    if at < 0:
        cells[0] = marks.below
    elif at >= len(cells):
        cells[-1] = marks.above
    else:
        cells[at] = mark


def _cell(effect: EffectRecord, value: float, limit: float, width: int) -> int:
    half = width // 2
    return half + round(place(effect, value) / limit * half)


def _margin(effect: EffectRecord) -> float:
    return math.log1p(effect.margin) if effect.scale == "ratio" else effect.margin
