from __future__ import annotations

from dataclasses import replace

import msgspec

from loadsim.measure.updates import Counter
from loadsim.update_summary import MOST_COUNTERS, summarise_updates

SOUND = Counter("GET /1", before=10, after=4, adds=-1, sent=8, acknowledged=6, refused=1)
SOLD_TWICE = Counter("GET /2", before=2, after=0, adds=-1, sent=5, acknowledged=5, refused=0)


def test_updates_add_up_over_the_numbers_and_the_worst_comes_first() -> None:
    told = summarise_updates([SOUND, SOLD_TWICE])
    counters = told.pop("counters")
    assert told == {
        "updates": 11,
        "uncertain_updates": 1,
        "lost_updates": 3,
        "lost_update_share": 3 / 11,
        "stock": 12,
        "sold": 11.0,
        "oversold": 3.0,
        "oversold_share": 3 / 11,
    }
    assert [counter.name for counter in counters] == ["GET /2", "GET /1"]
    assert msgspec.to_builtins(counters[0]) == {
        "name": "GET /2", "before": 2, "after": 0, "adds": -1,
        "acknowledged": 5, "refused": 0, "uncertain": 0, "lost": 3, "oversold": 3,
    }  # fmt: skip


def test_a_number_that_was_not_read_leaves_the_sums_unknown() -> None:
    told = summarise_updates([SOUND, replace(SOLD_TWICE, after=None)])
    assert (told["lost_updates"], told["lost_update_share"], told["oversold"]) == (None, None, 3.0)


def test_what_grows_is_not_sold_and_without_updates_there_is_no_share() -> None:
    told = summarise_updates([Counter("GET /1", before=1, after=1, adds=1, sent=0, acknowledged=0, refused=0)])
    assert (told["sold"], told["oversold"], told["stock"], told["lost_update_share"]) == (None, None, None, None)
    assert told["lost_updates"] == 0


def test_no_more_numbers_than_can_be_read_are_listed_and_none_is_no_part() -> None:
    assert len(summarise_updates([SOUND] * 150)["counters"]) == MOST_COUNTERS
    assert summarise_updates([]) == {}
