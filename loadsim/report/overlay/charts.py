"""The charts of several runs: those that a single run has, with a series for each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import EMPTY, Band, Chart, FloatArray, Mark, Series
from loadsim.report.drawings import balance, errors, health, latency, load, websockets
from loadsim.report.overlay.runs import Laid
from loadsim.report.rundata import RunData
from loadsim.report.text import listed, natural

Draw = Callable[[RunData], Chart | None]
_SEVERAL = 3
"""Beyond so many runs, a second line of each is too much to see at first."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A series to take from each run's chart: its key there, what it is called beside the run, and how it looks."""

    key: str
    word: str = ""
    dashed: bool = False
    hidden: bool = False


def overlay_charts(laid: Sequence[Laid]) -> list[Chart]:
    """Return the charts that have something to show, in the order of the report."""
    return [chart for draw in OVERLAYS if (chart := draw(laid)) is not None]


def requests_over_time(laid: Sequence[Laid]) -> Chart | None:
    """Arrivals a second that each run completed, and those that it was offered."""
    picks = (Pick("completed"), Pick("offered", "offered", dashed=True, hidden=len(laid) > _SEVERAL))
    reading = "Solid is what was completed, dashed what was asked for: compare where each run stops keeping up."
    return lay_over(laid, load.requests_over_time, picks, reading)


def in_flight(laid: Sequence[Laid]) -> Chart | None:
    """Arrivals under way in each run."""
    return lay_over(
        laid, load.in_flight, (Pick("in_flight"),), "The run whose line is higher had more work under way at once."
    )


def latency_p99(laid: Sequence[Laid]) -> Chart | None:
    """Return the p99 of each run by the second."""
    word = laid[0].run.time_word
    return lay_over(
        laid,
        latency.latency,
        (Pick("p99"), Pick("p50", "p50", dashed=True, hidden=True)),
        "p99 by the second a request was due, on a log scale: equal distances are equal factors.",
        title=f"p99 of {word} time over time",
    )


def latency_percentiles(laid: Sequence[Laid]) -> Chart | None:
    """Return the distribution of each run on HdrHistogram's percentile axis."""
    closed = laid[0].run.closed
    picks = (Pick("service_time"),) if closed else (
        Pick("response_time"), Pick("service_time", "service time", dashed=True, hidden=True)
    )  # fmt: skip
    chart = lay_over(
        laid,
        latency.latency_percentiles,
        picks,
        "Right is rarer: each nine takes the same room. The lower line answered sooner, at that share of its requests.",
        title=f"{laid[0].run.time_word.capitalize()} time by percentile",
    )
    return None if chart is None else replace(chart, wide=True)


def balancer_distribution(laid: Sequence[Laid]) -> Chart | None:
    """Share of requests that each backend had in each run, with the share it should have had where all agree on it."""
    draw = balance.balancer_distribution
    reading = "Bars of one backend stand together, a bar for each run. Bars of one colour that differ are uneven."
    shares, wanted = lay_over(laid, draw, (Pick("share"),), reading), lay_over(laid, draw, (Pick("expected"),), "")
    if shares is None or wanted is None or not _agree([series.values for series in wanted.series]):
        return shares
    known = np.nanmax(np.vstack([series.values for series in wanted.series]), axis=0)
    return replace(shares, series=(*shares.series, Series("expected", "expected share", "expected", known, "tick")))


def _agree(columns: Sequence[FloatArray]) -> bool:
    """Whether all say the same, or nothing, of each place, and every place is spoken of."""
    stack = np.vstack(columns)
    known = np.isfinite(stack)
    low, high = np.where(known, stack, np.inf).min(axis=0), np.where(known, stack, -np.inf).max(axis=0)
    return bool(known.any(axis=0).all() and np.allclose(low, high))


def backend_latency(laid: Sequence[Laid]) -> Chart | None:
    """Return the p99 of each backend in each run."""
    return lay_over(
        laid,
        balance.backend_latency,
        (Pick("p99"),),
        "The 99th percentile of each backend in each run, on a log scale.",
        title=f"p99 of {laid[0].run.time_word} time of each backend",
    )


def failures(laid: Sequence[Laid]) -> Chart | None:
    """Return how many requests failed in each run by the second."""
    return lay_over(
        laid,
        _all_failures,
        (Pick("failed"),),
        "How many requests failed in that second, of every outcome.",
        title="Failures over time",
    )


def sockets_opened(laid: Sequence[Laid]) -> Chart | None:
    """Return how many sockets opened a second in each run."""
    reading = "A peak is a stampede: those who lost their sockets together come back together."
    title = "Sockets opened, for the first time or again"
    return lay_over(laid, websockets.socket_turnover, (Pick("opened"),), reading, title=title)


