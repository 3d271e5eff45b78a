"""When response time was back where it had been before an event."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadsim.measure.histogram import FloatArray
from loadsim.measure.recovery import Event, recovery_s, spikes
from loadsim.profiles import Phase

SPIKE = Event("spike", 15.0, 25.0)
QUIET = 0.1


def p99(**changed: float) -> FloatArray:
    """45 quiet seconds, but for ``from_to=value``, as in ``_15_28=0.5``."""
    seconds = np.full(45, QUIET)
    for span, value in changed.items():
        start, end = (int(part) for part in span.strip("_").split("_"))
        seconds[start:end] = value
    return seconds


def test_recovery_counts_from_the_events_start_to_the_first_of_five_quiet_seconds() -> None:
    assert recovery_s(SPIKE, p99(_16_28=0.5)) == 13.0


def test_a_relapse_within_five_seconds_begins_the_search_again() -> None:
    assert recovery_s(SPIKE, p99(_15_20=0.5, _24_26=0.5)) == 11.0


def test_what_comes_more_than_five_seconds_after_the_end_is_not_the_events() -> None:
    assert recovery_s(SPIKE, p99(_31_33=0.5)) == 0.0


def test_harm_that_begins_just_after_the_end_is_the_events() -> None:
    assert recovery_s(SPIKE, p99(_29_32=0.5)) == 17.0


def test_up_to_a_quarter_more_is_no_harm() -> None:
    assert recovery_s(SPIKE, p99(_15_45=QUIET * 1.25)) == 0.0
    assert recovery_s(SPIKE, p99(_15_45=QUIET * 1.26)) is None


def test_as_high_as_the_highest_second_before_is_no_harm() -> None:
    assert recovery_s(SPIKE, p99(_9_10=0.5, _15_20=0.5)) == 0.0


def test_seconds_before_the_last_ten_do_not_count() -> None:
    assert recovery_s(SPIKE, p99(_0_5=0.5, _15_20=0.5)) == 5.0


def test_work_without_an_answer_is_harm() -> None:
    assert recovery_s(SPIKE, p99(_15_18=math.inf)) == 3.0


def test_a_second_without_requests_proves_nothing() -> None:
    assert recovery_s(SPIKE, p99(_15_20=0.5, _20_23=math.nan)) == 8.0


@pytest.mark.parametrize("before", [math.nan, math.inf])
def test_without_a_value_before_nothing_can_be_said(before: float) -> None:
    assert recovery_s(SPIKE, p99(_0_15=before, _15_20=0.5)) is None


def test_an_event_that_lasts_is_recovered_from_while_it_lasts() -> None:
    assert recovery_s(Event("slow", 10.5), p99(_11_20=0.5)) == 9.5


def test_the_second_an_event_falls_into_shows_harm_but_not_recovery() -> None:
    assert recovery_s(Event("slow", 10.5), p99(_10_11=0.5)) == 0.5


def test_spikes_are_the_phases_of_that_name() -> None:
    phases = (Phase("base", 0, 15), Phase("spike", 15, 25), Phase("recovery", 25, 45))
    assert spikes(phases) == [SPIKE]


@pytest.mark.parametrize(("effect", "least"), [(1.0, 0.9), (3.0, 0.95)])
def test_few_requests_a_second_are_not_taken_for_harm_and_real_harm_is_found(effect: float, least: float) -> None:
    """15/s and a tenfold spike; one request in forty takes 0.4 s, so that most seconds' p99 is one or the other."""
    rng = np.random.default_rng(20_26)

    def second(at: int) -> float:
        spike = 15 <= at < 25
        count = max(1, rng.poisson(150 if spike else 15))
        times = np.where(rng.random(count) < 0.025, 0.4, 0.01) * np.exp(rng.normal(0, 0.05, count))
        return float(np.quantile(times * (effect if spike else 1.0), 0.99, method="inverted_cdf"))

    found = [recovery_s(SPIKE, np.array([second(at) for at in range(45)])) for _ in range(100)]
    right = [time == 0.0 if effect == 1.0 else time is not None and time >= 8.0 for time in found]
    assert np.mean(right) >= least
