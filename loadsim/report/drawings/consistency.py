"""What reads showed of what had been written before."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart, Series
from loadsim.report.drawings.common import bands
from loadsim.report.rundata import RunData
from loadsim.report.text import counted, seconds, share


def stale_reads(run: RunData) -> Chart | None:
    """Draw reads a second that came after a write: those that showed it, and the stale ones."""
    found, table = run.record.consistency, run.consistency
    if found is None or table is None or not len(table) or not found.reads:
        return None
    fresh, stale = table.numbers("fresh"), table.numbers("stale")
    times_s = table.numbers("time_s")
    return Chart(
        key="stale-reads",
        section="consistency",
        title="Stale reads",
        reading="Reads of what had been written just before; stale ones did not show it. By the second they began in.",
        alt=f"{counted(found.stale, 'read')} of {found.reads:,} were stale ({share(found.stale_share)}); a version was "
        f"visible {seconds(found.visible_after_s.p50)} after it was written at the median.",
        kind="stack",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("reads a second", "rate", np.asarray(fresh + stale, np.float64)),
        xs=times_s,
        series=(
            Series("stale", "stale", "c2", stale, "area"),
            Series("fresh", "fresh", "c1", fresh, "area"),
        ),
        bands=bands(run),
        wide=True,
    )
