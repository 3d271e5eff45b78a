"""Rounds that were not paired, judged by shuffling which side each belongs to.

Two sets of rounds recorded at different times: without an effect, and *if nothing but chance set the two times apart*,
every way of dealing the rounds to the sides was as likely. Unlike a coin, which we throw ourselves, that cannot be
guaranteed, and whoever reports it has to say so. Times are judged by rank sums (Wilcoxon, Mann and Whitney; interval
and estimate of Hodges and Lehmann 1963, over all differences between a round of one side and one of the other), shares
by the difference of their means, for the reasons that ``sign_flips`` gives.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np

from loadsim.compare.metrics import Scale
from loadsim.compare.sign_flips import DRAWN, FloatArray

MAX_EXACT = 20_000
LEAST_ROUNDS = 4
"""On each side: 2 / C(8, 4) = 2.9 %; of three on each side nothing is as rare as 5 %."""
_TIE = 1e-9
_HALVINGS = 50


@lru_cache(maxsize=32)
def deals(first: int, second: int, seed: int = 0) -> FloatArray:
    """Return which rounds go to the second side (1), a deal a row, the one that came first: all of them, or enough."""
    total = first + second
    if comb(total, second) <= MAX_EXACT:
        chosen = np.array(list(combinations(range(total - 1, -1, -1), second)))
        rows = len(chosen)
    else:
        rows = DRAWN + 1
        chosen = np.random.default_rng([seed, first, second]).random((rows, total)).argsort(axis=1)[:, :second]
        chosen[0] = np.arange(first, total)
    dealt = np.zeros((rows, total))
    np.put_along_axis(dealt, chosen, 1.0, axis=1)
    dealt.flags.writeable = False
    return dealt


def are_enough(first: int, second: int, level: float) -> bool:
    """Return whether anything could be as rare as ``level``."""
    return min(first, second) >= LEAST_ROUNDS and 2 / comb(first + second, second) <= level


def statistics(first: FloatArray, second: FloatArray, scale: Scale, dealt: FloatArray) -> FloatArray:
    """Return the standardised sum of the second side for each deal, the observed one first.

    A missing round is nan and adds nothing, whichever side it is dealt to.
    """
    values = np.concatenate([first, second])
    known = ~np.isnan(values)
    scores = np.zeros(len(values))
    if known.any():
        told = _midranks(values[known]) if scale.is_ranked else values[known]
        scores[known] = told - told.mean()
    sums = dealt @ scores
    spread = float(np.sqrt(np.mean(sums**2)))
    return np.zeros(len(dealt)) if spread == 0 else np.asarray(sums / spread, np.float64)


def p_value(first: FloatArray, second: FloatArray, scale: Scale, seed: int = 0) -> float:
    """Return the share of deals that look at least as much like an effect, in either direction, as what came."""
    sizes = np.abs(statistics(first, second, scale, deals(len(first), len(second), seed)))
    return float(np.mean(sizes >= sizes[0] - _TIE))


def estimate(first: FloatArray, second: FloatArray, scale: Scale) -> float:
    """Return by how much the second side lies above the first."""
    if not len(first) or not len(second):
        return float("nan")
    if scale is Scale.SHARE:
        return float(second.mean() - first.mean())
    between = np.sort(_differences(first, second))
    low, high = between[(len(between) - 1) // 2], between[len(between) // 2]
    return float(low if low == high else (low + high) / 2)


def interval(
    first: FloatArray, second: FloatArray, scale: Scale, level: float, seed: int = 0
) -> tuple[float, float] | None:
    """Return the shifts that a test of this level does not reject; None where the rounds are too few."""
    if not are_enough(len(first), len(second), level):
        return None
    dealt = deals(len(first), len(second), seed)
    if scale.is_ranked:
        outside = _rank_sum_quantile(len(first), len(second), level / 2)
        if outside < 1:
            return None
        between = _differences(first, second)
        lower = np.sort(np.where(np.isnan(between), -np.inf, between))[outside - 1]
        upper = np.sort(np.where(np.isnan(between), np.inf, between))[-outside]
        return float(lower), float(upper)
    middle = estimate(first, second, scale)
    reach = float(4 * (np.ptp(first) + np.ptp(second)) + abs(middle))
    return (
        _edge(first, second, dealt, level, middle, middle - reach),
        _edge(first, second, dealt, level, middle, middle + reach),
    )


def _edge(
    first: FloatArray, second: FloatArray, dealt: FloatArray, level: float, held: float, rejected: float
) -> float:
    """Halve the way between a shift that the test does not reject and one far beyond; return the outer end."""
    for _ in range(_HALVINGS):
        tried = (held + rejected) / 2
        sizes = np.abs(statistics(first, second - tried, Scale.SHARE, dealt))
        if float(np.mean(sizes >= sizes[0] - _TIE)) > level:
            held = tried
        else:
            rejected = tried
    return rejected


def _differences(first: FloatArray, second: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.subtract.outer(second, first).ravel(), np.float64)


def _midranks(values: FloatArray) -> FloatArray:
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    return np.asarray((last - (times - 1) / 2)[place.ravel()], np.float64)


@lru_cache(maxsize=256)
def _rank_sum_quantile(first: int, second: int, tail: float) -> int:
    """Return the largest k with P(U < k) <= ``tail``, U the number of pairs in which the second side is the lower."""
    # ways[m][u]: of the deals seen so far with m rounds on the second side, how many have the statistic u.
    ways = np.zeros((second + 1, first * second + 1))
    ways[0, 0] = 1.0
    for place in range(first + second):
        for taken in range(min(place + 1, second), 0, -1):
            below = place - taken + 1  # rounds of the first side that lie below this one of the second
            if below <= first:
                ways[taken, below:] += ways[taken - 1, : ways.shape[1] - below]
    shares = np.cumsum(ways[second]) / comb(first + second, second)
    return int(np.searchsorted(shares, tail * (1 + _TIE), side="right"))
