"""How much was asked for, how much was done, and how much was under way."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart, Series
from loadsim.report.drawings.common import bands, highest, rate_objectives, when
from loadsim.report.rundata import RunData
from loadsim.report.text import amount, clock, rate


def requests_over_time(run: RunData) -> Chart | None:
    """Arrivals a second: offered, completed, failed, dropped."""
    if not len(run.times_s):
        return None
    completed, failed = run.column("completed"), run.column("failed")
    offered = np.where(run.measured, run.column("offered"), np.nan)  # nothing is due in the drain
    dropped = run.column("dropped")
    first = "started" if run.closed else "offered"
    series = [
        Series("offered", first, "offered", offered, dashed=True, width=1.4),
        Series("completed", "completed", "good", completed, width=1.8),
    ]
    series += [Series("failed", "failed", "bad", failed, width=1.6)] if np.nansum(failed) else []
    series += [Series("dropped", "dropped", "c4", dropped, width=1.6)] if np.nansum(dropped) else []
    load = run.record.load
    peak, at = highest(offered), when(run, offered)
    alt = f"{first.capitalize()} {rate(load.offered_rate)} and achieved {rate(load.achieved_rate)} on average"
    alt += f"; the most was {amount(peak)}/s at {clock(at)}" if peak is not None and at is not None else ""
    alt += f"; {load.failed:,} failed, {load.dropped:,} dropped of {load.scheduled:,}."
    return Chart(
        key="requests-over-time",
        section="load",
        title="Requests over time",
        reading=f"Where the solid line leaves the dashed one, the system did not keep up with what was {first}.",
        alt=alt,
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("arrivals a second", "rate", np.concatenate([s.values for s in series])),
        xs=run.times_s,
        series=tuple(series),
        bands=bands(run),
        marks=rate_objectives(run),
        wide=True,
    )


def in_flight(run: RunData) -> Chart | None:
    """Arrivals under way, and those waiting for a free user."""
    flight, backlog = run.column("in_flight"), run.column("backlog")
    if not np.isfinite(flight).any():
        return None
    series = [Series("in_flight", "in flight", "good", flight)]
    if np.nansum(backlog):
        series.append(Series("backlog", "waiting to start", "bad", backlog))
    load = run.record.load
    at = when(run, flight)
    waited = f", and at most {load.max_backlog:,} waited to start" if load.max_backlog else ", and none waited to start"
    return Chart(
        key="in-flight",
        section="load",
        title="In flight",
        reading="Rises when answers come more slowly than arrivals; waiting to start means every user was busy.",
        alt=f"At most {amount(load.max_in_flight)} arrivals were under way"
        + (f" (at {clock(at)})" if at is not None else "")
        + waited
        + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("arrivals", "count", np.concatenate([s.values for s in series])),
        xs=run.times_s,
        series=tuple(series),
        bands=bands(run),
        wide=True,
    )
