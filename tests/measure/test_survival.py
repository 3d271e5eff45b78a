"""The survival curve against theory, and against lives counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from loadsim.measure.survival import MAX_STEPS, Survival


def at(curve: list[tuple[float, float]], age_s: float) -> float:
    return [share for age, share in curve if age <= age_s][-1]


def test_a_textbook_example_by_hand() -> None:
    """Failures at 1, 2 and 4 s, withdrawn at 2 and 3 s: 4/5, 4/5 * 3/4, 3/5 * 0/1."""
    survival = Survival()
    survival.add(np.zeros(3), np.array([1.0, 2.0, 4.0]), failed=True)
    survival.add(np.zeros(2), np.array([2.0, 3.0]), failed=False)
    curve = survival.curve()
    assert [share for _, share in curve] == pytest.approx([1.0, 0.8, 0.6, 0.0])
    assert [age for age, _ in curve] == pytest.approx([0.0, 1.0, 2.0, 4.0], rel=1e-3)


def test_ages_are_counted_in_classes_from_the_first_that_holds_any_to_the_last() -> None:
    survival = Survival()
    survival.add(np.zeros(3), np.array([0.7, 4.0, 25.0]), failed=True)
    survival.add(np.array([0.0, 3.0]), np.array([0.9, 4.5]), failed=False)
    assert survival.ages() == [(1.0, 1, 1), (2.0, 0, 0), (5.0, 1, 1), (10.0, 0, 0), (20.0, 0, 0), (30.0, 1, 0)]
    assert Survival().ages() == []


def test_without_failures_everyone_survives_to_the_highest_age_seen() -> None:
    survival = Survival()
    survival.add(np.zeros(3), np.array([1.0, 2.0, 30.0]), failed=False)
    assert survival.curve() == [(0.0, 1.0), (pytest.approx(30.0, rel=1e-3), 1.0)]


def test_without_lives_there_is_no_curve() -> None:
    assert Survival().curve() == []


def test_exponential_lives_censored_at_random_follow_the_exponential() -> None:
    rng = np.random.default_rng(1)
    life, leaves = rng.exponential(10.0, 20_000), rng.exponential(15.0, 20_000)
    survival = Survival()
    for failed in (True, False):
        chosen = (life <= leaves) == failed
        survival.add(np.zeros(int(chosen.sum())), np.minimum(life, leaves)[chosen], failed=failed)
    curve = survival.curve()
    for age in (1.0, 5.0, 10.0, 20.0):
        assert at(curve, age) == pytest.approx(np.exp(-age / 10.0), abs=0.02)
    assert len(curve) <= MAX_STEPS + 2


def test_lives_watched_from_some_age_on_do_not_bend_the_curve() -> None:
    """Delayed entry: of those who were open before the watch began, only survivors are seen."""
    rng = np.random.default_rng(2)
    life, began = rng.exponential(10.0, 40_000), -rng.uniform(0.0, 20.0, 40_000)
    seen = began + life > 0
    survival = Survival()
    survival.add(-began[seen], life[seen], failed=True)
    survival.add(np.zeros(200), rng.exponential(10.0, 200), failed=True)  # someone must be there at age 0
    curve = survival.curve()
    assert at(curve, 20.0) / at(curve, 2.0) == pytest.approx(np.exp(-18.0 / 10.0), abs=0.03)
