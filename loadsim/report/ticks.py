"""Axes with round ticks, labelled in the units people use."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from loadsim.report.chart import Axis, FloatArray, Unit, percentile_place
from loadsim.report.text import amount, clock
from loadsim.units import format_size

_ROOM_FOR_A_DOT = 1.08
_NOTHING = 1e-12
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def linear(title: str, unit: Unit, values: FloatArray, *, at_least: float = 0.0) -> Axis:
    """Return an axis from 0 that holds every finite value and ``at_least``, with four to six round ticks."""
    finite = values[np.isfinite(values)]
    top = max(float(finite.max()) if len(finite) else 0.0, at_least)
    if top < _NOTHING:
        top = 1.0
    step = _byte_step(top / 4) if unit == "bytes" else _round_up(top / 4)
    if unit == "count" or (unit == "rate" and top >= 4):
        step = max(1.0, float(math.ceil(step)))
    count = math.ceil(top * 1.02 / step)
    scale = duration_scale(top)
    ticks = tuple((step * i, label(step * i, unit, scale)) for i in range(count + 1))
    return Axis(title, unit, "linear", 0.0, step * count, ticks)


def logarithmic(title: str, values: FloatArray, *, also: tuple[float, ...] = ()) -> Axis:
    """Return a log axis of seconds around the positive values, ticks at 1, and at 2 and 5 where there is room."""
    finite = np.concatenate([values[np.isfinite(values) & (values > 0)], np.array(also, np.float64)])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (1e-3, 1.0)
    low, high = _mantissa_below(low), _mantissa_above(max(high, low * 5))
    decades = math.log10(high / low)
    mantissas = (1, 2, 5) if decades <= 3.2 else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    places = [m * 10.0**e for e in exponents for m in mantissas]
    ticks = tuple((p, label(p, "seconds")) for p in places if low * 0.999 <= p <= high * 1.001)
    return Axis(title, "seconds", "log", low, high, ticks)


def around(values: FloatArray) -> FloatArray:
    """Return what a log axis has to hold so that no dot at one of the values is cut at its end."""
    return np.concatenate([values / _ROOM_FOR_A_DOT, values * _ROOM_FOR_A_DOT])


def percentile(title: str) -> Axis:
    """Return the percentile axis, to 99.99 %."""
    ticks = tuple((float(percentile_place(q)), f"{q * 100:g} %") for q in (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999))
    return Axis(title, "share", "percentile", 0.0, ticks[-1][0], ticks)


def clocked(duration_s: float) -> Axis:
    """Return the axis of profile time over the whole run."""
    duration_s = max(duration_s, 1.0)
    step = next((s for s in _CLOCK_STEPS if duration_s / s <= 8), _CLOCK_STEPS[-1])
    ticks = tuple(
        (float(t), clock(t, hours_too=duration_s >= 3600)) for t in range(0, math.floor(duration_s) + 1, step)
    )
    return Axis("time since the start", "seconds", "clock", 0.0, duration_s, ticks)


def category(names: Sequence[str]) -> Axis:
    """Return the axis of a chart's categories, a row each."""
    return Axis("", "count", "category", 0.0, float(len(names)), tuple((float(i), n) for i, n in enumerate(names)))


def like(axis: Axis, values: FloatArray, *, also: tuple[float, ...] = ()) -> Axis:
    """Return an axis of values in the manner of another: its title, its unit, its scale."""
    if axis.scale == "log":
        return logarithmic(axis.title, values, also=also)
    return linear(axis.title, axis.unit, values, at_least=max(also, default=0.0))


def duration_scale(top_s: float) -> tuple[str, float]:
    """Return the unit (name, and how many make a second) in which every tick up to ``top_s`` is written."""
    if top_s >= 1:
        return "s", 1.0
    return ("ms", 1e3) if top_s >= 1e-3 else ("µs", 1e6)


def label(value: float, unit: Unit, scale: tuple[str, float] | None = None) -> str:
    """Write a tick."""
    if unit == "seconds":
        name, factor = scale or duration_scale(value)
        return f"{_plain(value * factor)} {name}" if value else "0"
    if unit == "share":
        return f"{_plain(value * 100)} %"
    if unit == "bytes":
        return format_size(value).replace(".00", "").replace(".0", "") if value else "0"
    return amount(value) if value >= 1000 else _plain(value)


def _plain(value: float) -> str:
    return f"{value:.6g}"


def _round_up(step: float) -> float:
    scale = 10.0 ** math.floor(math.log10(step))
    return scale * next(s for s in _STEPS if s * scale >= step * 0.9999)


def _byte_step(step: float) -> float:
    return 2.0 ** math.ceil(math.log2(max(step, 1.0)))


def _mantissa_below(value: float) -> float:
    scale = 10.0 ** math.floor(math.log10(value))
    return scale * max(m for m in (1, 2, 5) if m * scale <= value * 1.0001)


def _mantissa_above(value: float) -> float:
    scale = 10.0 ** math.floor(math.log10(value))
    return scale * min(m for m in (1, 2, 5, 10) if m * scale >= value * 0.9999)
