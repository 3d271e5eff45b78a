"""The charts of the effects: a forest of them all, and the rounds behind each primary one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from loadsim.compare import CompareRecord, EffectRecord
from loadsim.report import ticks
from loadsim.report.chart import Axis, Chart, FloatArray, Mark, Series, Unit
from loadsim.report.comparison.words import effect_value, interval_text, metric_name, writer
from loadsim.report.text import visible

FOREST = "effects"
_MOST = 16
"""Metrics in the forest; the table has them all."""
A_ROLE, B_ROLE = "c1", "c2"


def of_interest(record: CompareRecord, scale: str) -> list[EffectRecord]:
    """Return the effects of a scale that a forest shows: the primary ones, then those that differ, then the others."""
    found = [effect for effect in record.effects if effect.scale == scale and effect.effect is not None]
    return sorted(found, key=lambda effect: (not effect.primary, not _differs(effect), effect.p_adjusted or 1.0))[
        :_MOST
    ]


def forest_of_times(record: CompareRecord) -> Chart | None:
    """Ratios of times with their intervals, on a log axis."""
    found = of_interest(record, "ratio")
    if not found:
        return None
    a, b = sides(record)
    return _forest(found, FOREST, f"Times of {b} against {a}", _ratio_axis(f"{b} / {a}", found), 1.0, "alike")


def forest_of_shares(record: CompareRecord) -> Chart | None:
    """Differences of shares with their intervals."""
    found = of_interest(record, "difference")
    if not found:
        return None
    a, b = sides(record)
    axis = _difference_axis(f"{b} - {a}, in points", found, "share", 100.0)
    return _forest(found, "effects-shares", f"Shares of {b} against {a}", axis, 0.0, "alike")


def forest_of_waits(record: CompareRecord) -> Chart | None:
    """Differences of times that may be nothing at all, with their intervals."""
    found = of_interest(record, "seconds")
    if not found:
        return None
    a, b = sides(record)
    axis = _difference_axis(f"{b} - {a}, in seconds", found, "seconds", 1.0)
    return _forest(found, "effects-waits", f"Waits of {b} against {a}", axis, 0.0, "alike")


def rounds_of(record: CompareRecord, effect: EffectRecord) -> Chart | None:
    """Both sides' values of one metric, round by round."""
    first, second = (np.array([math.nan if v is None else v for v in side]) for side in (effect.a, effect.b))
    if not np.isfinite(np.concatenate([first, second])).any():
        return None
    a, b = sides(record)
    count = max(len(first), len(second))
    first, second = _padded(first, count), _padded(second, count)
    numbers = [each.number for each in record.rounds if each.counted][:count]
    names = tuple(f"round {number}" for number in (numbers if len(numbers) == count else range(1, count + 1)))
    values = np.concatenate([first, second])
    write = writer(effect)
    name = metric_name(effect.metric)
    unit: Unit = "share" if effect.scale == "difference" else "seconds"
    axis = _near(name, values) if effect.scale == "ratio" else ticks.linear(name, unit, values, at_least=effect.margin)
    paired = "A line joins the two of a round, which had the same traffic. " * (record.manifest.design != "unpaired")
    return Chart(
        key=rounds_key(effect),
        section="rounds",
        title=f"{metric_name(effect.metric)}, round by round",
        reading=f"{paired}How far the points of one colour scatter is the noise that an effect must stand out from.",
        alt=f"{a}: {_span(first, write)}; {b}: {_span(second, write)}.",
        kind="bars",
        x=axis,
        y=ticks.category(names),
        series=(Series("a", a, A_ROLE, first, "dot"), Series("b", b, B_ROLE, second, "dot")),
        categories=names,
    )


def rounds_key(effect: EffectRecord) -> str:
    """Return the key of the chart of a metric's rounds."""
    return "rounds-" + "".join(c if c.isalnum() else "-" for c in effect.metric)


def sides(record: CompareRecord) -> tuple[str, str]:
    """Return how the two are called."""
    return visible(record.manifest.a.name, 40), visible(record.manifest.b.name, 40)


