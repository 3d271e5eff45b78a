"""What became of the messages of the target's bus, once the traffic has ended and it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable

from loadsim.bus_summary import summarise_bus
from loadsim.deploy import BusCounts
from loadsim.record import BusRecord

_AGAIN_AFTER_S = 0.4
"""Servers tell what they count every quarter of a second."""
_LONGEST_S = 5.0


def bus_record(look: Callable[[], BusCounts | None]) -> BusRecord | None:
    """Look until nothing changes any more, within reason, and return the record of that; None where there is no bus."""
    last, until = look(), time.monotonic() + _LONGEST_S
    while last is not None and time.monotonic() < until:
        time.sleep(_AGAIN_AFTER_S)
        now = look()
        if now is None or now == last:
            break
        last = now
    return summarise_bus(last.counts, last.waiting_calls, last.waiting_jobs, last.done_after_s) if last else None
