"""Looking again and again, without crying wolf more often for it."""

from __future__ import annotations

import numpy as np
import pytest

from loadsim.compare import LEVEL, Scale, level_of_look, looks
from loadsim.compare.sign_flips import interval, least_rounds

from .rounds import autocorrelated, paired_effects


def test_looks_grow_by_half_and_end_with_the_last_round() -> None:
    assert looks(40) == (8, 12, 18, 27, 40)
    assert looks(12) == (8, 12)
    assert looks(6) == (6,)


@pytest.mark.parametrize("most", range(6, 60))
def test_every_look_has_rounds_enough_for_its_level(most: int) -> None:
    assert looks(most)[0] >= least_rounds(level_of_look(looks(most)))
    assert list(looks(most)) == sorted(set(looks(most)))
    assert level_of_look(looks(most)) * len(looks(most)) == pytest.approx(LEVEL)


def test_five_looks_together_miss_in_at_most_five_per_cent() -> None:
    rng = np.random.default_rng(6)
    places, missed = looks(40), 0
    for _ in range(300):
        effects = paired_effects(rng, autocorrelated, 40, 0.0)
        found = [interval(effects[:rounds], Scale.RATIO, level_of_look(places)) for rounds in places]
        missed += any(ends is not None and not ends[0] <= 0 <= ends[1] for ends in found)
    assert missed <= 300 * LEVEL + 3 * np.sqrt(300 * LEVEL * (1 - LEVEL))
