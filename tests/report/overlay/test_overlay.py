"""Several runs on the same axes: what they are called, what is drawn, what is told of their differences."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.errors import UsageError
from loadsim.report.chart import bar_places
from loadsim.report.charts import charts
from loadsim.report.overlay import tables
from loadsim.report.overlay.charts import overlay_charts
from loadsim.report.overlay.page import cautions, overlay_markdown
from loadsim.report.overlay.runs import MOST, lay_out
from loadsim.report.text import seconds
from tests.report.runs import HOSTILE


@pytest.fixture
def laid(loaded):
    return lambda *names: lay_out([loaded(name) for name in names])


def by_key(laid):
    return {chart.key: chart for chart in overlay_charts(laid)}


def cells(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_runs_are_called_by_what_they_ran_on_what_where_that_tells_them_apart(laid):
    labels = [one.label for one in laid("slow_backend", "failing")]
    assert labels == ["read-heavy on balanced", "write-heavy on balanced"]


def test_runs_of_the_same_thing_are_called_by_their_directories_without_what_these_share(loaded, tmp_path):
    runs = [replace(loaded("spiky"), directory=tmp_path / f"{name}-spiky-balanced") for name in ("before", "after")]
    assert [one.label for one in lay_out(runs)] == ["before", "after"]


def test_the_same_run_twice_is_numbered(laid):
    assert [one.label for one in laid("spiky", "spiky")] == ["1 spiky", "2 spiky"]


def test_more_runs_than_colours_are_refused(loaded):
    with pytest.raises(UsageError, match="too many") as caught:
        lay_out([loaded("quiet")] * (MOST + 1))
    assert f"at most {MOST}" in caught.value.hint


def test_a_chart_has_a_line_for_each_run_with_the_runs_own_values(laid, loaded):
    chart = by_key(laid("spiky", "slow_backend"))["requests-over-time"]
    for series, name in zip(chart.series, ("spiky", "slow_backend"), strict=False):
        assert np.nansum(series.values) == loaded(name).record.load.completed
    assert [series.label for series in chart.series] == [
        "spiky on balanced",
        "read-heavy on balanced",
        "spiky on balanced, offered",
        "read-heavy on balanced, offered",
    ]
    assert [series.role for series in chart.series] == ["c1", "c2", "c1", "c2"]
    assert len({series.key for series in chart.series}) == len(chart.series)


def test_a_shorter_run_ends_earlier_on_the_axis_of_the_longer(laid, loaded):
    chart = by_key(laid("interrupted", "spiky"))["requests-over-time"]
    short, long = (np.flatnonzero(np.isfinite(series.values))[-1] for series in chart.series[:2])
    assert short < 15 < long
    assert chart.x.high == max(c.x.high for c in charts(loaded("spiky")) if c.key == "requests-over-time")


@pytest.mark.parametrize("names", [("spiky", "quiet"), ("nothing", "failing"), ("hostile", "saturated", "closed")])
def test_every_known_value_of_every_run_lies_within_the_axes(laid, names):
    for chart in overlay_charts(laid(*names)):
        axis = chart.x if chart.kind == "bars" else chart.y
        for series in chart.series:
            known = series.values[np.isfinite(series.values)]
            known = known[known > 0] if axis.scale == "log" else known
            assert (known >= axis.low * 0.999).all(), chart.key
            assert (known <= axis.high * 1.001).all(), chart.key


def test_bars_of_a_backend_stand_together_and_one_that_a_run_lacks_is_not_known(laid):
    chart = by_key(laid("spiky", "hostile"))["balancer-distribution"]
    assert set(chart.categories) > {"web-1", "web-2", "web-3", "web-4", "web-{{7*7}}"}
    spiky, hostile = (np.isfinite(series.values) for series in chart.series[:2])
    assert [name for name, known in zip(chart.categories, spiky, strict=True) if known] == [
        f"web-{n}" for n in range(1, 5)
    ]
    assert not (spiky & hostile).any()
    thick, places = bar_places(chart)
    assert places["c2-share"] - places["c1-share"] == pytest.approx(thick)


def test_the_stampedes_of_two_runs_stand_beside_each_other(laid):
    chart = by_key(laid("sockets", "sockets"))["sockets-turnover"]
    assert [series.values.sum() for series in chart.series] == [600, 600]


def test_the_expected_share_is_drawn_only_where_the_runs_agree_on_it(laid, loaded):
    agreed = by_key(laid("spiky", "failing"))["balancer-distribution"]
    assert agreed.series[-1].values.tolist() == [0.25] * 4
    run = loaded("failing")
    weighted = msgspec.structs.replace(run.record.balance["web"], expected={"web-1": 3.0, "web-2": 1.0})
    record = msgspec.structs.replace(run.record, balance={"web": weighted})
    at_odds = by_key(lay_out([loaded("spiky"), replace(run, record=record)]))["balancer-distribution"]
    assert "expected" not in [series.key for series in at_odds.series]


def test_percentile_curves_of_all_runs_share_their_places(laid):
    chart = by_key(laid("spiky", "failing"))["latency-percentiles"]
    assert len(chart.xs) == len(chart.series[0].values) == len(chart.series[1].values)
    assert all(np.isfinite(series.values[0]) for series in chart.series)


def test_bounds_of_the_runs_are_drawn_once_and_phases_only_where_they_are_the_same(laid):
    alike = by_key(laid("spiky", "spiky"))["latency"]
    assert [mark.text for mark in alike.marks] == ["p99 < 250ms"]
    assert [band.label for band in alike.bands if band.kind == "phase"] == ["base", "spike", "recovery"]
    assert by_key(laid("spiky", "failing"))["latency"].bands == ()


def test_a_run_without_requests_is_named_where_it_has_nothing_to_draw(laid):
    runs = laid("spiky", "nothing")
    chart = by_key(runs)["latency"]
    assert chart.reading.endswith("Nothing to draw of nothing.")
    assert "nothing made no request." in cautions(runs)
    assert cells(tables.differences(runs))["Response time p99"][1:] == ["–", "–"]


def test_runs_without_any_request_make_a_report_all_the_same(laid):
    assert "requests-over-time" in by_key(laid("nothing", "nothing"))


def test_beside_a_closed_loop_all_times_are_service_times(laid, loaded):
    runs = laid("slow_backend", "closed")
    assert by_key(runs)["latency"].title == "p99 of service time over time"
    assert cautions(runs)[0].endswith("all times here are service times.")
    p99 = loaded("slow_backend").record.service_time_s.p99
    row = next(row for row in tables.differences(runs).rows if row[0].text == "Service time p99")
    assert row[1].sort == p99


def test_an_invalid_run_and_one_cut_short_are_no_measure_and_that_is_said(laid):
    found = cautions(laid("saturated", "interrupted"))
    assert any(" is invalid: the generator was saturated" in text for text in found)
    assert any("was cut short" in text for text in found)


def test_differences_are_those_of_the_records(laid, loaded):
    first, other = (loaded(name).record for name in ("slow_backend", "failing"))
    table = tables.differences(laid("slow_backend", "failing"))
    rows = {row[0].text: row for row in table.rows}
    p99 = rows["Response time p90"]
    assert p99[3].sort == pytest.approx(other.response_time_s.p90 / first.response_time_s.p90 - 1)
    errors = other.requests.failed / other.requests.count
    assert rows["Error rate"][3].text == f"+{errors * 100:.1f} points"
    assert "chance makes some of them" in table.note


def test_routes_that_only_one_run_has_are_there_without_a_difference(laid):
    found = cells(tables.by_route(laid("quiet", "spiky")))
    assert found["GET /"][1:3] == ["–", "–"]
    assert found["GET /search"][0] == "–"


def test_classes_of_visitors_are_told_apart_where_there_are_several(laid, loaded):
    first, other = (loaded(name).record.classes for name in ("spiky", "slow_backend"))
    found = cells(tables.by_class(laid("spiky", "slow_backend")))
    assert list(found) == ["light", "heavy"]
    assert found["heavy"][0] == seconds(first["heavy"].response_time_s.p50)
    assert found["heavy"][1] == seconds(other["heavy"].response_time_s.p50)


def test_what_was_set_differently_is_told_and_what_was_not_is_left_out(laid):
    found = cells(tables.settings(laid("spiky", "slow_backend")))
    assert found["profile"] == ["spike(base=60/s,peak=900/s,at=20s,width=6s)", "constant(120/s)"]
    assert not {"arrivals", "timeout s", "machine", "target"} & set(found)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_difference_has_the_sign_of_the_change_or_is_told_as_a_factor(base, other):
    cell = tables.relative(base, other)
    assert cell.sort == pytest.approx(other / base - 1)
    if other >= 3 * base:
        assert cell.text.endswith(" times")
    else:
        assert cell.text.startswith(("+", "−", "0"))
        assert (cell.text[0] == "+") <= (other > base)


def test_nothing_against_something_has_no_ratio():
    assert tables.relative(0.0, 1.0).text == "–"
    assert tables.relative(0.0, 0.0).text == "0 %"


def test_markdown_holds_the_tables_and_shows_a_hostile_name_as_text(laid):
    text = overlay_markdown(laid("spiky", "hostile"))
    assert "**Runs**" in text
    assert "**Against " in text
    assert "chance makes some of them" in text
    assert HOSTILE not in text
    assert "<script>" not in text.replace("\\<script", "").split("```")[0]
