"""How long answers took: over time, as a map, and as a distribution."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Axis, Chart, FloatArray, Series, percentile_place
from loadsim.report.drawings.common import bands, recoveries, time_objectives, when
from loadsim.report.rundata import RunData, curve, heat
from loadsim.report.text import clock, seconds

_CURVE_POINTS = 240


def latency(run: RunData) -> Chart | None:
    """Percentiles of response time by the second in which requests were due."""
    word = run.time_word
    names = (
        ("p50", "p50", 1.3, False),
        ("p90", "p90", 1.5, False),
        ("p99", "p99", 2.0, False),
        ("max", "max", 1.0, True),
    )
    columns = [(name, run.column(f"{word}_{name}_s"), role, width, off) for name, role, width, off in names]
    series = tuple(
        Series(name, name, role, values, width=width, hidden=off)
        for name, values, role, width, off in columns
        if np.isfinite(values).any()
    )
    if not series:
        return None
    marks = () if run.closed else time_objectives(run)
    total, p99 = run.main_time, run.column(f"{word}_p99_s")
    at = when(run, p99)
    alt = f"Over the whole run {word} time was {seconds(total.p50)} at p50 and {seconds(total.p99)} at p99"
    if at is not None:
        alt += f"; p99 was highest, {seconds(float(np.nanmax(p99)))}, for requests due at {clock(at)}"
    shown = np.concatenate([s.values for s in series if not s.hidden] or [series[0].values])
    every = np.concatenate([s.values for s in series])
    return Chart(
        key="latency",
        section="latency",
        title=f"{word.capitalize()} time over time",
        reading="By the second a request was due, on a log scale: equal steps up are equal factors." + _gaps(run, p99),
        alt=alt + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.logarithmic(f"{word} time", every if len(shown) else shown, also=tuple(m.at for m in marks)),
        xs=run.times_s,
        series=series,
        bands=bands(run),
        marks=marks + recoveries(run),
        wide=True,
    )


def _gaps(run: RunData, p99: FloatArray) -> str:
    """Return what a gap means, where there is one although something was due."""
    without = (run.column("offered") > 0) & ~np.isfinite(p99)
    return "" if run.closed or not without.any() else " In a gap the percentile fell on requests without an answer."


def latency_heatmap(run: RunData) -> Chart | None:
    """Where in time and in response time the answers lie."""
    word = run.time_word
    found = heat(run.histograms.get(f"{word}_time"))
    if found is None:
        return None
    low, high = float(found.edges_s[0]), float(found.edges_s[-1])
    axis = ticks.logarithmic(f"{word} time", np.array([low, high]))
    axis = Axis(axis.title, axis.unit, axis.scale, low, high, tuple(t for t in axis.ticks if low <= t[0] <= high))
    row = int(found.counts.sum(axis=1).argmax())
    usual = f"{seconds(float(found.edges_s[row]))} and {seconds(float(found.edges_s[row + 1]))}"
    step = "one second" if found.column_s == 1 else f"{found.column_s:g} seconds"
    end = max(found.start_s + found.column_s * found.counts.shape[1], run.record.manifest.duration_s)
    return Chart(
        key="latency-heatmap",
        section="latency",
        title=f"Every {word} time",
        reading=f"Each column is {step}; stronger colour means more answers. Two stripes are two kinds of request.",
        alt=f"Most answers took between {usual}; the fastest {seconds(run.main_time.min)}, "
        f"the slowest {seconds(run.main_time.max)}.",
        kind="heat",
        x=ticks.clocked(end),
        y=axis,
        bands=tuple(band for band in bands(run) if band.kind != "drain"),
        heat=found,
    )


def _ends(run: RunData, values: FloatArray) -> str:
    """Return where the percentile curve ends, and why."""
    if np.isfinite(values).all():
        return ""
    return " A line ends where " + ("answers do." if run.main_time.unanswered else "the slowest request is.")


def latency_percentiles(run: RunData) -> Chart | None:
    """Response against service time on HdrHistogram's percentile axis."""
    axis = ticks.percentile("share of requests")
    quantiles = 1.0 - 10.0 ** -np.linspace(0.0, axis.high, _CURVE_POINTS)
    quantiles[0] = 0.0
    record = run.record
    wanted = [("service_time", record.service_time_s, "service", True)]
    if record.response_time_s is not None and not run.closed:
        wanted.insert(0, ("response_time", record.response_time_s, "response", False))
    series = []
    for metric, times, role, dashed in wanted:
        values = curve(run.histograms.get(metric), quantiles, times.unanswered)
        if values is not None:
            series.append(Series(metric, metric.replace("_", " "), role, values, width=2.0, dashed=dashed))
    if not series:
        return None
    marks = () if run.closed else time_objectives(run)
    alt = f"Service time p50 {seconds(record.service_time_s.p50)}, p99 {seconds(record.service_time_s.p99)}"
    if record.response_time_s is not None:
        alt += f"; response time p50 {seconds(record.response_time_s.p50)}, p99 {seconds(record.response_time_s.p99)}"
    return Chart(
        key="latency-percentiles",
        section="latency",
        title="Response against service time",
        reading="Right is rarer: each nine takes the same room. A gap between the lines is waiting to be sent."
        + _ends(run, series[0].values),
        alt=alt + ".",
        kind="curve",
        x=axis,
        y=ticks.logarithmic("time", np.concatenate([s.values for s in series]), also=tuple(m.at for m in marks)),
        xs=percentile_place(quantiles),
        series=tuple(series),
        marks=marks,
    )
