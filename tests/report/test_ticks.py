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


@pytest.mark.parametrize(("samples", "last"), [(50, "90 %"), (1000, "99.9 %"), (10**6, "99.99 %")])
def test_the_percentile_axis_ends_where_the_samples_do(samples, last):
    expected = "99 %" if samples == 50 else last
    assert ticks.percentile("x", samples).ticks[-1][1] == expected


def test_ticks_of_one_axis_share_a_unit():
    axis = ticks.linear("x", "seconds", np.array([0.9]))
    assert {text.split()[-1] for _, text in axis.ticks} == {"0", "ms"}
