"""A chart as data: what is drawn, in which units, and how to read it. Page and pictures draw the same values.

A chart holds numbers in base units (seconds, 1/s, shares of one, bytes, cores); its axes carry the ticks with their
labels, so that every rendering says the same at the same place. What is not known is nan and leaves a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Unit = Literal["rate", "seconds", "share", "cores", "count", "bytes", "ratio"]
Kind = Literal["time", "stack", "curve", "bars", "heat"]
Scale = Literal["linear", "log", "clock", "percentile", "category"]
Tick = tuple[float, str]

MANY_POINTS = 1200
"""Beyond these lines are drawn thinner."""
_BARS_OF_A_ROW = 0.6
EMPTY: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis from ``low`` to ``high`` in its unit.

    ``percentile`` places the quantile q (0..1) at log10(1 / (1 - q)): each further nine takes the same room
    (Gil Tene's HdrHistogram plots). ``clock`` is seconds of profile time. ``category`` counts the chart's categories.
    """

    title: str
    unit: Unit
    scale: Scale
    low: float
    high: float
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One line, area, or row of bars; ``role`` names its colour in the theme."""

    key: str
    label: str
    role: str
    values: FloatArray
    shape: Literal["line", "area", "bar", "tick", "dot"] = "line"
    dashed: bool = False
    width: float = 1.5
    hidden: bool = False
    """Off at first; the reader may switch it on."""


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch of profile time, in seconds."""

    label: str
    start_s: float
    end_s: float
    kind: Literal["phase", "drain", "fault"] = "phase"
    shaded: bool = False

    @property
    def name_may_stand_out(self) -> bool:
        """Whether the name is shown though it is longer than the band: a fault is short, and no other follows it."""
        return self.kind == "fault"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot: ``at`` on the axis named."""

    label: str
    at: float
    axis: Literal["x", "y"] = "y"
    role: str = "objective"
    broken: bool = False
    """Whether it is a bound that did not hold."""

    @property
    def text(self) -> str:
        """Return what stands at the line."""
        return f"{self.label} – broken" if self.broken else self.label


@dataclass(frozen=True, slots=True)
class Heat:
    """Counts of responses: ``counts[row, column]``, rows from the lowest time up, columns from the start of the run.

    Columns are ``column_s`` wide from ``start_s``; row r covers [edges_s[r], edges_s[r + 1]).
    """

    start_s: float
    column_s: float
    edges_s: FloatArray
    counts: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw. ``key`` names the file and the anchor; ``alt`` says what the chart shows, with its figures."""

    key: str
    section: str
    title: str
    reading: str
    """One line: how to read it."""
    alt: str
    kind: Kind
    x: Axis
    y: Axis
    xs: FloatArray = field(default_factory=lambda: EMPTY)
    series: tuple[Series, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    categories: tuple[str, ...] = ()
    heat: Heat | None = None
    wide: bool = False


def bar_places(chart: Chart) -> tuple[float, dict[str, float]]:
    """Return how thick a bar is, as a share of its row, and how far from the row's middle each series' bars are.

    Bars of several series share the row, the first on top.
    """
    keys = [series.key for series in chart.series if series.shape == "bar"]
    if not keys:
        return 0.0, {}
    thick = _BARS_OF_A_ROW / len(keys)
    return thick, {key: (place - (len(keys) - 1) / 2) * thick for place, key in enumerate(keys)}


def row_room(chart: Chart) -> float:
    """Return how many times the usual height a row takes: bars that share one need more of it."""
    return max(1.0, sum(series.shape == "bar" for series in chart.series) / 2)


def percentile_place(quantile: FloatArray | float) -> FloatArray:
    """Return where the percentile axis puts a quantile (0..1): log10(1 / (1 - q))."""
    return np.asarray(-np.log10(1.0 - np.asarray(quantile, np.float64)), np.float64)
