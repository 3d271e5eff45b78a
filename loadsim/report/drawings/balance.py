"""How the requests fell on the backends, and how each of them answered."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from loadsim.record import BackendRecord, Balance, Quantiles
from loadsim.report import ticks
from loadsim.report.chart import Axis, Chart, FloatArray, Mark, Series
from loadsim.report.drawings.common import bands, few, smooth
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import natural, seconds, share, visible

NONE = "(none)"
_SAMPLES_A_BACKEND = 50
_WINDOWS_A_RUN = 8


def backends_of(run: RunData) -> dict[str, BackendRecord]:
    """Return the backends that answered, without what came from none of them, pool by pool."""
    named = {name: backend for name, backend in run.record.backends.items() if name != NONE}
    return dict(sorted(named.items(), key=lambda item: (item[1].pool or "", natural(item[0]))))


def expected_share(name: str, backend: BackendRecord, balance: dict[str, Balance]) -> float | None:
    """Return the share of its pool that a backend should have had; None if the record does not say."""
    entry = balance.get(backend.pool or "all") or balance.get("all")
    if entry is None or not entry.backends:
        return None
    if entry.expected == "uniform":
        return 1.0 / entry.backends
    weights = entry.expected
    total = sum(weights.values())
    return weights.get(name, 0.0) / total if total else None


def balancer_distribution(run: RunData) -> Chart | None:
    """Share of requests a backend, with the share it should have had."""
    backends = backends_of(run)
    if not backends:
        return None
    shares = np.array([b.share if b.share is not None else math.nan for b in backends.values()])
    if not np.isfinite(shares).any():
        return None
    wanted = [expected_share(name, b, run.record.balance) for name, b in backends.items()]
    expected = np.array([math.nan if w is None else w for w in wanted])
    series = [Series("share", "share of requests", "good", shares, "bar")]
    if np.isfinite(expected).any():
        series.append(Series("expected", "expected share", "expected", expected, "tick"))
    names = _names(backends)
    jain = _jain(run)
    return Chart(
        key="balancer-distribution",
        section="balance",
        title="Share of each backend",
        reading="A bar beyond its tick got more than its share; one short of it got less.",
        alt="; ".join(f"{n} {share(float(s))}" for n, s in zip(names[:12], shares[:12], strict=True))
        + ("; and others" if len(names) > 12 else "")
        + (f". Jain's fairness index {jain}." if jain else "."),
        kind="bars",
        x=ticks.linear("share of the pool's requests", "share", np.concatenate([s.values for s in series])),
        y=ticks.category(names),
        series=tuple(series),
        categories=names,
    )


def backend_latency(run: RunData) -> Chart | None:
    """Median and p99 of each backend."""
    backends = {name: b for name, b in backends_of(run).items() if _times(run, b).p50 is not None}
    if not backends:
        return None
    p50 = _column([_times(run, b).p50 for b in backends.values()])
    p99 = _column([_times(run, b).p99 for b in backends.values()])
    names = _names(backends)
    word = run.time_word
    return Chart(
        key="backend-latency",
        section="balance",
        title=f"{word.capitalize()} time of each backend",
        reading="From the median (light) to the 99th percentile (dark), on a log scale. A longer bar is a longer tail."
        + ("" if np.isfinite(p99).all() else " Without a dark dot, the percentile fell on requests without an answer."),
        alt="p99: "
        + "; ".join(f"{n} {seconds(float(v))}" for n, v in zip(names[:12], p99[:12], strict=True))
        + ("; and others." if len(names) > 12 else "."),
        kind="bars",
        x=ticks.logarithmic(f"{word} time", ticks.around(np.concatenate([p50, p99]))),
        y=ticks.category(names),
        series=(Series("p50", "p50", "p50", p50, "dot"), Series("p99", "p99", "p99", p99, "dot")),
        categories=names,
    )


def balancer_over_time(run: RunData) -> Chart | None:
    """Share of each backend over time, smoothed until a point stands for enough requests."""
    columns = spread(run.backends, "backend", "count", run.times_s)
    columns = {name: column for name, column in columns.items() if name in backends_of(run)}
    if len(columns) < 2:
        return None
    total = np.nansum(np.vstack(list(columns.values())), axis=0)
    busy = total[total > 0]
    if not len(busy):
        return None
    window = _window(busy, len(columns), len(total))
    everything = smooth(total, window)
    shares = {
        name: np.divide(smooth(c, window), everything, out=np.full(len(c), np.nan), where=everything > 0)
        for name, c in columns.items()
    }
    series = few(shares, {name: float(np.nansum(c)) for name, c in columns.items()}, "other backends")
    over = f" Each point covers {window} seconds." if window > 1 else ""
    marks = _expected_bounds(run, [name for name in backends_of(run) if name in columns], len(series))
    return Chart(
        key="balancer-over-time",
        section="balance",
        title="Share of each backend over time",
        reading=f"A band that widens took over from the others; on the dashed lines each has its expected share.{over}"
        if marks
        else f"A band that widens took over from the others.{over}",
        alt="Lowest and highest share over the run: "
        + "; ".join(
            f"{s.label} {share(float(np.nanmin(s.values)))} to {share(float(np.nanmax(s.values)))}" for s in series
        )
        + ".",
        kind="stack",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=Axis("share of requests", "share", "linear", 0.0, 1.0, tuple((q / 4, f"{q * 25} %") for q in range(5))),
        xs=run.times_s,
        series=tuple(_as_area(s) for s in series),
        bands=bands(run),
        marks=marks,
    )


def _expected_bounds(run: RunData, names: list[str], drawn: int) -> tuple[Mark, ...]:
    """Return where the bands would meet if each backend had its expected share; none where not all are drawn."""
    backends = {name: run.record.backends[name] for name in names}
    wanted = [expected_share(name, backend, run.record.balance) for name, backend in backends.items()]
    if drawn < len(names) or len({backend.pool for backend in backends.values()}) > 1 or None in wanted:
        return ()
    upto = np.cumsum([share for share in wanted if share is not None])
    return tuple(Mark("", float(at), role="expected") for at in upto[:-1])


def backend_latency_over_time(run: RunData) -> Chart | None:
    """p99 of each backend over time: the slowest and the busiest of them."""
    columns = spread(run.backends, "backend", "p99_s", run.times_s)
    columns = {n: c for n, c in columns.items() if n in backends_of(run) and np.isfinite(c).any()}
    if len(columns) < 2:
        return None
    slow = {name: _times(run, run.record.backends[name]).p99 or 0.0 for name in columns}
    answered = {name: run.record.backends[name].count for name in columns}
    window = _window(np.full(1, sum(answered.values()) / max(1, len(run.times_s))), len(columns), len(run.times_s))
    series = tuple(replace(s, values=_rolling_highest(s.values, window)) for s in few(columns, slow))
    left_out = f" The {len(series)} slowest of {len(columns)}." if len(series) < len(columns) else ""
    return Chart(
        key="backend-latency-over-time",
        section="balance",
        title="p99 of each backend over time",
        reading="One line above the others is one slow backend; all together are something they share."
        + left_out
        + (f" Each point is the highest p99 of the {window} seconds around it." if window > 1 else ""),
        alt="Median over the run: "
        + "; ".join(f"{s.label} {seconds(float(np.nanmedian(s.values)))}" for s in series)
        + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.logarithmic("p99", np.concatenate([s.values for s in series])),
        xs=run.times_s,
        series=series,
        bands=bands(run),
    )


def _window(requests_a_second: FloatArray, backends: int, run_s: int) -> int:
    """Return over how many seconds a point must reach to stand for enough requests of each backend.

    However few these are, it is a small part of the run: else the chart would show no change over time.
    """
    usual = max(float(np.median(requests_a_second)), 1e-9)
    most = max(1, min(60, run_s // _WINDOWS_A_RUN))
    return max(1, min(most, math.ceil(_SAMPLES_A_BACKEND * backends / usual)))


def _rolling_highest(values: FloatArray, window: int) -> FloatArray:
    """Return the highest of the values around each: of fewer than 100 requests the p99 is the slowest."""
    if window <= 1 or len(values) <= window:
        return values
    padded = np.concatenate([np.full(window // 2, np.nan), values, np.full(window - 1 - window // 2, np.nan)])
    views = np.lib.stride_tricks.sliding_window_view(padded, window)
    found = np.full(len(values), np.nan)
    known = np.isfinite(views).any(axis=1)
    found[known] = np.nanmax(views[known], axis=1)
    return found


def _times(run: RunData, backend: BackendRecord) -> Quantiles:
    return backend.service_time_s if run.closed else backend.response_time_s


def _names(backends: dict[str, BackendRecord]) -> tuple[str, ...]:
    pools = {b.pool for b in backends.values()}
    several = len(pools) > 1
    return tuple(visible(f"{b.pool} / {name}" if several and b.pool else name, 48) for name, b in backends.items())


def _column(values: list[float | None]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([math.nan if value is None else value for value in values])


def _jain(run: RunData) -> str:
    entry = run.record.balance.get("all")
    return f"{entry.jain:.3f}" if entry is not None and entry.jain is not None else ""


def _as_area(series: Series) -> Series:
    return Series(series.key, series.label, series.role, series.values, "area")