def generator_cpu(laid: Sequence[Laid]) -> Chart | None:
    """How busy the generator was in each run."""
    return lay_over(
        laid,
        health.generator_cpu,
        (Pick("generator_cpu"),),
        "Of one core. A run near the line says more of the generator than of its target.",
    )


def target_cpu(laid: Sequence[Laid]) -> Chart | None:
    """Processor time of all the target's processes together in each run."""
    return lay_over(
        laid,
        _whole_target,
        (Pick("all"),),
        "All the target's processes together, of one core. At the line of its cores, a target can do no more.",
    )


OVERLAYS: tuple[Callable[[Sequence[Laid]], Chart | None], ...] = (
    requests_over_time,
    in_flight,
    latency_p99,
    latency_percentiles,
    balancer_distribution,
    backend_latency,
    failures,
    sockets_opened,
    generator_cpu,
    target_cpu,
)


def lay_over(laid: Sequence[Laid], draw: Draw, picks: Sequence[Pick], reading: str, *, title: str = "") -> Chart | None:
    """Draw a chart of each run and return one that has the picked series of all; None if no run has any.

    Places are brought together: seconds, points of the percentile axis or categories that a run lacks are not known.
    Bands and objectives are kept where they are the same in all runs.
    """
    drawn = [(one, chart) for one in laid if (chart := draw(one.run)) is not None]
    if not drawn:
        return None
    charts = [chart for _, chart in drawn]
    first = charts[0]
    xs = np.unique(np.concatenate([chart.xs for chart in charts])) if len(first.xs) else EMPTY
    names = tuple(sorted({name for chart in charts for name in chart.categories}, key=natural))
    series = tuple(
        _series(one, found, pick, _aligned(chart, found.values, xs, names))
        for pick in picks
        for one, chart in drawn
        for found in chart.series
        if found.key == pick.key
    )
    if not series:
        return None
    values = np.concatenate([each.values for each in series])
    marks = _shared_marks(charts)
    at = tuple(mark.at for mark in marks)
    bars = first.kind == "bars"
    along = ticks.around(values) if first.x.scale == "log" else values
    missing = [one.label for one in laid if one.label not in {kept.label for kept, _ in drawn}]
    return replace(
        first,
        title=title or first.title,
        reading=reading + (f" Nothing to draw of {listed(missing)}." if missing else ""),
        alt=" ".join(f"{one.label}: {chart.alt}" for one, chart in drawn),
        x=ticks.like(first.x, along) if bars else max((chart.x for chart in charts), key=lambda axis: axis.high),
        y=ticks.category(names) if bars else ticks.like(first.y, values, also=at),
        xs=xs,
        series=series,
        bands=() if missing else _shared_bands(charts),
        marks=marks,
        categories=names,
    )


def _series(one: Laid, found: Series, pick: Pick, values: FloatArray) -> Series:
    return replace(
        found,
        key=f"{one.role}-{pick.key}",
        label=f"{one.label}, {pick.word}" if pick.word else one.label,
        role=one.role,
        values=values,
        dashed=pick.dashed,
        hidden=pick.hidden,
        width=1.1 if pick.dashed else 1.7,
    )


def _aligned(chart: Chart, values: FloatArray, xs: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return a run's values at the places that all runs have together."""
    if chart.kind == "bars":
        place = {name: number for number, name in enumerate(names)}
        wide, where = np.full(len(names), np.nan), np.array([place[name] for name in chart.categories], np.intp)
    else:
        wide, where = np.full(len(xs), np.nan), np.searchsorted(xs, chart.xs)
    wide[where] = values
    return wide


def _shared_bands(charts: Sequence[Chart]) -> tuple[Band, ...]:
    return tuple(band for band in charts[0].bands if all(band in chart.bands for chart in charts[1:]))


def _shared_marks(charts: Sequence[Chart]) -> tuple[Mark, ...]:
    """Return the bounds of all runs, each once: whether it held is said of each run elsewhere."""
    bounds = [replace(mark, broken=False) for chart in charts for mark in chart.marks if mark.axis == "y"]
    return tuple(dict.fromkeys(bounds))


def _all_failures(run: RunData) -> Chart | None:
    chart = errors.errors(run)
    if chart is None:
        return None
    total = np.sum(np.vstack([series.values for series in chart.series]), axis=0)
    return replace(chart, kind="time", series=(Series("failed", "failed", "bad", total),))


def _whole_target(run: RunData) -> Chart | None:
    """Return the chart of the target's processor with the last line only: all of them, or the only one."""
    chart = health.target_cpu(run)
    return None if chart is None else replace(chart, series=(replace(chart.series[-1], key="all"),))
