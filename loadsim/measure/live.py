"""How the run is doing, for people who watch it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Times in seconds; None where one falls on work without an answer, or where nothing was due."""

    p50: float | None
    p90: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Live:
    """A view of the run at ``time_s`` (profile time, seconds). Counts are of what was measured and has ended.

    ``offered``, ``achieved`` (ended: completed or failed) and ``failed`` are iterations in the last full second; None
    before the first one is over. ``offered_recent`` and ``achieved_recent`` are the same for the last seconds, oldest
    first. ``now`` is the response time of what was due in the last five seconds and has ended, ``so_far`` of all;
    service time in the closed model. ``outcomes`` and ``backends`` count requests.
    """

    time_s: float
    scheduled: int
    completed: int
    failed: int
    dropped: int
    aborted: int
    offered_rate: float | None
    achieved_rate: float | None
    failed_rate: float | None
    in_flight: int | None
    backlog: int | None
    now: Percentiles
    so_far: Percentiles
    outcomes: dict[str, int]
    backends: dict[str, int]
    offered_recent: tuple[float, ...]
    achieved_recent: tuple[float, ...]
    generator_cpu: float | None
    """Share of one core in the last full second."""
