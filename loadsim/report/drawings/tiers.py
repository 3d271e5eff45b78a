"""Where the target says its time went (Server-Timing)."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart
from loadsim.report.drawings.common import bands, few
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import seconds, visible


def tiers(run: RunData) -> Chart | None:
    """Mean time of each part over time, in the answers that named it."""
    told = run.record.tiers
    columns = {n: c for n, c in spread(run.tiers, "tier", "mean_s", run.times_s).items() if np.isfinite(c).any()}
    if not told or not columns:
        return None
    weights = {name: tier.count * (tier.time_s.mean or 0.0) for name, tier in told.items()}
    kept = dict(sorted(columns.items(), key=lambda item: -weights.get(item[0], 0.0))[:8])
    return Chart(
        key="tiers",
        section="latency",
        title="Where the target's time went",
        reading="Mean of each part in the answers that name it (Server-Timing). Parts may contain others.",
        alt="Means: "
        + ", ".join(f"{visible(name, 40)} {seconds(told[name].time_s.mean)}" for name in kept if name in told)
        + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.logarithmic("mean a request", np.concatenate(list(kept.values()))),
        xs=run.times_s,
        series=few(kept, weights),
        bands=bands(run),
        wide=True,
    )
