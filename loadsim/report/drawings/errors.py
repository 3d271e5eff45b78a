"""What went wrong, when."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart, Series
from loadsim.report.drawings.common import bands, few
from loadsim.report.rundata import RunData, spread

GOOD = "ok"


def errors(run: RunData) -> Chart | None:
    """Failed requests a second, by outcome."""
    columns = spread(run.outcomes, "outcome", "count", run.times_s)
    columns = {name: np.nan_to_num(column) for name, column in columns.items() if name != GOOD}
    if not columns or not sum(float(c.sum()) for c in columns.values()):
        return None
    totals = {name: float(column.sum()) for name, column in columns.items()}
    series = few(columns, totals, "other outcomes")
    stacked = np.sum(np.vstack([s.values for s in series]), axis=0)
    return Chart(
        key="errors",
        section="errors",
        title="Failures by outcome",
        reading="The height of all bands together is how many requests failed in that second.",
        alt="Over the run: " + "; ".join(f"{s.label} {s.values.sum():,.0f}" for s in series) + ".",
        kind="stack",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("requests a second", "rate", stacked),
        xs=run.times_s,
        series=tuple(Series(s.key, s.label, s.role, s.values, "area") for s in series),
        bands=bands(run),
        wide=True,
    )
