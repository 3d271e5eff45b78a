"""What so many rounds can detect."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from loadsim.compare import Scale
from loadsim.compare.power import detectable, rounds_for
from loadsim.compare.sign_flips import interval


@pytest.mark.parametrize("rounds", [6, 10, 20, 40])
def test_the_formula_takes_students_quantiles(rounds: int) -> None:
    quantiles = stats.t.ppf(0.975, rounds - 1) + stats.t.ppf(0.8, rounds - 1)
    assert detectable(0.1, rounds, 0.05) == pytest.approx(quantiles * 0.1 / math.sqrt(rounds), rel=0.01)


def test_what_is_called_detectable_is_found_in_some_four_of_five() -> None:
    rng = np.random.default_rng(9)
    effect = detectable(0.1, 12, 0.05)
    found = 0
    for _ in range(400):
        ends = interval(rng.normal(effect, 0.1, 12), Scale.RATIO, 0.05)
        found += ends is not None and ends[0] > 0
    assert 0.7 < found / 400 < 0.9


def test_fewer_rounds_than_two_detect_nothing() -> None:
    assert detectable(0.1, 1, 0.05) == math.inf


def test_the_rounds_it_takes_are_the_fewest_that_detect() -> None:
    rounds = rounds_for(0.1, 0.1, 0.05, 40)
    assert rounds is not None
    assert detectable(0.1, rounds, 0.05) <= 0.1 < detectable(0.1, rounds - 1, 0.05)
    assert rounds_for(0.001, 0.1, 0.05, 40) is None
