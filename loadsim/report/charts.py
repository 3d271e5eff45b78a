"""Which charts a report has, in order. To add one, write its function and name it here."""

from __future__ import annotations

from collections.abc import Callable

from loadsim.report.chart import Chart
from loadsim.report.drawings import (
    balance,
    caching,
    consistency,
    errors,
    health,
    latency,
    load,
    own_account,
    tiers,
    websockets,
)
from loadsim.report.rundata import RunData

DRAWINGS: tuple[Callable[[RunData], Chart | None], ...] = (
    load.requests_over_time,
    load.in_flight,
    websockets.open_sockets,
    websockets.socket_failures,
    websockets.socket_turnover,
    websockets.socket_survival,
    websockets.socket_ages,
    latency.latency,
    latency.latency_percentiles,
    latency.latency_heatmap,
    tiers.tiers,
    balance.balancer_distribution,
    balance.backend_latency,
    balance.balancer_over_time,
    balance.backend_latency_over_time,
    own_account.busy_slots,
    errors.errors,
    consistency.stale_reads,
    own_account.replica_lag,
    caching.cache_hits,
    caching.cache_ages,
    health.generator_cpu,
    health.generator_late_start,
    health.target_cpu,
    health.target_memory,
)

SECTIONS = {
    "load": "Load",
    "sockets": "WebSockets",
    "latency": "Response time",
    "balance": "Balance",
    "errors": "Failures",
    "consistency": "Consistency",
    "caching": "Caches",
    "health": "Health",
}


def charts(run: RunData) -> list[Chart]:
    """Return the charts of a run that have something to show, in the order of the report."""
    return [chart for draw in DRAWINGS if (chart := draw(run)) is not None]
