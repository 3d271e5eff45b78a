"""Whether the generator itself was the bottleneck: then the numbers are its own, and the run is invalid."""

from __future__ import annotations

import numpy as np

from loadsim.measure.histogram import FloatArray
from loadsim.units import format_duration, format_share

LATE_START_FLOOR_S = 1e-3
LATE_START_SHARE = 0.05
"""Of the median response time: lateness below it does not change what is reported by much."""
BUSY_CPU = 0.9
BUSY_SECONDS = 0.1
LATE = "the generator was late:"
"""What the reason of a late start begins with; a record keeps reasons as text."""
IDLE_CPU = 0.4
"""A generator that is late by its own work uses more of its core than this."""


def saturation(*, late_start_p99_s: float | None, response_p50_s: float | None, generator_cpu: FloatArray) -> list[str]:
    """Return why the generator counts as saturated, in words with the numbers; nothing if it does not.

    ``generator_cpu`` is its share of one core in each second of the measured window, nan where not known. Without a
    median response time (most had no answer, or the closed model) the bound on late start is 1 ms.
    """
    known = generator_cpu[~np.isnan(generator_cpu)]
    busy = float(np.mean(known > BUSY_CPU)) if len(known) else 0.0
    reasons = []
    bound_s = max(LATE_START_FLOOR_S, LATE_START_SHARE * (response_p50_s or 0.0))
    if late_start_p99_s is not None and late_start_p99_s > bound_s:
        of_median = f", {LATE_START_SHARE * 100:g} % of the median response time"
        reasons.append(
            f"{LATE} 1 % of the arrivals started {format_duration(late_start_p99_s)} or more too "
            f"late through no doing of the target (bound: {format_duration(bound_s)}"
            f"{of_median if bound_s > LATE_START_FLOOR_S else ''})."
        )
    if busy >= BUSY_SECONDS:
        reasons.append(
            f"the generator was saturated: it used more than {BUSY_CPU * 100:g} % of its core in "
            f"{format_share(busy)} of the seconds (bound: {BUSY_SECONDS * 100:g} %)."
        )
    if reasons:
        used = float(np.mean(known)) if len(known) else 1.0
        reasons[-1] += f" {_BLOCKED.format(format_share(used)) if is_idle(used) else _ADVICE}"
    return reasons


def is_idle(generator_cpu: float) -> bool:
    """Tell whether a generator that used so much of its core, and was late, was kept from it by something else."""
    return generator_cpu < IDLE_CPU


_ADVICE = "Lower --rate, or give the generator a core of its own."
_BLOCKED = (
    "It used {} of its core, so something else had it: run again when the machine is quiet, or look for what blocks in "
    "a scenario of your own."
)
