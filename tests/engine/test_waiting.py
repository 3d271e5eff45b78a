"""A greenlet that waits for a time or for word."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter as now

import gevent
import pytest
from gevent import get_hub

from loadsim.engine import waiting
from loadsim.engine.pacer import Pacer
from loadsim.engine.waiting import Waiting

SOON_S = 0.05
LONG_S = 30.0


@pytest.fixture
def pacer() -> Iterator[Pacer]:
    made = Pacer(get_hub(), "running")
    yield made
    made.close()


def waited(until_s: float, one: Waiting) -> float:
    began = now()
    one.until(began + until_s)
    return now() - began


def test_a_wait_ends_when_its_time_has_come(pacer: Pacer) -> None:
    job = gevent.spawn(waited, SOON_S, Waiting(pacer))
    assert SOON_S <= job.get(timeout=10) < LONG_S


def test_a_time_that_is_past_is_not_waited_for(pacer: Pacer) -> None:
    assert gevent.spawn(waited, -1.0, Waiting(pacer)).get(timeout=10) < LONG_S


def test_a_word_ends_a_wait_early_from_any_greenlet(pacer: Pacer) -> None:
    one = Waiting(pacer)
    job = gevent.spawn(waited, float("inf"), one)
    gevent.sleep(SOON_S)
    one.wake()  # not in the hub: it comes as soon as that has its turn
    assert job.get(timeout=10) < LONG_S
    job = gevent.spawn(waited, float("inf"), one)
    gevent.sleep(SOON_S)
    get_hub().loop.run_callback(one.wake)
    assert job.get(timeout=10) < LONG_S


def test_a_word_to_one_who_does_not_wait_is_no_word_to_the_next_wait(pacer: Pacer) -> None:
    one = Waiting(pacer)
    one.wake()
    assert gevent.spawn(waited, SOON_S, one).get(timeout=10) >= SOON_S


def test_the_time_of_a_wait_that_was_cut_short_does_not_end_the_next_one(pacer: Pacer) -> None:
    one = Waiting(pacer)

    def twice() -> float:
        waited(2 * SOON_S, one)
        return waited(4 * SOON_S, one)

    job = gevent.spawn(twice)
    gevent.sleep(SOON_S)
    one.wake()
    assert job.get(timeout=10) >= 4 * SOON_S


def test_a_long_wait_is_cut_into_pieces_that_nobody_notices(pacer: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_S", 0.02)
    assert gevent.spawn(waited, 5 * SOON_S, Waiting(pacer)).get(timeout=10) >= 5 * SOON_S


def test_many_wait_for_times_of_their_own(pacer: Pacer) -> None:
    lengths = [0.01 * number for number in range(1, 30)]
    jobs = [gevent.spawn(waited, length, Waiting(pacer)) for length in reversed(lengths)]
    gevent.joinall(jobs, timeout=20)
    assert all(job.value >= length for job, length in zip(jobs, reversed(lengths), strict=True))
