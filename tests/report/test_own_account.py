"""The parts of a report that the target tells of itself: slots at work, lag of replicas, counts of requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.measure.own_account import OwnAccount
from loadsim.record import CountRecord
from loadsim.report.charts import charts
from loadsim.report.rundata import RunData, load_run
from loadsim.report.seen import seen
from loadsim.report.tables import tables

from .runs import Case, write_run


def account(told: OwnAccount) -> None:
    """Two servers, the second twice as busy; a replica that falls behind, and one not known for long."""
    for second in range(6):
        for name, slots in (("web-1", 1.0), ("web-2", 2.0)):
            told.read_server(second, name, busy_s=slots * second, requests=10 * second)
        told.read_replica(second + 0.5, "replica-1", lag_s=0.25 * second, log_bytes=1024 * second)
    told.read_replica(0.5, "replica-2", lag_s=0.0, log_bytes=0)
    told.read_replica(5.5, "replica-2", lag_s=None, log_bytes=None)


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    counts = {
        "web-10": CountRecord(client=5, balancer=7, server=6),
        "web-2": CountRecord(client=9, balancer=None, server=9),
    }
    return load_run(write_run(tmp_path / "run", Case(duration_s=10, account=account, counts=counts)))


def test_slots_at_work_are_drawn_by_server(run: RunData) -> None:
    chart = {chart.key: chart for chart in charts(run)}["busy-slots"]
    assert {series.label: series.values[:5].tolist() for series in chart.series} == {
        "web-1": pytest.approx([1.0] * 5),
        "web-2": pytest.approx([2.0] * 5),
    }
    assert [(server.name, server.busy_max) for server in run.record.servers] == [
        ("web-1", pytest.approx(1)),
        ("web-2", pytest.approx(2)),
    ]


def test_the_lag_of_replicas_is_drawn_and_what_is_not_known_is_a_gap(run: RunData) -> None:
    chart = {chart.key: chart for chart in charts(run)}["replica-lag"]
    first, second = chart.series
    assert first.values[:6].tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.25])
    assert str(second.values[:6].tolist()) == "[0.0, nan, nan, nan, nan, nan]"
    (table,) = [table for table in tables(run) if table.key == "replicas"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["replica-1", "625 ms", "1.25 s", "5.00 KiB"],
        ["replica-2", "0 µs", "0 µs", "0 B"],
    ]


def test_the_replica_that_was_behind_the_furthest_is_named(run: RunData) -> None:
    (finding,) = [each for each in seen(run) if each.chart == "replica-lag"]
    assert finding.text == (
        "replica-1 was 1.25 s behind the primary at 0:05, and 625 ms on average, as PostgreSQL tells it."
    )


def test_servers_all_of_whose_slots_were_taken_are_named(tmp_path: Path) -> None:
    def full(told: OwnAccount) -> None:
        for second in range(11):
            told.read_server(second, "web-1", busy_s=3.9 * min(second, 4), requests=0)
            told.read_server(second, "web-2", busy_s=3.0 * second, requests=0)

    run = load_run(write_run(tmp_path / "run", Case(duration_s=10, account=full, settings={"slots": 4})))
    (finding,) = [each for each in seen(run) if each.chart == "busy-slots"]
    assert finding.text == "All 4 slots were at work in 40.0 % of the seconds on web-1: who came then waited for one."
    (chart,) = [chart for chart in charts(run) if chart.key == "busy-slots"]
    assert [(mark.label, mark.at) for mark in chart.marks] == [("slots of a server", 4.0)]


def test_every_count_of_requests_stands_beside_the_others(run: RunData) -> None:
    (table,) = [table for table in tables(run) if table.key == "counts"]
    assert [[cell.text for cell in row] for row in table.rows] == [["web-2", "9", "–", "9"], ["web-10", "5", "7", "6"]]


def test_a_target_that_tells_nothing_of_itself_has_none_of_this(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path / "run", Case(duration_s=10)))
    assert (run.servers, run.replicas, run.record.counts) == (None, None, {})
    assert not {chart.key for chart in charts(run)} & {"busy-slots", "replica-lag"}
    assert not {table.key for table in tables(run)} & {"counts", "replicas"}
    assert run.notes == ()
