"""The numbers of charts as CSV files, one a chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from loadsim.measure.table import Column, Table, write_csv
from loadsim.report.chart import Chart


def write_numbers(charts: Sequence[Chart], directory: Path) -> list[Path]:
    """Write ``KEY-chart.csv`` for each chart and return the paths. Raises OSError."""
    paths = []
    for chart in charts:
        path = directory / f"{chart.key}-chart.csv"
        write_csv(numbers(chart), path)
        paths.append(path)
    return paths


def numbers(chart: Chart) -> Table:
    """Return a chart's numbers in base units: a row a place, a column a series.

    A map has a row for each cell that holds counts.
    """
    if chart.heat is not None:
        row, column = np.nonzero(chart.heat.counts)
        return Table(
            {
                "time_s": np.asarray(chart.heat.start_s + column * chart.heat.column_s, np.float64),
                "from_s": chart.heat.edges_s[row],
                "to_s": chart.heat.edges_s[row + 1],
                "count": chart.heat.counts[row, column],
            }
        )
    columns: dict[str, Column] = {}
    if chart.kind == "bars":
        columns["name"] = list(chart.categories)
    elif chart.kind == "curve":
        columns["share"] = np.asarray(1.0 - 10.0**-chart.xs, np.float64)
    else:
        columns["time_s"] = chart.xs
    return Table(columns | {series.label: series.values for series in chart.series})
