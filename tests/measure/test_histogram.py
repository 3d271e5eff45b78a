from __future__ import annotations

import math

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from loadsim.measure import histogram
from loadsim.measure.histogram import CELLS, HIGHEST_EQUIVALENT_US, HIGHEST_US, LOWEST_US, cells
from loadsim.measure.selection import Distribution

MICROSECONDS = st.integers(0, HIGHEST_US)


def distribution(values_us: list[int], unanswered: int = 0) -> Distribution:
    where = cells(np.array(values_us, np.float64) / 1e6)
    return Distribution(np.bincount(where, minlength=CELLS).astype(np.int64), unanswered)


@given(st.lists(MICROSECONDS, min_size=1, max_size=50))
def test_a_time_falls_in_the_cell_that_hdrhistogram_counts_it_in(values: list[int]) -> None:
    theirs = HdrHistogram(1, HIGHEST_US, 3)
    assert theirs.counts_len == CELLS
    assert cells(np.array(values) / 1e6).tolist() == [theirs.get_counts_array_index(value) for value in values]


def test_every_cell_begins_where_the_one_before_it_ends() -> None:
    assert LOWEST_US[0] == 0
    assert (LOWEST_US[1:] == HIGHEST_EQUIVALENT_US[:-1] + 1).all()


def test_a_cell_is_at_most_a_thousandth_of_its_value_wide() -> None:
    width = HIGHEST_EQUIVALENT_US - LOWEST_US
    assert (width[1:] <= LOWEST_US[1:] / 1000).all()


def test_times_outside_the_range_count_at_its_ends() -> None:
    assert cells(np.array([-1.0, 7200.0, 1e30])).tolist() == [0, *cells(np.array([3600.0, 3600.0])).tolist()]


@settings(max_examples=30)  # the standard package walks all its cells for each
@given(st.lists(MICROSECONDS, min_size=1, max_size=200))
def test_mean_deviation_and_extremes_are_those_of_hdrhistogram(values: list[int]) -> None:
    ours, theirs = distribution(values), HdrHistogram(1, HIGHEST_US, 3)
    for value in values:
        theirs.record_value(value)
    assert histogram.mean(ours) == pytest.approx(theirs.get_mean_value() / 1e6)
    # Single pass against two: where all values are nearly equal, rounding is all there is.
    assert histogram.stdev(ours) == pytest.approx(theirs.get_stddev() / 1e6, rel=1e-6, abs=1e-6)
    assert histogram.maximum(ours) == theirs.get_max_value() / 1e6
    assert histogram.minimum(ours) == theirs.get_min_value() / 1e6


@given(st.lists(MICROSECONDS, min_size=1, max_size=200), st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.99, 0.999, 1.0]))
def test_a_quantile_is_the_value_of_rank_ceil_q_n_within_a_thousandth(values: list[int], share: float) -> None:
    exact = np.quantile(values, share, method="inverted_cdf") / 1e6
    value = histogram.quantile(distribution(values), share)
    assert value is not None
    assert exact <= value <= exact * 1.001 + 1e-9


@pytest.mark.parametrize("percentile", [50, 75, 90, 95, 99, 99.9])
def test_percentiles_of_many_values_are_those_of_hdrhistogram(percentile: float) -> None:
    values = np.random.default_rng(1).lognormal(9, 2, 20_000).astype(np.int64)
    theirs = HdrHistogram(1, HIGHEST_US, 3)
    for value in values.tolist():
        theirs.record_value(value)
    ours = distribution(values.tolist())
    assert histogram.quantile(ours, round(percentile / 100, 6)) == theirs.get_value_at_percentile(percentile) / 1e6


def test_the_rank_of_a_decimal_share_is_exact() -> None:
    # In floating point 0.07 * 100 is 7.000000000000001, whose ceiling is 8.
    assert histogram.quantile(distribution(list(range(1, 101))), 0.07) == 7e-6


def test_work_without_an_answer_ranks_above_every_measured_time() -> None:
    ninety = distribution([1000] * 90, unanswered=10)
    assert histogram.total(ninety) == 100
    assert histogram.quantiles(ninety, (0.5, 0.9, 0.91, 0.99)) == [0.001, 0.001, None, None]
    assert histogram.maximum(ninety) == 0.001


def test_nothing_has_no_numbers() -> None:
    nothing = histogram.empty()
    assert histogram.quantile(nothing, 0.5) is None
    assert (histogram.mean(nothing), histogram.stdev(nothing)) == (None, None)
    assert (histogram.minimum(nothing), histogram.maximum(nothing)) == (None, None)
    assert math.isnan(histogram.ranked(np.zeros(0, np.int64), np.zeros(0, np.int64), 0, (0.5,))[0])
