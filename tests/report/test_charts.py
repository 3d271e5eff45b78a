from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from loadsim.profiles import Phase
from loadsim.record import FaultRecord
from loadsim.report.charts import charts
from loadsim.report.drawings.common import few, smooth
from loadsim.report.figures import figures
from loadsim.report.rundata import load_run, spread
from tests.report.runs import CASES, Case, write_run

SMALL = [name for name in CASES if name != "hour"]


def by_key(run):
    return {chart.key: chart for chart in charts(run)}


@pytest.mark.parametrize("name", SMALL)
def test_every_chart_says_how_to_read_it_and_what_it_shows(loaded, name):
    found = charts(loaded(name))
    assert found[0].key == "requests-over-time"
    assert len({chart.key for chart in found}) == len(found)
    for chart in found:
        assert chart.title
        assert chart.reading.endswith(".")
        assert any(character.isdigit() for character in chart.alt), chart.key


@pytest.mark.parametrize("name", SMALL)
def test_every_known_value_lies_within_the_axes(loaded, name):
    for chart in charts(loaded(name)):
        values = [series.values[np.isfinite(series.values)] for series in chart.series]
        axis = chart.x if chart.kind == "bars" else chart.y
        if chart.kind == "stack":
            values = [np.sum(np.nan_to_num([series.values for series in chart.series]), axis=0)]
        for known in values:
            positive = known[known > 0] if axis.scale == "log" else known
            assert (positive >= axis.low * 0.999).all(), chart.key
            assert (positive <= axis.high * 1.001).all(), chart.key
        assert all(axis.low <= place <= axis.high * 1.001 for place, _ in axis.ticks), chart.key


def test_requests_over_time_draws_the_series_of_the_record(loaded):
    run = loaded("failing")
    chart = by_key(run)["requests-over-time"]
    totals = {series.key: np.nansum(series.values) for series in chart.series}
    assert totals == {
        "offered": run.record.load.scheduled,
        "completed": run.record.load.completed,
        "failed": run.record.load.failed,
    }


def test_the_busiest_phase_is_shaded(loaded):
    bands = by_key(loaded("spiky"))["requests-over-time"].bands
    assert [(band.label, band.shaded) for band in bands if band.kind == "phase"] == [
        ("base", False),
        ("spike", True),
        ("recovery", False),
    ]


def test_a_bound_on_p99_is_drawn_where_response_time_is(loaded):
    found = by_key(loaded("spiky"))
    assert ("p99 < 250ms – broken", 0.25) in [(mark.text, mark.at) for mark in found["latency"].marks]
    assert "error_rate" not in " ".join(mark.label for chart in found.values() for mark in chart.marks)


def test_a_closed_loop_shows_service_time_because_nothing_was_due(loaded):
    found = by_key(loaded("closed"))
    assert found["latency"].title == "Service time over time"
    assert [series.key for series in found["latency-percentiles"].series] == ["service_time"]
    assert found["requests-over-time"].series[0].label == "started"


def test_the_percentile_curve_meets_the_quantiles_of_the_record(loaded):
    run = loaded("spiky")
    chart = by_key(run)["latency-percentiles"]
    response = chart.series[0].values
    place = int(np.argmin(np.abs(chart.xs - 2.0)))  # two nines
    assert response[place] == pytest.approx(run.record.response_time_s.p99, rel=0.02)
    known = np.isfinite(response)
    assert (np.diff(response[known]) >= 0).all()


def test_the_percentile_curve_ends_with_the_slowest_request_on_an_axis_to_four_nines(loaded):
    run = loaded("spiky")
    chart = by_key(run)["latency-percentiles"]
    assert chart.x.ticks[-1] == (chart.x.high, "99.99 %")
    service = chart.series[1].values
    last = int(np.flatnonzero(np.isfinite(service))[-1])
    assert service[last] == pytest.approx(run.record.service_time_s.max, rel=0.002)
    assert chart.xs[last - 1] < np.log10(run.record.service_time_s.count) <= chart.xs[last] + 1e-9


def test_the_heat_map_counts_every_answer(loaded):
    run = loaded("failing")
    heat = by_key(run)["latency-heatmap"].heat
    unanswered = run.record.response_time_s.unanswered
    assert heat.counts.sum() == run.record.response_time_s.count - unanswered


def test_shares_over_time_add_up_to_one(loaded):
    chart = by_key(loaded("slow_backend"))["balancer-over-time"]
    total = np.sum([series.values for series in chart.series], axis=0)
    assert total[np.isfinite(total)] == pytest.approx(1.0)


def test_the_bands_of_shares_meet_at_the_dashed_lines_where_the_spread_is_even(loaded):
    chart = by_key(loaded("slow_backend"))["balancer-over-time"]
    assert [mark.at for mark in chart.marks] == [0.25, 0.5, 0.75]
    upto = np.cumsum([series.values for series in chart.series], axis=0)
    assert upto[:3, 10] == pytest.approx([0.25, 0.5, 0.75], abs=0.02)


