"""Rounds that do not count: those in which the machine held up the generator, as long as they are few.

The times of such a round are the machine's. What sets it aside is the generator's doing, tells nothing of an answer and
hits both sides alike where they are alike: so the rounds that are left are as exchangeable as before. Without that, one
hiccup in twenty runs would leave no verdict on the machines that need it most.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadsim.measure.saturation import LATE
from loadsim.record import RunRecord, why_invalid

SET_ASIDE_OF = 5
"""One round in so many may be set aside."""


def started_late(record: RunRecord) -> bool:
    """Tell whether a run is invalid for one thing only: that the machine let the generator start arrivals late."""
    reasons = why_invalid(record)
    return len(reasons) == 1 and reasons[0].startswith(LATE)


def set_aside(rounds: Sequence[RunRecord], at_least: int) -> set[int]:
    """Return the places of the rounds to set aside: the late ones, where they are few and ``at_least`` so many stay."""
    late = {place for place, record in enumerate(rounds) if started_late(record)}
    few = len(late) <= len(rounds) // SET_ASIDE_OF and len(rounds) - len(late) >= at_least
    return late if few else set()
