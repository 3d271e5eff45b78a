"""When the generator itself was the bottleneck, and what to do about it."""

from __future__ import annotations

import numpy as np
import pytest

from loadsim.measure.saturation import saturation

HALF = np.full(60, 0.5)


def test_a_generator_in_time_with_cpu_to_spare_is_sound() -> None:
    assert saturation(late_start_p99_s=0.001, response_p50_s=0.01, generator_cpu=HALF) == []
    assert saturation(late_start_p99_s=None, response_p50_s=None, generator_cpu=np.array([np.nan])) == []


@pytest.mark.parametrize(
    ("p50_s", "bound"), [(None, "1.00 ms"), (0.01, "1.00 ms"), (0.1, "5.00 ms, 5 % of the median")]
)
def test_lateness_is_held_to_a_twentieth_of_the_median_and_to_a_millisecond_at_least(
    p50_s: float | None, bound: str
) -> None:
    assert saturation(late_start_p99_s=0.001, response_p50_s=p50_s, generator_cpu=HALF) == []
    (reason,) = saturation(late_start_p99_s=0.006, response_p50_s=p50_s, generator_cpu=HALF)
    assert reason.startswith("the generator was late: 1 % of the arrivals started 6.00 ms or more too late")
    assert f"(bound: {bound}" in reason


def test_a_core_that_is_full_in_a_tenth_of_the_seconds_is_too_full() -> None:
    cpu = np.concatenate([np.full(54, 0.5), np.full(6, 0.95)])
    (reason,) = saturation(late_start_p99_s=0.0, response_p50_s=0.1, generator_cpu=cpu)
    assert reason.startswith("the generator was saturated: it used more than 90 % of its core in 10.0 % of the seconds")
    assert saturation(late_start_p99_s=0.0, response_p50_s=0.1, generator_cpu=cpu[1:-1]) == []


def test_the_advice_is_given_once_and_is_to_ask_for_less() -> None:
    reasons = saturation(late_start_p99_s=1.0, response_p50_s=0.1, generator_cpu=np.ones(60))
    assert ["Lower --rate" in reason for reason in reasons] == [False, True]


def test_a_generator_that_was_late_and_idle_was_kept_from_its_core_which_no_lower_rate_mends() -> None:
    (reason,) = saturation(late_start_p99_s=1.0, response_p50_s=0.1, generator_cpu=np.full(60, 0.02))
    assert "It used 2.00 % of its core, so something else had it" in reason
    assert "Lower --rate" not in reason
