"""The head of a picture: title, how to read it, legend. It is measured first; the plot takes the room that is left."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadsim.report.chart import Chart, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES_WIDE = 8.0
TEXT_PT = 9.0
CHARACTER_PT = 0.54 * TEXT_PT
"""How wide a character of DejaVu Sans is on average."""
_HANDLE_PT = 34.0
"""What a name in the legend takes beside its characters: the swatch and the space around."""
_TITLE_IN, _FIRST_LINE_IN, _LINE_IN = 0.34, 0.58, 0.17
_ROW_IN, _LEAST_IN = 0.21, 1.02
_LEFT, _RIGHT = 0.03, 0.95


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the plot: the lines of the reading, the rows of the legend, and how high all of it is.

    A legend of one row stands beside the title of the y axis where both have room, else the legend is above it.
    """

    reading: tuple[str, ...]
    legend: tuple[tuple[int, ...], ...]
    beside: bool
    inches: float


def head_of(chart: Chart, shown: Sequence[Series]) -> Head:
    """Lay out the head of a chart of these series."""
    reading = textwrap.wrap(chart.reading, int((0.97 - _LEFT) * INCHES_WIDE * 72 / CHARACTER_PT)) or [""]
    room_pt = (_RIGHT - 0.095) * INCHES_WIDE * 72
    rows = _rows([len(series.label) * CHARACTER_PT + _HANDLE_PT for series in shown], room_pt)
    last_pt = sum(len(shown[i].label) * CHARACTER_PT + _HANDLE_PT for i in rows[-1]) if rows else 0.0
    beside = len(rows) <= 1 and last_pt + len(chart.y.title) * CHARACTER_PT < room_pt
    apart_in = 0.0 if beside else _ROW_IN * len(rows)
    return Head(tuple(reading), rows, beside, _LEAST_IN + _LINE_IN * (len(reading) - 1) + apart_in)


def _rows(widths_pt: Sequence[float], room_pt: float) -> tuple[tuple[int, ...], ...]:
    """Put the names in rows of about as many, in order; in as few rows as hold them all."""
    count = len(widths_pt)
    for lines in range(1, count + 1):
        most = -(-count // lines)
        rows = tuple(tuple(range(start, min(start + most, count))) for start in range(0, count, most))
        if most == 1 or all(sum(widths_pt[i] for i in row) <= room_pt for row in rows):
            return rows
    return ()


def draw_head(chart: Chart, head: Head, figure: Figure, theme: Mapping[str, str]) -> None:
    """Write the title and the reading."""
    height = figure.get_figheight()
    figure.text(_LEFT, 1 - _TITLE_IN / height, plain(chart.title), size=14, weight="bold", color=theme["ink"])
    for number, line in enumerate(head.reading):
        place = 1 - (_FIRST_LINE_IN + _LINE_IN * number) / height
        figure.text(_LEFT, place, plain(line), size=TEXT_PT, color=theme["muted"])


def draw_legend(
    head: Head, shown: Sequence[Series], handles: Sequence[Any], axes: Axes, figure: Figure, theme: Mapping[str, str]
) -> None:
    """Draw the legend, a row at a time, so that names stay in the order of the series."""
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.transforms import offset_copy

    for number, row in enumerate(reversed(head.legend)):
        up_in = 0.0 if head.beside else _ROW_IN * (number + 1)
        legend = Legend(
            axes, [handles[i] for i in row], [plain(shown[i].label) for i in row],
            loc="lower right", bbox_to_anchor=(1.0, 1.0),
            bbox_transform=offset_copy(axes.transAxes, figure, y=up_in, units="inches"),
            ncols=len(row), frameon=False, fontsize=TEXT_PT, labelcolor=theme["ink"],
            handlelength=1.4, columnspacing=1.4, borderpad=0.2, numpoints=1,
        )  # fmt: skip
        for handle in legend.legend_handles:
            if isinstance(handle, Line2D):  # thin lines of long runs, tall ticks of few bars
                handle.set_linewidth(max(1.8, handle.get_linewidth()))
                handle.set_markersize(min(8.0, handle.get_markersize()))
        axes.add_artist(legend)


def plain(text: str) -> str:
    """Return text that matplotlib does not take for a formula."""
    return text.replace("$", r"\$")
