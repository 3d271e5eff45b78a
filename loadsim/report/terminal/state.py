"""What a view of a running load test shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Three quantiles of response time in seconds; None where none is known."""

    p50: float | None = None
    p90: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """One moment of a run. Rates are 1/s; what is not known is None.

    ``planned`` are the profile's rates at equal steps over the whole duration; ``offered`` and ``achieved`` one value a
    whole second, the one before ``elapsed_s`` last: the last minute is enough, a view remembers the others.
    """

    title: str = ""
    """What runs against what: ``'spiky · balanced · http://127.0.0.1:8000'``."""
    phase: str = ""
    elapsed_s: float
    """Since the end of the warm-up; negative while it lasts."""
    duration_s: float | None
    """None when the end is not known (``--iterations``)."""
    draining: bool = False
    scheduled: int = 0
    completed: int = 0
    failed: int = 0
    dropped: int = 0
    offered_rate: float | None = None
    achieved_rate: float | None = None
    planned: Sequence[float] = ()
    offered: Sequence[float] = ()
    achieved: Sequence[float] = ()
    now: Times = field(default_factory=Times)
    so_far: Times = field(default_factory=Times)
    in_flight: int = 0
    max_in_flight: int | None = None
    backlog: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    """Outcome that is not ok: how often."""
    backends: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Pool: backend: requests."""
    generator_cpu: float | None = None
    """Of the busiest worker, as a share of one core."""
    warnings: Sequence[str] = ()


NEAR_LIMIT_CPU = 0.8
LIMIT_CPU = 0.9
"""Above it in too many seconds the verdict is invalid."""


def conditions(state: LiveState) -> dict[str, str]:
    """Return what is wrong right now, by kind: a generator near its limit, arrivals that find no free user."""
    found = {}
    cpu = state.generator_cpu
    if cpu is not None and cpu >= NEAR_LIMIT_CPU:
        where = "near its limit" if cpu < LIMIT_CPU else "at its limit"
        found["generator"] = f"generator at {cpu * 100:.0f} % of its core, {where}: it may be what is slow"
    if state.max_in_flight and state.in_flight >= state.max_in_flight and state.backlog:
        found["busy"] = f"all {state.max_in_flight:,} users are busy: {state.backlog:,} arrivals wait for one"
    return found


def all_warnings(state: LiveState, more: Sequence[str] = ()) -> list[str]:
    """Return the warnings of a moment, each once, what holds now first and the latest next."""
    return list(dict.fromkeys([*conditions(state).values(), *reversed([*state.warnings, *more])]))