def test_the_p99_of_few_requests_is_the_highest_around(loaded):
    run = loaded("slow_backend")
    chart = by_key(run)["backend-latency-over-time"]
    assert "highest p99 of the 2 seconds around it" in chart.reading
    raw = spread(run.backends, "backend", "p99_s", run.times_s)["web-3"]
    assert chart.series[2].values[30] == max(raw[29], raw[30])


def test_a_point_of_few_requests_covers_a_small_part_of_the_run_all_the_same(tmp_path):
    case = Case(duration_s=20, rate=lambda t: np.full(t.shape, 6.0), phases=[Phase("base", 0.0, 20.0)])
    drawn = by_key(load_run(write_run(tmp_path / "run", case)))
    assert "Each point covers 2 seconds." in drawn["balancer-over-time"].reading
    assert "the 2 seconds around it" in drawn["backend-latency-over-time"].reading


def test_fairness_is_not_told_of_one_backend(tmp_path):
    case = Case(duration_s=8, phases=[Phase("base", 0.0, 8.0)], backends=["web-1"])
    run = load_run(write_run(tmp_path / "run", case))
    assert (figures(run)[-1].value, figures(run)[-1].beside) == ("–", "one backend")


def test_a_fault_is_a_band_of_its_own_with_a_short_name(loaded):
    run = loaded("failing")
    kill = FaultRecord(fault="kill(web-2, at=30s, for=5s)", kind="kill", on=["web-2"], start_s=30.0, end_s=35.0)
    bands = by_key(replace(run, record=msgspec.structs.replace(run.record, faults=[kill])))["latency"].bands
    (band,) = [band for band in bands if band.kind == "fault"]
    assert (band.label, band.start_s, band.end_s, band.name_may_stand_out) == ("kill web-2", 30.0, 35.0, True)


def test_a_fault_that_had_not_ended_when_the_run_did_is_a_band_to_its_end(loaded):
    run = loaded("failing")
    restart = FaultRecord(fault="restart(web, at=30s)", kind="restart", on=["web-1"], start_s=30.0, end_s=None)
    bands = by_key(replace(run, record=msgspec.structs.replace(run.record, faults=[restart])))["latency"].bands
    (band,) = [band for band in bands if band.kind == "fault"]
    assert (band.start_s, band.end_s) == (30.0, float(run.times_s[-1]) + 1)


def test_failures_add_up_to_what_the_record_counts(loaded):
    run = loaded("failing")
    chart = by_key(run)["errors"]
    assert sum(series.values.sum() for series in chart.series) == run.record.requests.failed


def test_a_run_without_requests_draws_only_what_it_has(loaded):
    assert not {"latency", "latency-percentiles", "errors", "balancer-distribution"} & set(by_key(loaded("nothing")))


def test_many_columns_become_few_series_and_a_rest_that_loses_nothing():
    columns = {f"c{n}": np.full(3, float(n)) for n in range(20)}
    series = few(columns, {name: float(column.sum()) for name, column in columns.items()}, "others")
    assert len(series) == 7
    assert series[-1].label == "14 others"
    assert sum(s.values[0] for s in series) == sum(range(20))


def test_series_come_in_the_order_people_count_in_whatever_came_first():
    columns = {name: np.ones(3) for name in ("balancer", "web-10", "web-2", "web-1")}
    named = few(columns, {}, first=("web-10", "web-2", "web-1"))
    assert [s.label for s in named] == ["web-1", "web-2", "web-10", "balancer"]
    assert [s.role for s in named] == ["c1", "c2", "c3", "c4"]


def test_the_targets_processes_are_added_up_against_the_cores_it_has(loaded):
    run = loaded("spiky")
    chart = by_key(run)["target-cpu"]
    *each, together = chart.series
    assert together.label == "all of them"
    assert together.values == pytest.approx(np.sum([s.values for s in each], axis=0), nan_ok=True)
    assert [(mark.label, mark.at) for mark in chart.marks] == [("the target's core", 1.0)]


def test_the_cores_of_a_large_machine_do_not_flatten_what_little_was_used(loaded):
    run = loaded("spiky")
    manifest = msgspec.structs.replace(run.record.manifest, cpus={"target": list(range(64))})
    chart = by_key(replace(run, record=msgspec.structs.replace(run.record, manifest=manifest)))["target-cpu"]
    assert chart.marks == ()
    assert "the target has 64 cores" in chart.alt


def test_smoothing_keeps_the_sum_of_the_middle_and_shrinks_at_the_ends():
    assert smooth(np.array([1.0, 1.0, 1.0, 1.0]), 3).tolist() == [2.0, 3.0, 3.0, 2.0]
    assert smooth(np.array([1.0, np.nan]), 1).tolist() == [1.0, 0.0]
