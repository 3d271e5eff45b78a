"""Shuffled sides, held to scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from loadsim.compare import Scale
from loadsim.compare.shuffles import are_enough, deals, estimate, interval, p_value, statistics

RNG = np.random.default_rng(3)
FIRST, SECOND = RNG.normal(0, 1, 6), RNG.normal(1.1, 1, 7)


def test_ranks_are_mann_and_whitneys_test() -> None:
    wanted = stats.mannwhitneyu(FIRST, SECOND, method="exact").pvalue
    assert p_value(FIRST, SECOND, Scale.RATIO) == pytest.approx(wanted)


def test_sizes_are_the_permutation_test_of_the_difference_of_means() -> None:
    wanted = stats.permutation_test(
        (SECOND, FIRST), lambda x, y: abs(np.mean(x) - np.mean(y)), n_resamples=np.inf, alternative="greater"
    )
    assert p_value(FIRST, SECOND, Scale.SHARE) == pytest.approx(wanted.pvalue)


@pytest.mark.parametrize("scale", Scale)
def test_the_interval_holds_just_the_shifts_that_the_test_does_not_reject(scale: Scale) -> None:
    found = interval(FIRST, SECOND, scale, 0.05)
    assert found is not None
    for end, outward in zip(found, (-1, 1), strict=True):
        assert p_value(FIRST, SECOND - end - outward * 1e-6, scale) <= 0.05
        assert p_value(FIRST, SECOND - end + outward * 1e-6, scale) > 0.05


def test_four_rounds_a_side_are_enough_and_three_are_not() -> None:
    assert are_enough(4, 4, 0.05)
    assert not are_enough(3, 30, 0.05)
    assert interval(FIRST[:3], SECOND, Scale.RATIO, 0.05) is None
    assert interval(FIRST[:4], SECOND[:4], Scale.RATIO, 0.05) is not None


def test_the_first_deal_is_the_one_that_came_and_none_comes_twice() -> None:
    dealt = deals(4, 3)
    assert dealt[0].tolist() == [False] * 4 + [True] * 3
    assert len({tuple(row) for row in dealt.tolist()}) == 35
    assert deals(20, 20)[0].tolist() == [False] * 20 + [True] * 20


def test_missing_answers_rank_above_every_time() -> None:
    slow = np.array([np.inf, 2.0, np.inf, np.inf])
    assert p_value(np.zeros(4), slow, Scale.RATIO) == pytest.approx(2 / 70)
    assert estimate(np.zeros(4), slow, Scale.RATIO) == np.inf


def test_intervals_cover_the_shift() -> None:
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(300):
        ends = interval(rng.standard_t(3, 5), rng.standard_t(3, 6) + 0.5, Scale.RATIO, 0.05)
        covered += ends is not None and ends[0] <= 0.5 <= ends[1]
    assert covered >= 300 * 0.95 - 3 * np.sqrt(300 * 0.95 * 0.05)


@pytest.mark.parametrize("scale", Scale)
def test_a_missing_round_adds_nothing_whichever_side_it_is_dealt_to(scale: Scale) -> None:
    missing = np.append(SECOND, np.nan)
    found = statistics(FIRST, missing, scale, deals(len(FIRST), len(missing)))
    known = statistics(FIRST, SECOND, scale, deals(len(FIRST), len(SECOND)))
    assert float(np.mean(np.abs(found) >= abs(found[0]) - 1e-9)) == pytest.approx(
        float(np.mean(np.abs(known) >= abs(known[0]) - 1e-9)), rel=0.5
    )
    assert not np.isnan(found).any()
