"""What is said of the bus, and the table that says who counted what."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from loadsim.bus_summary import summarise_bus
from loadsim.report.rundata import RunData
from loadsim.report.seen import seen
from loadsim.report.tables import tables


@pytest.fixture
def run(loaded) -> RunData:
    return loaded("spiky")


def on_bus(run: RunData, waiting_jobs: int = 0, done_after_s: tuple[float, ...] = (), **counts: int) -> RunData:
    bus = summarise_bus(counts, 0, waiting_jobs, done_after_s)
    return replace(run, record=msgspec.structs.replace(run.record, bus=bus))


def said(run: RunData) -> list[str]:
    return [finding.text for finding in seen(run) if "bus" in finding.text]


def test_calls_without_a_reply_are_said_with_what_either_end_knows_of_them(run: RunData) -> None:
    (text,) = said(on_bus(run, calls=200, answered=190, missing=10, taken=197, served=191, expired=4, too_late=1))
    assert text == (
        "10 of 200 calls over the bus (5.00 %) got no reply by their deadline: 4 dropped when a server came to them, "
        "1 answered after it and 5 vanished, and neither end knows why."
    )


def test_what_had_no_room_is_said(run: RunData) -> None:
    (text,) = said(on_bus(run, calls=50, answered=47, full=3, jobs=9, jobs_refused=9))
    assert text == "The bus refused 3 of 50 calls and 9 of 9 jobs: a queue had no room left."


def test_how_much_later_jobs_were_done_is_said_and_which_were_not(run: RunData) -> None:
    changed = on_bus(run, waiting_jobs=1, done_after_s=(0.5, 0.5, 2.0), jobs=6, jobs_taken=4, jobs_done=3)
    (text,) = said(changed)
    assert text.startswith("What was left to the bus was done 500 ms after its cause at the median and 2.00 s at most")
    assert text.endswith("(3 jobs); 1 waited in the queue at the end and 2 vanished.")


def test_of_a_bus_on_which_all_went_well_nothing_is_said_and_the_table_tells_both_ends(run: RunData) -> None:
    changed = on_bus(run, calls=20, answered=20, taken=20, served=20)
    assert said(changed) == []
    (table,) = (table for table in tables(changed) if table.key == "bus")
    assert [cell.text for cell in table.rows[0]] == ["Calls", "who asked", "20"]
    assert {row[1].text for row in table.rows} == {"who asked", "who was asked", "the queue", "nobody"}


def test_without_a_bus_there_is_no_table(run: RunData) -> None:
    assert not [table for table in tables(run) if table.key == "bus"]
