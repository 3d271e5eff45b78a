"""The head of a picture: nothing runs out of it, and names keep their order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadsim.report.charts import charts
from loadsim.report.png_head import CHARACTER_PT, INCHES_WIDE, head_of

NAMES = st.lists(st.text("abcdefgh-", min_size=1, max_size=48), min_size=1, max_size=12)
ROOM_PT = INCHES_WIDE * 72


@pytest.fixture
def chart(loaded):
    return next(chart for chart in charts(loaded("spiky")) if chart.key == "latency")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names=NAMES)
def test_a_legend_keeps_the_order_of_the_series_and_no_row_is_wider_than_the_picture(chart, names):
    series = [replace(chart.series[0], label=name) for name in names]
    head = head_of(chart, series)
    assert [place for row in head.legend for place in row] == list(range(len(names)))
    assert all(sum(len(names[i]) for i in row) * CHARACTER_PT < ROOM_PT for row in head.legend)


def test_few_short_names_stand_beside_the_title_of_the_axis_and_many_above_it(chart):
    few, many = head_of(chart, chart.series[:2]), head_of(chart, chart.series * 5)
    assert few.beside
    assert not many.beside
    assert few.inches < many.inches


def test_a_long_reading_takes_a_second_line_and_loses_no_word(chart):
    reading = "One line above the others is one slow backend. " * 4
    head = head_of(replace(chart, reading=reading), ())
    assert len(head.reading) == 2
    assert " ".join(head.reading).split() == reading.split()
    assert head.inches > head_of(chart, ()).inches
