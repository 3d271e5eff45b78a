"""Sine and bursts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadsim.profiles import Bursts, Sine, parse_profile


def test_a_sine_starts_at_its_mean_and_counts_its_mean_over_whole_periods() -> None:
    sine = Sine(200.0, 150.0, 60.0)
    assert sine.rate(np.array([0.0, 15.0, 30.0, 45.0])) == pytest.approx([200, 350, 200, 50])
    assert sine.expected(np.array([60.0, 6000.0])) == pytest.approx([12_000, 1_200_000], rel=1e-14)
    # N(t) = m t + a P / (2 pi) (1 - cos(2 pi t / P))
    assert sine.expected(20.0) == pytest.approx(
        200 * 20 + 150 * 60 / math.tau * (1 - math.cos(math.tau / 3)), rel=1e-14
    )


def test_a_phase_moves_the_start_of_a_sine() -> None:
    day = Sine(200.0, 150.0, 60.0, phase_s=45.0)
    assert day.rate(np.array([0.0, 30.0])) == pytest.approx([50, 350])
    assert day.expected(0.0) == 0.0
    assert day.expected(30.0) == pytest.approx(6000, rel=1e-14)


def test_a_sine_that_would_go_below_zero_is_zero_there_and_its_integral_knows() -> None:
    half_wave = Sine(0.0, math.pi, 2.0)
    assert half_wave.rate(np.array([0.5, 1.0, 1.5, 1.999])) == pytest.approx([math.pi, 0, 0, 0], abs=1e-12)
    assert half_wave.expected(np.array([1.0, 1.5, 2.0, 3.0])) == pytest.approx([2, 2, 2, 4], rel=1e-14)
    assert half_wave.inverse(2.0) == pytest.approx(1.0, abs=1e-6), "before the rest, not after it"
    assert half_wave.inverse(2.0001) > 2.0


def test_the_peak_of_a_sine_is_its_crest_once_that_is_reached() -> None:
    sine = Sine(200.0, 150.0, 60.0)
    assert sine.peak(60.0) == pytest.approx(350, rel=1e-15)
    assert sine.peak(5.0) == pytest.approx(200 + 150 * math.sin(math.tau / 12), rel=1e-9)


def test_a_sine_without_any_rate_never_reaches_a_count() -> None:
    assert Sine(0.0, 0.0, 60.0).inverse(np.array([0.0, 1.0])).tolist() == [0.0, math.inf]


def test_bursts_hold_two_rates_for_times_of_the_given_means() -> None:
    bursts = Bursts(50.0, 400.0, 10.0, 2.0, seed=7)
    times = np.linspace(0, 40_000, 400_001)
    rates = bursts.rate(times)
    assert set(rates.tolist()) == {50.0, 400.0}
    assert rates[0] == 50.0
    # 40,000 s hold 3,333 cycles; a share of time has a standard deviation near 0.0033 there.
    assert (rates == 400.0).mean() == pytest.approx(2 / 12, abs=4 * 0.0033)
    assert np.count_nonzero(np.diff(rates)) == pytest.approx(2 * 40_000 / 12, rel=0.06)


def test_bursts_of_one_seed_are_the_same_and_of_another_are_not() -> None:
    make = "bursts(low=1/s, high=9/s, mean_low=3s, mean_high=1s, seed={})"
    times = np.linspace(0, 300, 3001)
    one, again, other = (parse_profile(make.format(seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert (one.rate(times) == again.rate(times)).all()
    assert (one.rate(times) != other.rate(times)).any()


def test_the_knots_of_very_many_periods_are_bounded_and_the_peak_is_still_found() -> None:
    fast = Sine(5.0, 3.0, 1e-6)
    assert fast.knots(1e9).size <= 100_000
    assert fast.peak(1e9) == pytest.approx(8.0)


def test_bursts_repeat_after_their_last_cycle_without_a_break() -> None:
    bursts = Bursts(50.0, 400.0, 1.0, 1.0, seed=3)
    period_s = bursts.knots(1e9)[2 * Bursts.CYCLES]
    times = np.linspace(0.01, 100, 1000)
    assert period_s == pytest.approx(2 * Bursts.CYCLES, rel=0.1)
    assert bursts.rate(times + period_s) == pytest.approx(bursts.rate(times))
    assert bursts.expected(times + period_s) == pytest.approx(bursts.expected(times) + bursts.expected(period_s))
    assert bursts.inverse(bursts.expected(times + period_s)) == pytest.approx(times + period_s, abs=1e-6)
