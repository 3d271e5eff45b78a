"""The part of a report that is about stale reads: chart, sentence, and the line of the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.measure.consistency import ENTRY, Seen
from loadsim.report.charts import charts
from loadsim.report.rundata import RunData, load_run
from loadsim.report.seen import seen
from loadsim.report.terminal.figures import figure_lines

from .runs import Case, write_run


@pytest.fixture
def run_of(tmp_path: Path):
    def run_of(*events: tuple[Seen, float, float]) -> RunData:
        versions = b"".join(ENTRY.pack(*event) for event in events)
        return load_run(write_run(tmp_path / "run", Case(duration_s=10, versions=versions)))

    return run_of


LATE = (
    *((Seen.STALE, 2.0 + number / 100, 0.1 * number) for number in range(1, 6)),
    *((Seen.FRESH, 4.5, 0.6),) * 15,
    (Seen.VISIBLE, 2.0, 0.55),
    (Seen.NEVER, 3.0, 0.0),
)


def test_stale_reads_stand_in_the_second_they_began_in(run_of) -> None:
    chart = {chart.key: chart for chart in charts(run_of(*LATE))}["stale-reads"]
    stale, fresh = chart.series
    assert stale.values.tolist() == [0, 0, 5, 0, 0]
    assert fresh.values.tolist() == [0, 0, 0, 0, 15]
    assert "5 reads of 20 were stale (25.0 %)" in chart.alt


def test_how_stale_and_how_late_is_said(run_of) -> None:
    (finding,) = [each for each in seen(run_of(*LATE)) if each.chart == "stale-reads"]
    assert finding.text.startswith("25.0 % of 20 reads after a write were stale")
    assert "300 ms at the median and 500 ms at most" in finding.text
    assert finding.text.endswith("Never seen: 1 of 2 versions.")


def test_that_nothing_was_stale_is_said_too(run_of) -> None:
    (finding,) = [each for each in seen(run_of((Seen.FRESH, 1.0, 0.1))) if each.chart == "stale-reads"]
    assert finding.text == "None of 1 reads after a write was stale."


def test_the_terminal_has_a_line_for_it(run_of) -> None:
    lines = [line.plain for line in figure_lines(run_of(*LATE).record, 100)]
    assert any("reads" in line and "stale 25.00 %" in line and "never 1" in line for line in lines)


def test_a_run_that_read_nothing_back_says_nothing_of_it(run_of) -> None:
    run = run_of()
    assert run.consistency is None
    assert run.record.consistency is None
    assert not any(chart.key == "stale-reads" for chart in charts(run))
    assert not any(each.chart == "stale-reads" for each in seen(run))
