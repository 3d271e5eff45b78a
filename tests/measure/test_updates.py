from __future__ import annotations

from dataclasses import replace

import pytest

from loadsim.measure.updates import ENTRY, Counter, Update, Updates

STOCK = Counter("GET /stock", before=20, after=5, adds=-1, sent=15, acknowledged=15, refused=0)


def test_what_happened_to_each_number_is_counted_over_all_frames() -> None:
    updates = Updates()
    updates.add(b"".join(ENTRY.pack(kind, 0) for kind in (Update.SENT, Update.SENT, Update.ACKNOWLEDGED)))
    updates.add(ENTRY.pack(Update.SENT, 7) + ENTRY.pack(Update.REFUSED, 7))
    updates.add(b"")
    assert [updates.count(0, update) for update in Update] == [2, 1, 0]
    assert [updates.count(7, update) for update in Update] == [1, 0, 1]
    assert [updates.count(number, Update.SENT) for number in (3, 8)] == [0, 0]


def test_a_number_that_shows_every_acknowledged_update_has_lost_none() -> None:
    assert (STOCK.lost, STOCK.oversold, STOCK.unexplained) == (0, 0, 0)


def test_acknowledged_updates_that_the_number_does_not_show_are_lost() -> None:
    assert replace(STOCK, after=12).lost == 7
    likes = replace(STOCK, adds=2, after=40)
    assert likes.lost == 5, "it grew by 20, which is 10 of them"
    assert replace(likes, after=41).lost == 5, "half an update is none"


def test_what_was_taken_beyond_what_there_was_is_oversold_whatever_the_number_says() -> None:
    assert replace(STOCK, before=10, after=0).oversold == 5
    assert replace(STOCK, before=10, after=None).oversold == 5
    assert replace(STOCK, adds=2).oversold is None, "what grows is not sold"


def test_an_uncertain_update_may_hide_a_lost_one_and_makes_none() -> None:
    unsure = replace(STOCK, sent=18, refused=1)
    assert unsure.uncertain == 2
    assert [replace(unsure, after=after).lost for after in (7, 5, 3)] == [2, 0, 0]
    assert [replace(unsure, after=after).unexplained for after in (4, 3, 2)] == [0, 0, 1], "somebody else was there"


@pytest.mark.parametrize("unread", [{"before": None}, {"after": None}])
def test_of_a_number_that_was_not_read_nothing_is_known(unread: dict[str, None]) -> None:
    assert replace(STOCK, **unread).lost is None
    assert replace(STOCK, **unread).unexplained == 0
