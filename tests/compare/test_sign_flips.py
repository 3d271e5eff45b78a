"""Sign flips: held to scipy where scipy has the same test, and to their own promise where it has not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from loadsim.compare import Scale
from loadsim.compare.sign_flips import DRAWN, estimate, flips, interval, least_rounds, p_value

from .rounds import NOISES, paired_effects

EFFECTS = np.array([0.31, -0.12, 0.55, 0.08, 0.27, -0.02, 0.41, 0.19, 0.6])


def test_ranks_are_wilcoxons_signed_rank_test() -> None:
    assert p_value(EFFECTS, Scale.RATIO) == pytest.approx(stats.wilcoxon(EFFECTS, method="exact").pvalue)


def test_sizes_are_the_permutation_test_of_the_mean() -> None:
    wanted = stats.permutation_test((EFFECTS,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert p_value(EFFECTS, Scale.SHARE) == pytest.approx(wanted.pvalue)


@pytest.mark.parametrize("scale", Scale)
def test_the_interval_holds_just_the_effects_that_the_test_does_not_reject(scale: Scale) -> None:
    found = interval(EFFECTS, scale, 0.05)
    assert found is not None
    for end, outward in zip(found, (-1, 1), strict=True):
        assert p_value(EFFECTS - end - outward * 1e-6, scale) <= 0.05
        assert p_value(EFFECTS - end + outward * 1e-6, scale) > 0.05


def test_ranked_intervals_are_the_known_order_statistics_of_the_walsh_averages() -> None:
    averages = sorted((x + y) / 2 for i, x in enumerate(EFFECTS) for y in EFFECTS[i:])
    assert interval(EFFECTS, Scale.RATIO, 0.05) == (averages[5], averages[-6])  # n = 9: tables say the 6th
    assert estimate(EFFECTS, Scale.RATIO) == averages[len(averages) // 2]


@pytest.mark.parametrize("scale", Scale)
def test_five_rounds_have_no_interval_and_six_have_all_that_was_seen(scale: Scale) -> None:
    assert interval(EFFECTS[:5], scale, 0.05) is None
    assert interval(EFFECTS[:6], scale, 0.05) == (min(EFFECTS[:6]), max(EFFECTS[:6]))
    assert (least_rounds(0.05), least_rounds(0.01)) == (6, 8)


def test_missing_rounds_count_as_not_made() -> None:
    with_gaps = np.insert(EFFECTS, [2, 5], np.nan)
    assert p_value(with_gaps, Scale.RATIO) == pytest.approx(p_value(EFFECTS, Scale.RATIO))
    assert interval(with_gaps, Scale.RATIO, 0.05) == interval(EFFECTS, Scale.RATIO, 0.05)
    assert estimate(with_gaps, Scale.SHARE) == pytest.approx(float(np.mean(EFFECTS)))


def test_a_quantile_without_an_answer_ranks_above_every_other_and_leaves_no_upper_bound() -> None:
    effects = np.array([0.1, 0.2, np.inf, 0.3, np.inf, np.inf, 0.2, np.inf])
    assert p_value(effects, Scale.RATIO) == 2 / 2**8
    found = interval(effects, Scale.RATIO, 0.05)
    assert found is not None
    assert found[0] > 0
    assert found[1] == np.inf


def test_no_answer_on_either_side_by_turns_bounds_nothing() -> None:
    effects = np.array([np.inf, -np.inf] * 4)
    assert interval(effects, Scale.RATIO, 0.05) == (-np.inf, np.inf)
    assert p_value(effects, Scale.RATIO) == 1.0
    assert not np.isfinite(estimate(effects, Scale.RATIO))


@pytest.mark.parametrize("scale", Scale)
def test_rounds_without_any_difference_show_none(scale: Scale) -> None:
    assert p_value(np.zeros(8), scale) == 1.0
    assert interval(np.zeros(8), scale, 0.05) == (0.0, 0.0)


def test_one_round_in_ten_that_fails_altogether_counts_for_shares() -> None:
    effects = np.array([0.0] * 9 + [1.0])
    assert estimate(effects, Scale.SHARE) == pytest.approx(0.1)
    found = interval(effects, Scale.SHARE, 0.05)
    assert found is not None
    assert found[0] == 0
    assert found[1] > 0.3


def test_many_rounds_draw_patterns_by_the_seed_and_agree_with_wilcoxon() -> None:
    effects = np.random.default_rng(5).normal(0.2, 0.5, 24)
    assert len(flips(24)) == DRAWN + 1
    assert p_value(effects, Scale.RATIO, seed=1) == p_value(effects, Scale.RATIO, seed=1)
    assert p_value(effects, Scale.RATIO) == pytest.approx(stats.wilcoxon(effects, method="exact").pvalue, abs=0.01)


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize("name", NOISES)
def test_intervals_cover_the_effect_in_whatever_noise(name: str, scale: Scale) -> None:
    rng = np.random.default_rng(11)
    found = [interval(paired_effects(rng, NOISES[name], 10, 0.1), scale, 0.05) for _ in range(400)]
    covered = sum(ends is not None and ends[0] <= 0.1 <= ends[1] for ends in found)
    assert covered >= 400 * 0.95 - 3 * np.sqrt(400 * 0.95 * 0.05)  # three standard deviations of such a count
