"""The part of a report that is about stale reads and lost updates: chart, sentences, and lines of the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.measure.consistency import ENTRY, Seen
from loadsim.measure.updates import Counter
from loadsim.report.charts import charts
from loadsim.report.rundata import RunData, load_run
from loadsim.report.seen import seen
from loadsim.report.tables import tables
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


SOUND = Counter("/items/1/stock", before=20, after=8, adds=-1, sent=12, acknowledged=12, refused=0)
LOST = Counter("/items/2/stock", before=20, after=4, adds=-1, sent=42, acknowledged=40, refused=1)


def told(tmp_path: Path, *counters: Counter) -> tuple[str, str]:
    """Return the sentence and the line of the terminal."""
    run = load_run(write_run(tmp_path / "run", Case(duration_s=10, counters=counters)))
    (finding,) = [each.text for each in seen(run) if "update" in each.text]
    (line,) = [line.plain for line in figure_lines(run.record, 100) if line.plain.startswith(" updates")]
    return finding, line


def test_lost_updates_and_oversold_stock_are_said_with_the_number_that_lost_most(tmp_path: Path) -> None:
    finding, line = told(tmp_path, SOUND, LOST)
    assert finding.startswith(
        "24 of 52 acknowledged updates were lost (46.2 %): /items/2/stock was 20, 40 times -1 was"
    )
    assert "and it is 4. Of 40 in stock 52 were sold, 20 of them without being there." in finding
    assert finding.endswith("Of 1 update more nobody knows whether they happened.")
    assert line.split() == (
        ["updates", "acknowledged", "52", "lost", "24", "stock", "40", "sold", "52", "oversold", "20", "uncertain", "1"]
    )


def test_that_no_update_was_lost_is_said_too(tmp_path: Path) -> None:
    finding, line = told(tmp_path, SOUND)
    assert finding == "None of 12 acknowledged updates was lost. Of 20 in stock 12 were sold, none twice."
    assert "lost 0" in line


def test_what_could_not_be_read_is_not_called_sound(tmp_path: Path) -> None:
    unread = Counter("/items/1/likes", before=1, after=None, adds=1, sent=12, acknowledged=12, refused=0)
    finding, line = told(tmp_path, unread)
    assert finding == "What 12 updates came to could not be read."
    assert "lost –" in line
    assert "sold" not in line


def rows(run: RunData, key: str) -> list[list[str]]:
    return [[cell.text for cell in row] for table in tables(run) if table.key == key for row in table.rows]


def test_the_page_has_a_table_of_it(run_of) -> None:
    assert rows(run_of(*LATE), "consistency") == [
        ["Stale reads, by age", "5", "20", "25.0 %", "300 ms", "–", "–", "500 ms"],
        ["Versions seen, by how long it took", "1", "2", "50.0 %", "550 ms", "–", "–", "550 ms"],
        ["Versions never seen", "1", "2", "50.0 %", "–", "–", "–", "–"],
    ]
    assert rows(run_of(), "consistency") == []


def test_the_numbers_that_were_changed_have_a_table_and_their_sums_a_line(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path / "run", Case(duration_s=10, counters=(SOUND, LOST))))
    assert rows(run, "counters") == [
        ["/items/2/stock", "20", "-1", "4", "40", "1", "1", "24", "20"],
        ["/items/1/stock", "20", "-1", "8", "12", "0", "0", "0", "0"],
    ]
    assert [row[:4] for row in rows(run, "consistency")] == [
        ["Lost updates", "24", "52", "46.2 %"],
        ["Sold without being there", "20", "52", "38.5 %"],
    ]
