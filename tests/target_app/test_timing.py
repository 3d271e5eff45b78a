from __future__ import annotations

import pytest

from target_app.timing import Timing


def test_another_service_s_account_is_added_but_for_what_is_its_own() -> None:
    timing = Timing()
    timing.add("db", 0.001)
    told = (
        "queue;dur=5.0, inner-queue;dur=2.0, app;dur=9.0, db;dur=2.000, "
        'inventory;dur=3.000;desc="2 calls", rpc;dur=4.0;desc="6 calls"'
    )
    timing.hop("payments", 0.010, told)
    timing.hop("payments", 0.010, "")
    assert timing.durations_s.pop("inner-queue") == pytest.approx(0.007)
    assert timing.header() == ('db;dur=3.000, payments;dur=20.000;desc="2 calls", inventory;dur=3.000;desc="2 calls"')


def test_the_time_of_calls_within_calls_counts_once_and_every_call_counts() -> None:
    timing = Timing()
    with timing.calls(2), timing.calls(3):
        pass
    assert timing.counts == {"rpc": 5}
    assert timing.durations_s["rpc"] > 0
    outer = timing.durations_s["rpc"]
    with timing.calls(1):
        assert timing.durations_s["rpc"] == outer
    timing.clear()
    assert timing.header() == ""


def test_what_another_service_says_that_is_no_server_timing_is_left_out() -> None:
    timing = Timing()
    timing.hop("inventory", 0.001, "a b c, db;dur=x, ;;;, lock")
    assert timing.header() == 'inventory;dur=1.000;desc="1 calls"'
