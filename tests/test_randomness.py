"""The streams of random numbers: the same everywhere, uniform, and independent of each other.

Statistical tests use fixed seeds, so that they pass or fail for good; their bounds are at p = 0.001.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadsim.randomness import Draws, FloatArray, Zipf, derive, skip, states, uniforms

SEEDS = [0, 1, 2, 12345, 2**64 - 1]
seeds = st.integers(-(2**70), 2**70)
PINNED_STATES = [13135646916906313046, 701427656241306158, 9055462905349710645]
indices = st.integers(-(2**62), 2**62)


def draws(seed: int, count: int, n: int = 1, first: int = 0) -> FloatArray:
    return uniforms(states(seed, np.arange(first, first + count)), n)


@settings(deadline=None)
@given(seeds, st.lists(indices, min_size=1, max_size=5), st.integers(1, 20))
def test_scalar_and_vector_draws_agree_to_the_bit(seed: int, index: list[int], n: int) -> None:
    start = states(seed, np.array(index))
    for state, row in zip(start.tolist(), uniforms(start, n).tolist(), strict=True):
        stream = Draws(state)
        assert [stream.uniform() for _ in range(n)] == row
        assert stream.state == skip(np.array([state], np.uint64), n)[0]


@settings(deadline=None)
@given(seeds, st.lists(indices, min_size=1, max_size=5), st.integers(0, 1000), st.integers(1, 5))
def test_skipping_draws_is_making_them(seed: int, index: list[int], skipped: int, n: int) -> None:
    start = states(seed, np.array(index))
    assert (uniforms(skip(start, skipped), n) == uniforms(start, skipped + n)[:, skipped:]).all()


@settings(deadline=None)
@given(seeds, st.integers(-1000, 1000))
def test_an_arrival_has_its_stream_whoever_it_comes_with(seed: int, index: int) -> None:
    assert states(seed, np.array([index]))[0] == states(seed, np.arange(-1000, 1001))[index + 1000]


def test_the_numbers_are_splitmix64s_and_stay_what_they_are() -> None:
    # The published test vector of SplitMix64 for seed 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64").
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    stream = Draws(1234567)
    assert [stream.uniform() for _ in published] == [(value >> 11) * 2.0**-53 for value in published]
    assert states(1, np.array([0, 1, -1])).tolist() == PINNED_STATES, "records name a seed: it must keep its meaning"


def test_numbers_lie_in_the_half_open_unit_interval() -> None:
    # The output mix is a bijection, so a state that gives the greatest number, or 0, can be had by undoing it.
    assert Draws((2**64 - 0x9E3779B97F4A7C15) % 2**64).uniform() == 0.0
    values = draws(7, 1000, 1000)
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert (2**64 - 1 >> 11) * 2.0**-53 < 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_draws_are_uniform_across_arrivals_and_along_a_stream(seed: int) -> None:
    across, along = draws(seed, 100_000)[:, 0], draws(seed, 1, 100_000)[0]
    for values in (across, along, draws(seed, 100_000, first=-100_000)[:, 0]):
        assert stats.kstest(values, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbouring_arrivals_and_neighbouring_draws_are_independent(seed: int) -> None:
    table = draws(seed, 100_001, 3)
    pairs = {
        "next arrival": (table[:-1, 0], table[1:, 0]),
        "next draw": (table[:, 0], table[:, 1]),
        "the draw after": (table[:, 0], table[:, 2]),
        "next arrival's next draw": (table[:-1, 0], table[1:, 1]),
        "next arrival's draw before": (table[:-1, 1], table[1:, 0]),
        "next seed": (table[:, 0], draws(seed + 1, 100_001)[:, 0]),
    }
    for name, (one, other) in pairs.items():
        cells = np.bincount((one * 16).astype(int) * 16 + (other * 16).astype(int), minlength=256)
        assert stats.chisquare(cells).pvalue > 1e-4, name
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(100_000), name


@pytest.mark.parametrize("bit", [0, 1, 7, 26, 52])
def test_the_high_and_the_low_bits_are_fair(bit: int) -> None:
    ones = int(((draws(3, 20_000, 5) * 2.0**53).astype(np.int64) >> bit & 1).sum())
    assert stats.binomtest(ones, 100_000).pvalue > 1e-3


def test_no_two_of_a_million_arrivals_share_a_stream() -> None:
    assert len(np.unique(states(1, np.arange(-500_000, 500_000)))) == 1_000_000


def test_derived_seeds_differ_by_seed_and_by_purpose() -> None:
    found = {derive(seed, purpose) for seed in range(-50, 50) for purpose in ("gaps", "arrival", "bursts")}
    assert len(found) == 300
    assert derive(1, "gaps") == derive(1, "gaps")
    assert all(0 <= seed < 2**64 for seed in found)


def stream_of(count: int, draw: object, seed: int = 5) -> list[float]:
    assert callable(draw)
    return [draw(Draws(state)) for state in states(seed, np.arange(count)).tolist()]


def test_exponential_and_lognormal_draws_have_their_distributions() -> None:
    exponential = stream_of(20_000, lambda one: one.exponential(2.5))
    assert stats.kstest(exponential, stats.expon(scale=2.5).cdf).pvalue > 1e-3
    lognormal = stream_of(20_000, lambda one: one.lognormal(0.02, 0.8))
    assert stats.kstest(lognormal, stats.lognorm(s=0.8, scale=0.02).cdf).pvalue > 1e-3


def test_the_draw_of_zero_has_an_exponential_and_a_lognormal_too() -> None:
    zero = (2**64 - 0x9E3779B97F4A7C15) % 2**64
    assert Draws(zero).exponential(1.0) == 0.0
    assert 0.0 < Draws(zero).lognormal(1.0, 1.0) < 1e-3


def test_below_and_choice_give_every_value_as_often() -> None:
    counts = np.bincount([int(value) for value in stream_of(20_000, lambda one: one.below(7))], minlength=7)
    assert counts.size == 7
    assert stats.chisquare(counts).pvalue > 1e-3
    letters = [Draws(state).choice("abc") for state in states(9, np.arange(9_000)).tolist()]
    assert stats.chisquare([letters.count(letter) for letter in "abc"]).pvalue > 1e-3


@pytest.mark.parametrize("exponent", [0.0, 0.8, 1.0, 1.5])
def test_zipf_ranks_are_drawn_in_proportion_to_their_weights(exponent: float) -> None:
    popularity = Zipf(50, exponent)
    counts = np.bincount(popularity.ranks(draws(4, 100_000)[:, 0]), minlength=50)
    weights = np.arange(1, 51) ** -exponent
    assert stats.chisquare(counts, 100_000 * weights / weights.sum()).pvalue > 1e-3


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(0, 40), st.lists(st.floats(0, 1, exclude_max=True), max_size=20))
def test_zipf_names_the_same_item_one_by_one_and_all_at_once(n: int, exponent: float, values: list[float]) -> None:
    popularity = Zipf(n, exponent)
    some = [*values, 0.0, 1 - 2.0**-53]
    ranks = [popularity.rank(value) for value in some]
    assert popularity.ranks(np.array(some)).tolist() == ranks
    assert all(0 <= rank < n for rank in ranks)
    assert ranks[-2] == 0


def test_zipf_draws_through_a_stream() -> None:
    popularity = Zipf(1000)
    assert Draws(3).zipf(popularity) == popularity.rank(Draws(3).uniform())


@pytest.mark.parametrize(("n", "exponent"), [(0, 1.0), (-1, 1.0), (5, -0.1), (5, float("nan")), (5, float("inf"))])
def test_a_zipf_that_is_none_is_refused(n: int, exponent: float) -> None:
    with pytest.raises(ValueError, match="expected n >= 1"):
        Zipf(n, exponent)
