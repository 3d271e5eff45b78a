"""What can be said of what the target tells of itself: slots that were all taken, replicas that fell behind."""

from __future__ import annotations

import numpy as np

from loadsim.report.chart import FloatArray
from loadsim.report.drawings.common import when
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import clock, listed, seconds, share, visible

_FULL = 0.95
"""Of its slots, on average of a second: between two requests a slot is idle for a moment."""
_OFTEN, _SECONDS = 0.1, 3
_BEHIND_S = 0.1
"""A lag below that is the way to the replica."""
_NAMED = 3


def full_slots(run: RunData) -> list[Finding]:
    """Servers all of whose slots were at work in a tenth of the seconds or more."""
    slots = run.record.manifest.settings.get("slots")
    if not isinstance(slots, int):
        return []
    columns = spread(run.servers, "server", "busy", run.times_s)
    full = {name: _full_seconds(column[run.measured], slots) for name, column in columns.items()}
    often = {name: each for name, each in full.items() if each[0] >= _SECONDS and each[0] >= _OFTEN * each[1]}
    if not often:
        return []
    worst = sorted(often.items(), key=lambda item: -item[1][0] / item[1][1])[:_NAMED]
    where = listed([f"{share(count / of)} of the seconds on {visible(name, 40)}" for name, (count, of) in worst])
    more = f", and often on {len(often) - _NAMED} more" if len(often) > _NAMED else ""
    taken = f"all {slots} slots were" if slots > 1 else "the one slot was"
    text = f"{taken[0].upper()}{taken[1:]} at work in {where}{more}: who came then waited for one."
    return [Finding(text, "busy-slots", "bad")]


def _full_seconds(busy: FloatArray, slots: int) -> tuple[int, int]:
    """Return in how many seconds all slots were at work, and of how many that is known."""
    known = busy[np.isfinite(busy)]
    return int((known >= _FULL * slots).sum()), len(known)


def replicas_behind(run: RunData) -> list[Finding]:
    """Say which replica was behind the furthest, and when."""
    told = {replica.lag_max_s: replica for replica in run.record.replicas if replica.lag_max_s is not None}
    most_s = max(told, default=0.0)
    if most_s < _BEHIND_S:
        return []
    worst = told[most_s]
    column = spread(run.replicas, "replica", "lag_s", run.times_s).get(worst.name)
    if column is None:
        return []
    text = (
        f"{visible(worst.name, 40)} was {seconds(most_s)} behind the primary at {clock(when(run, column) or 0.0)}, and "
        f"{seconds(worst.lag_mean_s)} on average, as PostgreSQL tells it."
    )
    return [Finding(text, "replica-lag")]
