"""The charts of the traffic itself, laid over each other: what each side did in the usual round.

The usual round is the median over the rounds, place by place. The difference of two percentile curves is a shift
function (Doksum 1974; Rousselet, Pernet and Wilcox 2017): how much longer B took for the same share of requests, with a
band from the same tests over the rounds as the effects have.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadsim.compare import LEVEL, CompareRecord, Scale
from loadsim.compare.samples import Paired, Unpaired
from loadsim.report import ticks
from loadsim.report.chart import EMPTY, Chart, FloatArray, Mark, Series
from loadsim.report.comparison.effects import A_ROLE, B_ROLE, ratio_axis, sides
from loadsim.report.drawings import balance, latency, load
from loadsim.report.rundata import RunData
from loadsim.report.text import natural

Draw = Callable[[RunData], Chart | None]
_CURVE = {False: "response_time", True: "service_time"}


@dataclass(frozen=True, slots=True)
class BothSides:
    """The runs of both sides; paired ones stand at the same place."""

    record: CompareRecord
    a: tuple[RunData, ...]
    b: tuple[RunData, ...]

    @property
    def closed(self) -> bool:
        """Whether service time is what there is."""
        return any(run.closed for run in (*self.a, *self.b))


def requests_over_time(both: BothSides) -> Chart | None:
    """Arrivals a second that each side completed, and those it was offered."""
    chart = _laid_over(both, load.requests_over_time, "completed")
    if chart is None:
        return None
    offered = _usual(both.a, load.requests_over_time, "offered", chart.xs, ())
    series = (Series("offered", "offered", "offered", offered, dashed=True, width=1.2), *chart.series)
    values = np.concatenate([each.values for each in series])
    return replace(
        chart,
        series=series,
        y=ticks.linear("arrivals a second", "rate", values),
        reading="Solid is what a side completed in the usual round, dashed what both were asked for.",
        marks=(),
    )


def percentiles(both: BothSides) -> Chart | None:
    """Both percentile curves."""
    chart = _laid_over(both, latency.latency_percentiles, _CURVE[both.closed])
    if chart is None:
        return None
    word = "service" if both.closed else "response"
    return replace(
        chart,
        title=f"{word.capitalize()} time by percentile",
        reading="Right is rarer: each nine takes the same room. The lower line answered sooner, in the usual round.",
        y=ticks.logarithmic(f"{word} time", np.concatenate([each.values for each in chart.series])),
        marks=(),
    )


def shift(both: BothSides) -> Chart | None:
    """How many times as long B took, percentile by percentile, with the 95 % band."""
    draw, key = latency.latency_percentiles, _CURVE[both.closed]
    xs, columns = _columns(both, draw, key)
    if not len(xs):
        return None
    first, second = (np.log(side) for side in columns)
    effect, low, high = np.full(len(xs), np.nan), np.full(len(xs), np.nan), np.full(len(xs), np.nan)
    for place in range(len(xs)):
        a, b = first[:, place], second[:, place]
        if both.record.manifest.design == "unpaired":
            sample: Paired | Unpaired = Unpaired(a[~np.isnan(a)], b[~np.isnan(b)], Scale.RATIO)
        else:
            sample = Paired(b - a, Scale.RATIO)
        effect[place] = sample.estimate()
        ends = sample.interval(LEVEL)
        if ends is not None:
            low[place], high[place] = ends
    values = [np.exp(each) for each in (effect, low, high)]
    if not np.isfinite(values[0]).any():
        return None
    a_name, b_name = sides(both.record)
    banded = bool(np.isfinite(low).any())
    series = [Series("effect", f"{b_name} / {a_name}", B_ROLE, values[0], width=2.0)]
    if banded:
        series += [
            Series("low", "95 % from", "rest", values[1], dashed=True, width=1.2),
            Series("high", "95 % to", "max", values[2], dashed=True, width=1.2),
        ]
    middle = float(values[0][np.searchsorted(xs, np.log10(2))])
    tail = float(values[0][np.searchsorted(xs, 2.0)])
    return Chart(
        key="latency-shift",
        section="latency",
        title="Difference by percentile",
        reading=f"Above 1 {b_name} took longer, at that share of its requests. "
        + ("Where 1 lies in the band, perhaps not." if banded else "The rounds are too few for a band."),
        alt=f"{b_name} took {middle:.3g} times as long as {a_name} at the median, {tail:.3g} times at p99.",
        kind="curve",
        x=ticks.percentile("share of requests"),
        y=ratio_axis("times as long", np.concatenate(values)),
        xs=xs,
        series=tuple(series),
        marks=(Mark("alike", 1.0),),
    )


def balancer_distribution(both: BothSides) -> Chart | None:
    """Share of each backend on either side."""
    chart = _laid_over(both, balance.balancer_distribution, "share")
    if chart is None:
        return None
    values = np.concatenate([each.values for each in chart.series])
    return replace(
        chart,
        reading="Bars of one colour that differ are uneven. Backends of the same name on both sides share a row.",
        x=ticks.linear(chart.x.title, "share", values),
    )


def _laid_over(both: BothSides, draw: Draw, key: str) -> Chart | None:
    """Return the chart of a run with one series for each side, the median of its rounds."""
    drawn = [chart for run in (*both.a, *both.b) if (chart := draw(run)) is not None]
    if not drawn:
        return None
    first = max(drawn, key=lambda chart: chart.x.high)
    xs = _places(drawn)
    names = tuple(sorted({name for chart in drawn for name in chart.categories}, key=natural))
    found = [_usual(side, draw, key, xs, names) for side in (both.a, both.b)]
    shape = next(series.shape for chart in drawn for series in chart.series if series.key == key)
    labels = sides(both.record)
    series = tuple(
        Series(letter, label, role, values, shape, width=1.8)
        for letter, label, role, values in zip("ab", labels, (A_ROLE, B_ROLE), found, strict=True)
    )
    about = [chart for side in (both.a, both.b) for run in side[:1] if (chart := draw(run)) is not None]
    return replace(
        first,
        xs=xs,
        series=series,
        categories=names,
        y=ticks.category(names) if names else first.y,
        alt=" ".join(f"{label}, in its first round: {chart.alt}" for label, chart in zip(labels, about, strict=False)),
    )


def _columns(both: BothSides, draw: Draw, key: str) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    """Return the places, and for each side a row of values a round."""
    drawn = [chart for run in (*both.a, *both.b) if (chart := draw(run)) is not None]
    xs = _places(drawn)
    return xs, (_rows(both.a, draw, key, xs, ()), _rows(both.b, draw, key, xs, ()))


def _places(drawn: Sequence[Chart]) -> FloatArray:
    return np.unique(np.concatenate([chart.xs for chart in drawn])) if drawn and len(drawn[0].xs) else EMPTY


def _usual(runs: Sequence[RunData], draw: Draw, key: str, xs: FloatArray, names: Sequence[str]) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a place that no round knows stays nan
        return np.asarray(np.nanmedian(_rows(runs, draw, key, xs, names), axis=0), np.float64)


def _rows(runs: Sequence[RunData], draw: Draw, key: str, xs: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return a row a run, nan where it has no value."""
    width = len(names) or len(xs)
    rows = np.full((max(1, len(runs)), width), np.nan)
    for row, run in enumerate(runs):
        chart = draw(run)
        series = None if chart is None else next((each for each in chart.series if each.key == key), None)
        if chart is None or series is None:
            continue
        at = [names.index(name) for name in chart.categories] if names else np.searchsorted(xs, chart.xs)
        rows[row, at] = series.values
    return rows
