"""The charts, one function each: a run in, a :class:`~loadsim.report.chart.Chart` or None (nothing to draw) out."""