def ratio_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Return round ratios between two, which may be far or near."""
    if high / low > 6:
        places = [m * 10.0**e for e in range(-6, 7) for m in (1, 2, 5)]
    else:
        step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if (high - low) / s <= 7)
        places = [step * n for n in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return tuple((float(p), f"{p:.6g}") for p in places if low * 0.999 <= p <= high * 1.001 and p > 0)


def ratio_axis(title: str, values: FloatArray) -> Axis:
    """Return a log axis of ratios that has 1 on it."""
    known = values[np.isfinite(values) & (values > 0)]
    low = min(float(known.min()) if len(known) else 1.0, 1 / 1.1) / 1.03
    high = max(float(known.max()) if len(known) else 1.0, 1.1) * 1.03
    return Axis(title, "ratio", "log", low, high, ratio_ticks(low, high))


def _near(title: str, values: FloatArray) -> Axis:
    """Return a log axis of seconds that lies close around the values: their noise is what it is to show."""
    known = values[np.isfinite(values) & (values > 0)]
    low, high = float(known.min()) / 1.1, float(known.max()) * 1.1
    places = [place for place, _ in ticks.logarithmic(title, known).ticks if low < place < high]
    if len(places) < 3:
        step = 10.0 ** math.floor(math.log10(high - low))
        step = next(s for s in (step / 5, step / 2, step, 2 * step, 5 * step) if (high - low) / s <= 7)
        places = [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return Axis(title, "seconds", "log", low, high, tuple((p, ticks.label(p, "seconds")) for p in places))


def _ratio_axis(title: str, found: Sequence[EffectRecord]) -> Axis:
    return ratio_axis(title, np.concatenate([_column(found, name) for name in ("low", "effect", "high")]))


def _difference_axis(title: str, found: Sequence[EffectRecord], unit: Unit, factor: float) -> Axis:
    values = np.abs(np.concatenate([_column(found, name) for name in ("low", "effect", "high")]))
    known = values[np.isfinite(values)]
    right = ticks.linear("", unit, known, at_least=max(effect.margin for effect in found))
    places = sorted({0.0 - place for place, _ in right.ticks} | {place for place, _ in right.ticks})
    return Axis(title, unit, "linear", -right.high, right.high, tuple((p, f"{p * factor:g}") for p in places))


def _forest(found: Sequence[EffectRecord], key: str, title: str, axis: Axis, alike: float, word: str) -> Chart:
    names = tuple(_row_name(effect) for effect in found)
    return Chart(
        key=key,
        section="effects",
        title=title,
        reading="A line is the 95 % interval, the tick the effect. One that crosses 'alike' may be no effect at all.",
        alt="; ".join(
            f"{metric_name(effect.metric)} {effect_value(effect, effect.effect)} ({interval_text(effect)})"
            for effect in found[:8]
        )
        + ".",
        kind="bars",
        x=axis,
        y=ticks.category(names),
        series=(
            Series("low", "from", "max", _column(found, "low"), "dot"),
            Series("high", "to", "rest", _column(found, "high"), "dot"),
            Series("effect", "effect", "expected", _column(found, "effect"), "tick"),
        ),
        marks=(Mark(word, alike, "x", "objective"),),
        categories=names,
        wide=True,
    )


def _row_name(effect: EffectRecord) -> str:
    name = visible(metric_name(effect.metric), 40)
    return f"{name} – {effect.verdict}" if effect.primary or _differs(effect) else name


def _differs(effect: EffectRecord) -> bool:
    return effect.verdict in ("better", "worse")


def _column(found: Sequence[EffectRecord], name: str) -> FloatArray:
    return np.array([math.nan if (value := getattr(effect, name)) is None else value for effect in found], np.float64)


def _padded(values: FloatArray, count: int) -> FloatArray:
    return np.concatenate([values, np.full(count - len(values), np.nan)])


def _span(values: FloatArray, write: Callable[[float | None], str]) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "no value"
    return f"{write(float(known.min()))} to {write(float(known.max()))}"
