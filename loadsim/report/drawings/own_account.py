"""What the target's servers and replicas say of themselves."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart, Mark
from loadsim.report.drawings.balance import backends_of
from loadsim.report.drawings.common import bands, few, highest
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import amount, seconds

_WORTH_DRAWING = 0.25
"""From this share of a server's slots on their number is drawn: it would flatten the rest."""


def busy_slots(run: RunData) -> Chart | None:
    """Slots at work of each server, on average of each second."""
    columns = {n: c for n, c in spread(run.servers, "server", "busy", run.times_s).items() if np.isfinite(c).any()}
    if not columns:
        return None
    weights = {name: float(np.nansum(c)) for name, c in columns.items()}
    series = few(columns, weights, "other servers", first=backends_of(run))
    slots = run.record.manifest.settings.get("slots")
    top = max(highest(column) or 0.0 for column in columns.values())
    marks = (
        (Mark("slots of a server", float(slots)),) if isinstance(slots, int) and top >= slots * _WORTH_DRAWING else ()
    )
    return Chart(
        key="busy-slots",
        section="balance",
        title="Slots at work",
        reading="Requests that each server worked on at once, on average of each second, by its own account. At the "
        "line every slot is taken, and who comes next waits.",
        alt="At most: " + "; ".join(f"{s.label} {amount(highest(s.values) or 0.0)}" for s in series) + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("slots", "count", np.concatenate([*columns.values(), [mark.at for mark in marks]])),
        xs=run.times_s,
        series=series,
        bands=bands(run),
        marks=marks,
        wide=True,
    )


def replica_lag(run: RunData) -> Chart | None:
    """How far each replica was behind."""
    columns = {n: c for n, c in spread(run.replicas, "replica", "lag_s", run.times_s).items() if np.isfinite(c).any()}
    if not columns:
        return None
    series = few(columns, {name: float(np.nansum(c)) for name, c in columns.items()})
    return Chart(
        key="replica-lag",
        section="consistency",
        title="Lag of the replicas",
        reading="How far each replica was behind the primary, as PostgreSQL tells it once a second: what was read "
        "there could be so old. Nothing to apply is no lag.",
        alt="At most: " + "; ".join(f"{s.label} {seconds(highest(s.values))}" for s in series) + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("behind", "seconds", np.concatenate(list(columns.values()))),
        xs=run.times_s,
        series=series,
        bands=bands(run),
        wide=True,
    )
