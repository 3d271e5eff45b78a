from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.report import ticks

POSITIVE = st.floats(1e-6, 1e6)


@given(st.lists(st.floats(0, 1e7), max_size=20))
def test_a_linear_axis_starts_at_zero_and_holds_every_value(values):
    axis = ticks.linear("x", "rate", np.array(values))
    assert axis.ticks[0][0] == axis.low == 0
    assert axis.high >= max(values, default=0)
    assert 3 <= len(axis.ticks) <= 8


@given(st.lists(POSITIVE, min_size=1, max_size=20))
def test_a_log_axis_holds_every_value_and_is_labelled(values):
    axis = ticks.logarithmic("x", np.array(values))
    assert axis.low <= min(values) * 1.001
    assert axis.high >= max(values) * 0.999
    assert axis.ticks


@given(st.floats(0.1, 2e6))
def test_a_clock_never_has_more_than_nine_ticks(duration_s):
    axis = ticks.clocked(duration_s)
    assert len(axis.ticks) <= 9 or duration_s > 8 * 86400
    assert axis.ticks[0] == (0.0, "0:00:00" if duration_s >= 3600 else "0:00")


def test_on_the_percentile_axis_each_nine_takes_the_same_room():
    axis = ticks.percentile("x")
    assert [text for _, text in axis.ticks] == ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]
    assert [place for place, _ in axis.ticks[2:]] == pytest.approx([1.0, 2.0, 3.0, 4.0])


@given(st.lists(POSITIVE, min_size=1, max_size=20))
def test_an_axis_like_another_has_its_scale_and_holds_other_values(values):
    for axis in (ticks.linear("x", "rate", np.ones(1)), ticks.logarithmic("x", np.ones(1))):
        made = ticks.like(axis, np.array(values), also=(3.0,))
        assert (made.title, made.unit, made.scale) == (axis.title, axis.unit, axis.scale)
        assert made.low <= max(*values, 3.0) <= made.high * 1.001


def test_ticks_of_one_axis_share_a_unit():
    axis = ticks.linear("x", "seconds", np.array([0.9]))
    assert {text.split()[-1] for _, text in axis.ticks} == {"0", "ms"}
