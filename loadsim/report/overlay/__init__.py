"""Several runs on the same axes: the charts and tables of a report, with a series or a column for each run."""
