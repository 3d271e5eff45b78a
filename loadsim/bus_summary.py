"""From what servers counted on the bus to the record's part on it: what was lost, and which end knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loadsim.measure.histogram import CELLS, cells
from loadsim.measure.selection import Distribution
from loadsim.record import BusCalls, BusJobs, BusRecord
from loadsim.summary import quantiles


def summarise_bus(
    counts: Mapping[str, int], waiting_calls: int, waiting_jobs: int, done_after_s: Sequence[float]
) -> BusRecord:
    """Return the record's part. What either end counted comes by the names of ``target_app.bus.counts``."""

    def counted(name: str) -> int:
        return counts.get(name, 0)

    known = sum(map(counted, ("expired", "unanswered", "too_late"))) + waiting_calls
    calls = BusCalls(
        sent=counted("calls"),
        answered=counted("answered"),
        refused=counted("full"),
        unreachable=counted("unreachable"),
        missing=counted("missing"),
        taken=counted("taken"),
        served=counted("served"),
        expired=counted("expired"),
        unanswered=counted("unanswered"),
        too_late=counted("too_late"),
        waiting=waiting_calls,
        vanished=max(0, counted("missing") - known),
    )
    ended = sum(map(counted, ("jobs_refused", "jobs_done", "jobs_failed"))) + waiting_jobs
    jobs = BusJobs(
        sent=counted("jobs"),
        refused=counted("jobs_refused"),
        done=counted("jobs_done"),
        failed=counted("jobs_failed"),
        waiting=waiting_jobs,
        vanished=max(0, counted("jobs") - ended),
        done_after_s=quantiles(Distribution(np.bincount(cells(np.array(done_after_s)), minlength=CELLS))),
    )
    return BusRecord(calls=calls, jobs=jobs)
