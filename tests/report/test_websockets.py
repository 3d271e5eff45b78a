"""The part of a report that is about WebSockets: charts, sentences and the lines of the terminal."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from loadsim.report.charts import charts
from loadsim.report.seen import seen
from loadsim.report.terminal.figures import figure_lines


@pytest.fixture
def drawn(loaded):
    return {chart.key: chart for chart in charts(loaded("sockets"))}


def test_a_run_without_sockets_has_no_charts_of_them(loaded):
    assert not any(chart.key.startswith("sockets") for chart in charts(loaded("spiky")))


def test_open_sockets_are_stacked_by_backend_and_stay_where_they_went(drawn):
    chart = drawn["sockets-open"]
    first, second = (series.values for series in chart.series)
    assert (first[19], second[19]) == (200, 200)
    assert (first[30], second[30]) == (0, 400)  # after the drain nobody goes back by itself
    assert "At most 400" in chart.alt


def test_failures_stand_in_the_second_in_which_they_were_noticed_each_in_its_own_way(drawn):
    chart = drawn["sockets-failures"]
    assert [series.label for series in chart.series] == ["never opened", "closed on us", "open but dead"]
    never, closed, dead = (series.values for series in chart.series)
    assert (never[21], closed[20], dead[40]) == (5, 200, 1)
    assert (never.sum(), closed.sum(), dead.sum()) == (5, 200, 1)
    assert "closed on us 200 (1012 200)" in chart.alt


def test_the_stampede_after_a_drain_is_seen_beside_the_first_openings(drawn):
    series = {each.key: each.values for each in drawn["sockets-turnover"].series}
    assert series["opened"].sum() == 600
    np.testing.assert_array_equal(series["reconnected"][22:27], series["opened"][22:27])


def test_the_survival_curve_falls_in_steps_and_never_rises(drawn):
    chart = drawn["sockets-survival"]
    shares = chart.series[0].values
    assert shares[0] == 1.0
    assert (np.diff(shares) <= 0).all()
    assert (np.diff(chart.xs) >= 0).all()
    assert (chart.x.scale, chart.y.high) == ("linear", 1.0)


def test_ages_stand_in_classes_with_those_that_failed_beside_the_others(drawn, loaded):
    chart = drawn["sockets-ages"]
    failed, others = (series.values.sum() for series in chart.series)
    found = loaded("sockets").record.websockets
    assert (failed, others) == (201, found.open_at_end + found.finished)
    assert chart.categories[-1] == "up to 60s"


def test_what_failed_and_how_it_came_back_is_said_in_one_sentence_each(loaded):
    said = [finding.text for finding in seen(loaded("sockets"))]
    assert any(
        "Of 605 sockets that we asked for, 5 never opened (http_503), 200 were closed on us (1012) and 1 was open but "
        "dead (no_pong)."
        in text
        and "200 were opened again, after" in text
        for text in said
    )
    assert any("At the end web-1 held 0 of 399 open sockets and web-2 399" in text for text in said)
    assert any("23,541 messages came; 59 lost." in text for text in said)


def test_what_was_missed_in_between_is_said_and_shown(loaded):
    run = loaded("sockets")
    back = msgspec.structs.replace(
        run.record.websockets.reconnects, reopened=200, http_reads=300, http_reads_each=1.5, missed=900, recovered=880
    )
    websockets = msgspec.structs.replace(run.record.websockets, reconnects=back)
    record = msgspec.structs.replace(run.record, websockets=websockets)
    said = [finding.text for finding in seen(replace(run, record=record))]
    assert any("They missed 900 messages in between, of which 880 were sent again." in text for text in said)
    lines = [line.plain for line in figure_lines(record, 120)]
    assert any("messages missed 900" in line and "HTTP reads each 1.50" in line for line in lines)


def test_the_terminal_shows_sockets_and_messages_in_two_lines(loaded):
    lines = [line.plain for line in figure_lines(loaded("sockets").record, 120)]
    assert any(
        "opened 600" in line and "at most " in line and "most open 400" in line and "closed on us 200" in line
        for line in lines
    )
    assert any("sent 23,600" in line and "lost 59" in line for line in lines)
    assert not any("came back" in line for line in lines), "no socket followed another one of its visitor"
    assert not any("sockets" in line.plain for line in figure_lines(loaded("spiky").record, 120))
