"""The pacer and its timers in gevent's own hub, which patches nothing: arrivals, idle users, sleepers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from time import perf_counter
from typing import Any

import gevent
import pytest
from gevent import get_hub
from greenlet import getcurrent

from loadsim.engine.pacer import Arrival, Pacer
from loadsim.engine.timer import KernelTimer, LoopTimer, Timer

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
EARLY_S = 1e-4
"""The loop's own timers count from the loop's cached time, and so may come a little early."""


class User:
    """Waits in a pacer as real users do: a greenlet in the hub, woken with an arrival."""

    def __init__(self, pacer: Pacer, name: str = "", *, busy_s: float = 0.0) -> None:
        self.name, self._pacer, self._busy_s = name, pacer, busy_s
        self._state: str | None = "waiting"
        self.served: list[tuple[float, Arrival]] = []
        self.greenlet = gevent.spawn(self._live)
        gevent.sleep(0)

    def _live(self) -> None:
        self.wake = getcurrent().switch
        while True:
            self._pacer.idle.append(self)
            arrival = get_hub().switch()
            self.served.append((perf_counter(), arrival))
            gevent.sleep(self._busy_s)
            self._state = "waiting"


@pytest.fixture
def pacer() -> Iterator[Pacer]:
    with closing(Pacer(get_hub(), "running")) as pacer:
        yield pacer


def arrivals(*due_s: float, origin: float) -> Iterator[Arrival]:
    return iter([(origin + due, number, 0, 0) for number, due in enumerate(due_s)])


def wait_until_finished(pacer: Pacer) -> None:
    with gevent.Timeout(10):
        while not pacer.finished:
            gevent.sleep(0.005)
        gevent.sleep(0.01)


def test_arrivals_wake_the_user_that_became_idle_last_and_never_early(pacer: Pacer) -> None:
    users = [User(pacer, "long idle"), User(pacer, "just idle")]
    origin = perf_counter()
    pacer.begin(arrivals(0.01, 0.03, 0.05, origin=origin), origin)
    wait_until_finished(pacer)
    assert [len(user.served) for user in users] == [0, 3]
    assert [arrival[1] for _, arrival in users[1].served] == [0, 1, 2]
    assert all(started >= arrival[0] for started, arrival in users[1].served)
    assert (pacer.scheduled, pacer.max_backlog, pacer.least_idle) == (3, 0, 1)


def test_arrivals_without_an_idle_user_wait_in_order(pacer: Pacer) -> None:
    user = User(pacer, busy_s=0.2)
    origin = perf_counter()
    pacer.begin(arrivals(0.0, 0.001, 0.002, 0.003, origin=origin), origin)
    wait_until_finished(pacer)
    assert [arrival[1] for _, arrival in user.served] == [0]
    assert [arrival[1] for arrival in pacer.backlog] == [1, 2, 3]
    assert (pacer.scheduled, pacer.max_backlog, pacer.least_idle) == (4, 3, 0)


def test_arrivals_of_the_warm_up_are_released_and_not_counted(pacer: Pacer) -> None:
    user = User(pacer)
    origin = perf_counter() + 0.02
    pacer.begin(arrivals(-0.02, -0.01, 0.0, 0.01, origin=origin), origin)
    wait_until_finished(pacer)
    assert len(user.served) == 4
    assert pacer.scheduled == 2


def test_nothing_is_released_after_the_end(pacer: Pacer) -> None:
    user = User(pacer)
    origin = perf_counter()
    pacer.begin(arrivals(0.0, 0.03, origin=origin), origin)
    gevent.sleep(0.01)
    pacer.end()
    gevent.sleep(0.05)
    assert (len(user.served), pacer.scheduled, pacer.finished) == (1, 1, True)


def test_a_user_may_end_the_run_while_arrivals_are_being_released(pacer: Pacer) -> None:
    class Ender(User):
        def _live(self) -> None:
            self.wake = getcurrent().switch
            self._pacer.idle.append(self)
            get_hub().switch()
            self._pacer.end()

    Ender(pacer)
    origin = perf_counter() - 1.0
    pacer.begin(arrivals(0.0, 0.1, 0.2, origin=origin), origin)
    gevent.sleep(0.05)
    assert (pacer.scheduled, len(pacer.backlog), pacer.finished) == (1, 0, True)


def test_a_schedule_without_arrivals_is_finished_at_once(pacer: Pacer) -> None:
    pacer.begin(iter(()), perf_counter())
    assert pacer.finished


def test_sleepers_wake_in_order_of_their_time_and_never_early(pacer: Pacer) -> None:
    woken: list[tuple[str, float]] = []
    base = perf_counter()

    def sleep(name: str, due: float) -> None:
        pacer.sleep_until(due)
        woken.append((name, perf_counter() - due))

    for name, wait_s in (("third", 0.05), ("first", 0.01), ("second", 0.03), ("past", -1.0), ("same", 0.03)):
        gevent.spawn(sleep, name, base + wait_s)
    with gevent.Timeout(10):
        while len(woken) < 5:
            gevent.sleep(0.005)
    assert [name for name, _ in woken] == ["past", "first", "second", "same", "third"]
    assert all(late >= 0 for _, late in woken)


def test_a_sleeper_that_is_killed_is_forgotten(pacer: Pacer) -> None:
    killed = gevent.spawn(pacer.sleep_until, perf_counter() + 0.02)
    other = gevent.spawn(pacer.sleep_until, perf_counter() + 0.03)
    gevent.sleep(0)
    killed.kill()
    other.join(timeout=10)
    assert other.successful()
    assert pacer._sleepers == []


def test_users_and_sleepers_share_one_timer(pacer: Pacer) -> None:
    user = User(pacer)
    origin = perf_counter()
    pacer.begin(arrivals(0.02, 0.06, origin=origin), origin)
    sleeper = gevent.spawn(pacer.sleep_until, origin + 0.04)
    wait_until_finished(pacer)
    assert sleeper.successful()
    assert len(user.served) == 2


def timers() -> list[Any]:
    return [pytest.param(KernelTimer, marks=linux_only), LoopTimer]


@pytest.mark.parametrize("kind", timers())
@pytest.mark.parametrize("wait_s", [0.03, 0.0, -2.5, 1e-9])
def test_a_timer_calls_back_after_its_time(kind: Any, wait_s: float) -> None:
    calls: list[float] = []
    timer: Timer

    def call() -> None:
        calls.append(perf_counter())
        timer.disarm()

    timer = kind(get_hub().loop, call)
    with closing(timer):
        began = perf_counter()
        timer.arm(wait_s)
        with gevent.Timeout(10):
            while not calls:
                gevent.sleep(0.002)
        gevent.sleep(0.02)
    assert len(calls) == 1
    assert calls[0] - began >= wait_s - EARLY_S


@pytest.mark.parametrize("kind", timers())
def test_a_timer_armed_anew_forgets_what_was_said_before(kind: Any) -> None:
    calls: list[float] = []
    timer: Timer = kind(get_hub().loop, lambda: (calls.append(perf_counter()), timer.disarm()))
    with closing(timer):
        began = perf_counter()
        timer.arm(0.01)
        timer.arm(0.06)
        gevent.sleep(0.03)
        assert calls == []
        with gevent.Timeout(10):
            while not calls:
                gevent.sleep(0.002)
        assert calls[0] - began >= 0.06 - EARLY_S
        timer.arm(0.01)
        timer.disarm()
        gevent.sleep(0.03)
        assert len(calls) == 1
