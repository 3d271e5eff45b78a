"""The part of a report that is about caches: charts, table, sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.measure.caching import ENTRY
from loadsim.measure.sample import ROUTE_SHIFT
from loadsim.report.charts import charts
from loadsim.report.rundata import RunData, load_run
from loadsim.report.seen import seen
from loadsim.report.tables import tables

from .runs import Case, write_run

HIT = b"Cache-Status: web-1; hit; ttl=4\nAge: %d"
MISS = b"Cache-Status: web-1; fwd=uri-miss; stored"
ANSWERS = (
    *((1.0 + number / 10, 1, HIT % number) for number in range(1, 6)),
    *((3.5, 1, MISS),) * 3,
    *((3.6, 2, MISS),) * 2,
)


@pytest.fixture
def run_of(tmp_path: Path):
    def run_of(*answers: tuple[float, int, bytes]) -> RunData:
        packed = (ENTRY.pack(due, route << ROUTE_SHIFT, len(fields)) + fields for due, route, fields in answers)
        return load_run(write_run(tmp_path / "run", Case(duration_s=10, caches=b"".join(packed))))

    return run_of


def test_hits_and_misses_stand_in_the_second_they_were_due_in(run_of) -> None:
    drawn = {chart.key: chart for chart in charts(run_of(*ANSWERS))}
    hits, misses = drawn["cache-hits"].series
    assert hits.values.tolist() == [0, 5, 0, 0]
    assert misses.values.tolist() == [0, 0, 0, 5]
    assert "5 answers of 10 came from a cache (50.0 %), 3 s old at the median" in drawn["cache-hits"].alt
    (ages,) = drawn["cache-ages"].series
    assert ages.values[1] == pytest.approx(3)
    assert str(ages.values.tolist()[3]) == "nan"


def test_each_route_has_its_share_and_its_ages(run_of) -> None:
    run = run_of(*ANSWERS)
    (table,) = [table for table in tables(run) if table.key == "caching"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["GET /items/:id", "8", "5", "62.5 %", "3 s", "5 s", "5 s", "5 s"],
        ["GET /search", "2", "0", "0 %", "–", "–", "–", "–"],
    ]
    assert run.record.caching is not None
    assert run.record.caching.hit_share == 0.5


def test_how_many_came_from_a_cache_is_said(run_of) -> None:
    (finding,) = [each for each in seen(run_of(*ANSWERS)) if each.chart == "cache-hits"]
    assert finding.text == ("50.0 % of 10 answers that told came from a cache: 3 s old at the median, 5 s at most.")
    (finding,) = [each for each in seen(run_of(*ANSWERS[5:])) if each.chart == "cache-hits"]
    assert finding.text == "None of 5 answers that told came from a cache."


def test_a_run_whose_answers_tell_of_no_cache_says_nothing_of_it(run_of) -> None:
    run = run_of()
    assert (run.record.caching, run.caching) == (None, None)
    assert not any(chart.section == "caching" for chart in charts(run))
    assert not any(table.key == "caching" for table in tables(run))
