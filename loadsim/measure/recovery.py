"""How long after an event the response time was back where it had been."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadsim.measure.histogram import FloatArray
from loadsim.profiles import Phase

TOLERANCE = 1.25
STEADY_SECONDS = 5
BASELINE_SECONDS = 10
SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may have hurt, from ``start_s`` to ``end_s`` of profile time (None: it lasts)."""

    cause: str
    start_s: float
    end_s: float | None = None


def spikes(phases: Sequence[Phase]) -> list[Event]:
    """Return an event for each phase called ``spike``."""
    return [Event(SPIKE, phase.start_s, phase.end_s) for phase in phases if phase.name == SPIKE]


def bound_s(event: Event, p99_s: FloatArray) -> float | None:
    """Return what p99 has to come back within after an event; None where it was not known before: nothing can be said.

    ``p99_s`` as in :func:`recovery_s`.
    """
    first = max(0, math.floor(event.start_s) - BASELINE_SECONDS)
    before = p99_s[first : math.floor(event.start_s)]
    before = before[~np.isnan(before)]
    bound = TOLERANCE * float(before.max()) if len(before) else math.inf
    return bound if math.isfinite(bound) else None


def recovery_s(event: Event, p99_s: FloatArray) -> float | None:
    """Return the seconds from the event's start to the first from which p99 stays within its bound; None if never.

    ``p99_s`` is the response time's p99 by second of due time, of the measured window: inf where it fell on work
    without an answer, nan where nothing was due (which neither breaks nor proves anything). The bound is 1.25 times the
    highest p99 of the up to 10 full seconds before the event, and p99 must keep it for 5 s: what every second after
    has to keep is held against what every second before did, since the p99 of a second with few requests swings widely
    (against their median, traffic that never changed at 15/s is said not to recover in every third run). The search
    begins with the first second beyond the bound; none during the event or in the 5 s after it: the event did no harm,
    and the time is 0. Without a known p99 before the event nothing can be said: None.
    """
    start = math.ceil(event.start_s)
    if (bound := bound_s(event, p99_s)) is None:
        return None
    beyond = p99_s > bound  # nan is not
    # The second the event falls into belongs half to before: it shows harm, and cannot show recovery.
    first_hurt = math.floor(event.start_s)
    last_hurt = len(p99_s) if event.end_s is None else math.ceil(event.end_s) + STEADY_SECONDS
    hurt = np.flatnonzero(beyond[first_hurt:last_hurt])
    if not len(hurt):
        return 0.0
    for second in range(max(start, first_hurt + int(hurt[0])), len(p99_s) - STEADY_SECONDS + 1):
        if not math.isnan(p99_s[second]) and not beyond[second : second + STEADY_SECONDS].any():
            return second - event.start_s
    return None
