"""Constant, ramp, steps and spike against arithmetic done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from loadsim.profiles import Constant, Phase, Ramp, Spike, Steps, parse_profile, profile_shapes
from loadsim.profiles.parameters import ParameterError


def test_a_constant_is_endless_and_counts_rate_times_time() -> None:
    profile = Constant(200.0)
    assert profile.duration_s is None
    assert profile.expected(1e6) == 2e8
    assert profile.inverse(np.array([0.5, 2e8])).tolist() == [0.0025, 1e6]


def test_a_constant_of_zero_never_reaches_any_count() -> None:
    assert Constant(0.0).inverse(np.array([0.0, 1e-9, 1.0])).tolist() == [0.0, math.inf, math.inf]


def test_a_ramp_counts_exactly_its_integral() -> None:
    ramp = Ramp(10.0, 500.0, 60.0)
    assert ramp.expected(60.0) == pytest.approx((10 + 500) / 2 * 60, rel=1e-15)
    assert ramp.expected(30.0) == pytest.approx(10 * 30 + 490 / 60 * 30**2 / 2, rel=1e-15)
    assert ramp.rate(30.0) == pytest.approx(255, rel=1e-15)
    assert ramp.rate(60.0) == 0.0


def test_a_ramp_from_zero_and_one_to_zero_are_mirror_images() -> None:
    up, down = Ramp(0.0, 100.0, 10.0), Ramp(100.0, 0.0, 10.0)
    counts = np.array([1e-12, 1e-3, 0.5, 250.0, 499.5])
    assert up.inverse(counts) == pytest.approx(np.sqrt(2 * counts / 10), rel=1e-14)
    assert down.inverse(500 - counts) == pytest.approx(10 - up.inverse(counts), abs=1e-6)


def test_steps_count_level_times_length_and_rest_where_a_level_is_zero() -> None:
    steps = Steps(((50.0, 10.0), (0.0, 5.0), (200.0, 10.0)))
    assert steps.duration_s == 25.0
    assert steps.expected(np.array([10.0, 12.0, 15.0, 25.0, 99.0])).tolist() == [500, 500, 500, 2500, 2500]
    assert steps.inverse(500.0) == 10.0, "the smallest time, not the end of the rest"
    assert steps.inverse(500.1) == pytest.approx(15.0005)
    assert steps.rate(np.array([9.999, 10.0, 14.999, 15.0])).tolist() == [50, 0, 0, 200]


def test_steps_are_phases_named_by_their_rates() -> None:
    phases = Steps(((50.0, 10.0), (1250.5, 10.0))).phases(30.0)
    assert phases == (
        Phase("step 1: 50/s", 0.0, 10.0),
        Phase("step 2: 1250.5/s", 10.0, 20.0),
        Phase("after the end", 20.0, 30.0),
    )
    assert Steps(((50.0, 10.0), (20.0, 10.0))).scaled(3.0).phases(15.0)[1] == Phase("step 2: 60/s", 10.0, 15.0)


def test_a_spike_jumps_up_and_back_and_has_three_phases() -> None:
    spike = parse_profile("spike(base=50/s,peak=500/s,at=20s,width=5s)")
    assert spike.rate(np.array([0, 19.999, 20, 24.999, 25, 1e6])).tolist() == [50, 50, 500, 500, 50, 50]
    assert spike.expected(60.0) == 50 * 55 + 500 * 5
    assert spike.phases(60.0) == (Phase("base", 0, 20), Phase("spike", 20, 25), Phase("recovery", 25, 60))
    assert spike.phases(22.0) == (Phase("base", 0, 20), Phase("spike", 20, 22))
    assert spike.peak(60.0) == 500
    assert spike.peak(20.0) == 50, "the jump at 20 s is not on [0, 20)"


def test_a_spike_may_rise_and_fall_by_degrees() -> None:
    spike = Spike(50.0, 500.0, 20.0, 5.0, rise_s=2.0, fall_s=10.0)
    assert spike.rate(np.array([21.0, 22.0, 24.9, 30.0, 35.0])).tolist() == [275, 500, 500, 275, 50]
    assert spike.expected(40.0) == 50 * 40 + 450 * (2 / 2 + 3 + 10 / 2)
    assert spike.phases(40.0)[2] == Phase("recovery", 25, 40)


def test_a_spike_at_once_has_no_base_phase() -> None:
    assert [phase.name for phase in Spike(1.0, 9.0, 0.0, 5.0).phases(20.0)] == ["spike", "recovery"]


def test_a_rise_longer_than_the_spike_is_refused() -> None:
    with pytest.raises(ParameterError, match="longer than the width") as caught:
        Spike(1.0, 9.0, 0.0, 5.0, rise_s=6.0)
    assert caught.value.parameter == "rise"


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf, 1e10])
def test_rates_out_of_range_are_refused(bad: float) -> None:
    for make in (lambda: Constant(bad), lambda: Ramp(1.0, bad, 9.0), lambda: Steps(((bad, 1.0),))):
        with pytest.raises(ParameterError, match="out of range"):
            make()


@pytest.mark.parametrize("bad", [-1.0, 0.0, math.nan, math.inf, 1e-9, 1e10])
def test_lengths_out_of_range_are_refused(bad: float) -> None:
    for make in (lambda: Constant(1.0, bad), lambda: Ramp(1.0, 2.0, bad), lambda: Steps(((1.0, bad),))):
        with pytest.raises(ParameterError, match="out of range"):
            make()


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_a_factor_that_is_no_factor_is_refused(factor: float) -> None:
    with pytest.raises(ParameterError, match="cannot be scaled"):
        Constant(1.0).scaled(factor)


def test_the_precision_holds_after_a_thousand_million_arrivals() -> None:
    # 1e9 arrivals at the end of a ramp of 10^5 s: a microsecond is 1/50 of an arrival there.
    ramp = Ramp(0.0, 20_000.0, 100_000.0)
    times = np.linspace(99_999.0, 99_999.9, 1001)
    assert np.abs(ramp.inverse(ramp.expected(times)) - times).max() < 1e-9


def test_every_listed_example_is_a_profile() -> None:
    for name, example, explanation in profile_shapes():
        assert explanation
        assert name in example
        if "trace" not in example:
            assert parse_profile(example).expected(60.0) > 0
