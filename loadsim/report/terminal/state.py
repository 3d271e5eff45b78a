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

    ``planned`` are the profile's rates at equal steps over the whole duration, ``offered`` and ``achieved`` one value
    for each whole second since the end of the warm-up.
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
"""Where to warn: a generator above 0.9 of a core makes the verdict invalid."""


def generator_warning(state: LiveState) -> str | None:
    """Return what to say of a generator that nears the share of a core above which its measurements are its own."""
    cpu = state.generator_cpu
    if cpu is None or cpu < NEAR_LIMIT_CPU:
        return None
    where = "near its limit" if cpu < 0.9 else "at its limit"
    return f"the generator uses {cpu * 100:.0f} % of its core, {where}: what is measured may be its own slowness"


def all_warnings(state: LiveState, more: Sequence[str] = ()) -> list[str]:
    """Return the warnings of a moment, each once, what holds now first and the latest next."""
    found = [text for text in (generator_warning(state),) if text]
    if state.max_in_flight and state.in_flight >= state.max_in_flight and state.backlog:
        found.append(f"all {state.max_in_flight:,} users are busy: {state.backlog:,} arrivals wait for one")
    found += reversed([*state.warnings, *more])
    return list(dict.fromkeys(found))
