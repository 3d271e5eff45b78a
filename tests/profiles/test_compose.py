"""Sums and sequences."""

from __future__ import annotations

import numpy as np
import pytest

from loadsim.errors import UsageError
from loadsim.profiles import Constant, Ramp, Sequence, Sum, parse_profile


def names(spec: str, duration_s: float) -> list[tuple[str, float, float]]:
    return [(phase.name, phase.start_s, phase.end_s) for phase in parse_profile(spec).phases(duration_s)]


def test_a_sum_adds_rates_and_counts_and_lasts_as_long_as_its_longest_part() -> None:
    both = parse_profile("steps(50/s:10s) + ramp(0/s,100/s,20s)")
    assert both.duration_s == 20.0
    assert both.rate(np.array([5.0, 15.0, 25.0])).tolist() == [75, 75, 0]
    assert both.expected(30.0) == 500 + 1000
    assert both.inverse(1500.0) == pytest.approx(20.0, abs=1e-6)
    assert parse_profile("ramp(0/s,100/s,20s) + constant(1/s)").duration_s is None


def test_a_sequence_runs_each_part_from_its_own_time_zero() -> None:
    course = parse_profile("ramp(0/s,200/s,30s) then constant(200/s, duration=60s) then ramp(200/s,0/s,10s)")
    assert course.duration_s == 100.0
    assert course.rate(np.array([15.0, 30.0, 89.9, 95.0, 100.0])) == pytest.approx([100, 200, 200, 100, 0])
    assert course.expected(np.array([30.0, 90.0, 100.0])) == pytest.approx([3000, 15000, 16000])
    assert course.inverse(np.array([3000.0, 15000.0])) == pytest.approx([30.0, 90.0])


def test_a_sequence_may_end_in_an_endless_part_but_not_begin_with_one() -> None:
    assert Sequence((Ramp(0.0, 1.0, 5.0), Constant(1.0))).duration_s is None
    with pytest.raises(UsageError, match=r"constant\(1/s\) never ends.*\n.*duration=30s"):
        Sequence((Constant(1.0), Ramp(0.0, 1.0, 5.0)))


def test_a_profile_of_one_part_is_no_sum_and_no_sequence() -> None:
    for kind in (Sum, Sequence):
        with pytest.raises(UsageError, match="at least two"):
            kind((Constant(1.0),))


def test_the_peak_of_a_sum_is_found_between_the_knots() -> None:
    both = parse_profile("sine(mean=100/s,amplitude=50/s,period=60s) + ramp(0/s,60/s,60s)")
    times = np.linspace(0, 60, 600_001)
    assert both.peak(60.0) == pytest.approx(both.rate(times).max(), rel=1e-9)


def test_a_sequence_names_its_phases_by_part_and_shape() -> None:
    assert names("ramp(0/s,200/s,30s) then spike(base=5/s,peak=50/s,at=10s,width=5s)", 60.0) == [
        ("part 1: ramp", 0, 30),
        ("part 2: base", 30, 40),
        ("part 2: spike", 40, 45),
        ("part 2: recovery", 45, 60),
    ]


def test_a_sum_has_the_phases_of_what_has_phases_in_it() -> None:
    spike = "spike(base=5/s,peak=50/s,at=20s,width=5s)"
    assert [name for name, _, _ in names(f"constant(50/s) + {spike}", 60.0)] == ["base", "spike", "recovery"]
    assert names("constant(50/s) + sine(mean=1/s,amplitude=1/s,period=9s)", 60.0) == [("all", 0, 60)]
    assert names(f"ramp(1/s,2/s,22s) + {spike}", 30.0) == [
        ("ramp + base", 0, 20),
        ("ramp + spike", 20, 22),
        ("after the ramp + spike", 22, 25),
        ("after the ramp + recovery", 25, 30),
    ]
