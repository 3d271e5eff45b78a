"""What is said of the target's own account of its time."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from loadsim.record import Quantiles, TierRecord
from loadsim.report.charts import charts
from loadsim.report.rundata import RunData
from loadsim.report.seen import seen
from loadsim.report.tables import tables


def tier(count: int, mean: float, p50: float, p99: float, calls: int | None = None) -> TierRecord:
    times = Quantiles(
        count=count, min=0.0, mean=mean, p50=p50, p75=p50, p90=p99, p95=p99, p99=p99, p99_9=p99, max=p99, stdev=0.0
    )
    return TierRecord(count=count, calls=calls, time_s=times)


def said(run: RunData, **parts: TierRecord) -> list[str]:
    record = msgspec.structs.replace(run.record, tiers=parts or None)
    return [finding.text for finding in seen(replace(run, record=record)) if finding.chart == "tiers"]


@pytest.fixture
def run(loaded) -> RunData:
    return loaded("spiky")


def test_waiting_is_told_from_work(run: RunData) -> None:
    (waiting,) = said(run, queue=tier(5000, 0.4, 0.1, 2.73), app=tier(5000, 0.1, 0.015, 0.97))
    assert waiting.startswith("Waiting, not work, makes the tail")
    assert all(figure in waiting for figure in ("2.73 s", "970 ms", "15.0 ms"))
    (partly,) = said(run, queue=tier(5000, 0.1, 0.0, 0.5), app=tier(5000, 0.1, 0.015, 0.97))
    assert partly.startswith("Waiting is a part")


@pytest.mark.parametrize(
    "queue",
    [tier(5000, 0.0001, 0.0, 0.0005), tier(5000, 0.01, 0.0, 0.2), tier(999, 0.4, 0.1, 2.7)],
    ids=["no wait to speak of", "far below the work", "too few answers"],
)
def test_of_a_short_wait_or_one_seldom_told_nothing_is_said(run: RunData, queue: TierRecord) -> None:
    assert said(run, queue=queue, app=tier(queue.count, 0.1, 0.015, 0.97)) == []


def test_the_part_that_most_of_the_work_is_spent_in_is_named(run: RunData) -> None:
    (work,) = said(run, app=tier(2000, 0.1, 0.0, 0.9), provider=tier(400, 0.4, 0.4, 0.9), db=tier(2000, 0.01, 0, 0.1))
    assert work.startswith("80.0 % of the time in the application is provider: 400 ms in each of the 400 answers")
    assert said(run, app=tier(2000, 0.1, 0.0, 0.9), db=tier(2000, 0.01, 0, 0.1)) == []


def test_the_calls_behind_a_request_are_counted(run: RunData) -> None:
    count = run.record.requests.count
    (calls,) = said(run, inventory=tier(count, 0.01, 0.01, 0.02, calls=20 * count))
    assert "20.0 calls (inventory)" in calls
    assert said(run, inventory=tier(count, 0.01, 0.01, 0.02, calls=count)) == []


def test_without_such_headers_there_is_neither_sentence_chart_nor_table(run: RunData) -> None:
    assert said(run) == []
    assert "tiers" not in {chart.key for chart in charts(run)}
    assert "tiers" not in {table.key for table in tables(run)}
