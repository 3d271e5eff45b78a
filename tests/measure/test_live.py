from __future__ import annotations

import pytest

from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import Outcome

from .frames import ORIGIN, PHASES, dropped, iteration, request


def running() -> Recorder:
    made = Recorder(origin=ORIGIN, duration_s=30, phases=PHASES, classes=["light"], pools={"web": ["web-1", "web-2"]})
    made.names(["GET /a"], ["web-1"])
    return made


def test_nothing_is_known_before_the_first_second_is_over() -> None:
    live = running().live(-2.0)
    assert (live.offered_rate, live.achieved_rate, live.failed_rate, live.in_flight, live.generator_cpu) == (None,) * 5
    assert (live.now.p50, live.so_far.p99, live.offered_recent) == (None, None, ())
    assert live.backends == {"web-1": 0, "web-2": 0}


def test_rates_are_those_of_the_last_full_second() -> None:
    made = running()
    made.add(b"".join([iteration(1.1, 1.1, 1.2), iteration(1.3, 1.3, 1.4, outcome=Outcome.CHECK_FAILED)]))
    made.add(b"".join([iteration(1.9, 1.9, 2.5), iteration(2.1, 2.1, 2.2), dropped(0.5)]))
    live = made.live(2.9)
    assert (live.offered_rate, live.achieved_rate, live.failed_rate) == (3, 2, 1)
    assert live.offered_recent == (1, 3)
    assert live.achieved_recent == (0, 2)
    assert (live.scheduled, live.completed, live.failed, live.dropped, live.aborted) == (5, 3, 1, 1, 0)


def test_what_is_offered_shows_while_the_target_answers_nothing() -> None:
    made = running()
    for quarter in range(9):
        time_s = quarter / 4
        made.gauge(time_s=time_s, in_flight=quarter, backlog=0, engine_cpu_s=time_s / 2, scheduled=int(time_s * 100))
    live = made.live(2.0)
    assert live.offered_rate == pytest.approx(100)
    assert live.achieved_rate == 0
    assert live.generator_cpu == pytest.approx(0.5)
    assert (live.in_flight, live.backlog) == (8, 0)


def test_percentiles_of_now_are_of_the_last_five_seconds() -> None:
    made = running()
    made.add(b"".join(request(t, t, t + 1.0) for t in range(10)))
    made.add(b"".join(request(t, t, t + 0.1) for t in range(10, 20)))
    live = made.live(19.5)
    assert live.now.p99 == pytest.approx(0.1, rel=1e-3)
    assert live.so_far.p99 == pytest.approx(1.0, rel=1e-3)


def test_looking_changes_nothing() -> None:
    made = running()
    made.add(request(1, 1, 2) + iteration(1, 1, 2))
    assert made.live(3.0) == made.live(3.0)


def test_in_the_closed_model_percentiles_are_of_service_time() -> None:
    made = Recorder(origin=ORIGIN, duration_s=30, phases=PHASES, classes=["light"], model="closed")
    made.add(request(1, 1, 1.5))
    assert made.live(2.0).now.p50 == pytest.approx(0.5, rel=1e-3)
