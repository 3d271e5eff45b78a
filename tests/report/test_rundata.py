from __future__ import annotations

import shutil

import numpy as np
import pytest

from loadsim.errors import UsageError
from loadsim.report.charts import charts
from loadsim.report.rundata import load_run, spread


def test_what_is_no_run_is_refused_with_a_hint(tmp_path):
    with pytest.raises(UsageError, match="is not a run"):
        load_run(tmp_path)


def test_a_run_can_be_named_by_its_record_too(recorded):
    directory = recorded("quiet")
    assert load_run(directory / "run.json").directory == directory


def test_missing_and_damaged_files_leave_out_their_charts_and_are_named(recorded, tmp_path):
    damaged = shutil.copytree(recorded("quiet"), tmp_path / "damaged")
    (damaged / "series.csv").unlink()
    (damaged / "backends.csv").write_text("time_s,count\n1\n")
    (damaged / "histograms.hlog").write_text("Tag=metric=response_time,0,1,1,HISTFgarbage\n")
    run = load_run(damaged)
    assert [note.split()[0] for note in run.notes] == ["series.csv", "backends.csv", "histograms.hlog"]
    assert {chart.key for chart in charts(run)} == {"balancer-distribution", "backend-latency"}


def test_rows_are_spread_into_columns_by_second(loaded):
    run = loaded("slow_backend")
    columns = spread(run.backends, "backend", "count", run.times_s)
    for name, backend in run.record.backends.items():
        assert np.nansum(columns[name]) == backend.count
