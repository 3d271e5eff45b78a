"""What was seen, in plain words: each sentence computed from the record, with its figures and where to see it.

No sentence stands without the numbers that carry it; where nothing stands out, that is what is said.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loadsim.report.drawings.common import finite
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.seen_bus import jobs, lost_calls, refused
from loadsim.report.seen_caching import from_caches
from loadsim.report.seen_consistency import lost_updates, stale_reads
from loadsim.report.seen_own_account import full_slots, replicas_behind
from loadsim.report.seen_system import (
    backend_failures,
    backend_share,
    failures,
    full_cores,
    generator,
    lost_work,
    slow_backends,
    whole_cores,
)
from loadsim.report.seen_tiers import amplification, queueing, work
from loadsim.report.seen_time import queue, recovered, spike, tail, waiting
from loadsim.report.seen_websockets import lost_messages, lost_sockets, uneven_sockets
from loadsim.report.text import counted, seconds

__all__ = ["Finding", "seen"]

SIGHTS: tuple[Callable[[RunData], list[Finding]], ...] = (
    spike,
    recovered,
    queue,
    failures,
    lost_work,
    lost_sockets,
    uneven_sockets,
    lost_messages,
    lost_calls,
    refused,
    jobs,
    stale_reads,
    replicas_behind,
    from_caches,
    lost_updates,
    slow_backends,
    backend_share,
    backend_failures,
    tail,
    waiting,
    queueing,
    work,
    amplification,
    full_slots,
    full_cores,
    whole_cores,
)


def seen(run: RunData) -> list[Finding]:
    """Return what is worth saying about a run, what happened first, what the generator vouches for last."""
    if not run.record.requests.count:
        return [Finding("No request was made, so there is nothing to see.", "requests-over-time", "bad")]
    found = [finding for look in SIGHTS for finding in look(run)]
    return (found or _nothing(run)) + generator(run)


def _nothing(run: RunData) -> list[Finding]:
    word = run.time_word
    p99 = finite(run.column(f"{word}_p99_s")[run.measured])
    if not len(p99):
        return []
    low, high = (seconds(float(np.quantile(p99, share))) for share in (0.05, 0.95))
    requests = counted(run.record.requests.count, "request")
    return [
        Finding(
            f"Nothing stood out: in nine of ten seconds p99 of {word} time lay between {low} and {high}, "
            f"and none of {requests} failed.",
            "latency",
        )
    ]
