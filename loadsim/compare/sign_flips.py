r"""Paired effects judged by flipping signs: the order of a pair was a coin's, so without an effect its sign is too.

The model: in round i the two sides run one after the other, in an order that a fair coin decides, and whatever the
machine does to the first and to the second slot of that round is added to what the sides are:

    d_i = effect + s_i * u_i      s_i = +-1 by the coin, u_i = what the slots differ by, of any size and any history

Given all the u_i the signs are independent and fair, *whatever* drift, autocorrelation, heteroscedasticity or outliers
made the u_i. So d_i - effect may have its sign flipped in each round at will, and every one of the 2**n patterns was
as likely as the one that came: a test with an exact level that assumes nothing about the noise, since we threw the
coin ourselves (Fisher, The Design of Experiments, 1935, section 21). Its interval holds those effects that the test
does not reject.

Two statistics, by what a round's effect is:

- times (log ratios, or differences of those that may be 0): the sum of the signed *ranks* (Wilcoxon). A round in which
  a neighbour took the machine counts as one round and no more. A quantile without an answer is inf, which has a rank
  but no mean. Efficiency 0.955 of the mean's in normal noise, unbounded in heavy tails (Hodges and Lehmann 1956). The
  interval's ends are order statistics of the Walsh averages (d_i + d_j) / 2, the estimate is their median.
- shares (differences): the sum of the *sizes*, since one round in ten that fails altogether is what must count. The
  interval's ends are order statistics of the means of all subsets of rounds: flipping the subset S raises the sum just
  if the mean over S of d_i - effect is below 0 (Hartigan, Using subsample values as typical values, JASA 1969;
  Tritchler, On inverting permutation tests, JASA 1984).

Up to 16 rounds all patterns are taken. Beyond, 20,000 drawn ones together with the one that came: still a level that
is held exactly, by the symmetry of the drawn and the observed (Dwass 1957).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from loadsim.compare.metrics import Scale

FloatArray = npt.NDArray[np.float64]

MAX_EXACT = 16
DRAWN = 20_000
LEAST_ROUNDS = 6
"""Of fewer, no two-sided pattern is as rare as 5 %: 2 / 2**5 = 6.25 %."""
_TIE = 1e-9


@lru_cache(maxsize=32)
def flips(rounds: int, seed: int = 0) -> FloatArray:
    """Return patterns of signs, one a row, the first one all +1: all of them, or as many as are enough."""
    if rounds <= MAX_EXACT:
        patterns = np.arange(2**rounds)[:, None] >> np.arange(rounds)[None, :] & 1
    else:
        patterns = np.random.default_rng([seed, rounds]).integers(0, 2, (DRAWN + 1, rounds))
        patterns[0] = 0
    signs = np.asarray(1.0 - 2.0 * patterns, np.float64)
    signs.flags.writeable = False
    return signs


def least_rounds(level: float) -> int:
    """Return how many rounds it takes before anything can be as rare as ``level``."""
    return max(LEAST_ROUNDS, int(np.ceil(np.log2(2 / level) - _TIE)))


def statistics(effects: FloatArray, scale: Scale, signs: FloatArray) -> FloatArray:
    """Return the standardised sum for each pattern, the observed one first. A missing round is nan and adds nothing.

    The standard deviation over the patterns is 1, so that metrics can be held against each other.
    """
    known = ~np.isnan(effects)
    sizes = np.abs(np.where(known, effects, 0.0))
    scores = _midranks(sizes, known) if scale.is_ranked else sizes
    signed = np.where(known, np.sign(np.where(known, effects, 0.0)) * scores, 0.0)
    spread = float(np.sqrt(np.sum(signed**2)))
    if spread == 0:
        return np.zeros(len(signs))
    return np.asarray(signs @ (signed / spread), np.float64)


def p_value(effects: FloatArray, scale: Scale, seed: int = 0) -> float:
    """Return the share of patterns that look at least as much like an effect, in either direction, as what came."""
    sizes = np.abs(statistics(effects, scale, flips(len(effects), seed)))
    return float(np.mean(sizes >= sizes[0] - _TIE))


def estimate(effects: FloatArray, scale: Scale) -> float:
    """Return the effect that the rounds speak for; nan where none can be named."""
    known = effects[~np.isnan(effects)]
    if not len(known):
        return float("nan")
    if scale is Scale.SHARE:
        return float(np.mean(known))
    averages = np.sort(_walsh(known))
    low, high = averages[(len(averages) - 1) // 2], averages[len(averages) // 2]  # nan sorts to the end
    return float(low if low == high else (low + high) / 2)


def interval(effects: FloatArray, scale: Scale, level: float, seed: int = 0) -> tuple[float, float] | None:
    """Return the effects that a test of this level does not reject; None where the rounds are too few to reject any."""
    known = effects[~np.isnan(effects)]
    if len(known) < least_rounds(level):
        return None
    if scale.is_ranked:
        values, outside = _walsh(known), _rank_quantile(len(known), level / 2)
    else:
        signs = flips(len(known), seed)
        values = _subset_means(known, signs[1:])
        outside = int(np.floor(level / 2 * len(signs) + _TIE))
    if outside < 1:
        return None
    # The average of -inf and inf can be anything: it widens both ends.
    below, above = (np.where(np.isnan(values), end, values) for end in (-np.inf, np.inf))
    last = len(values) - outside
    return float(np.partition(below, outside - 1)[outside - 1]), float(np.partition(above, last)[last])


def _walsh(values: FloatArray) -> FloatArray:
    first, second = np.triu_indices(len(values))
    with np.errstate(invalid="ignore"):
        return np.asarray((values[first] + values[second]) / 2, np.float64)


def _subset_means(values: FloatArray, signs: FloatArray) -> FloatArray:
    inside = (1.0 - signs) / 2
    sizes = inside.sum(axis=1)
    used = sizes > 0
    return np.asarray(inside[used] @ values / sizes[used], np.float64)


def _midranks(sizes: FloatArray, known: npt.NDArray[np.bool_]) -> FloatArray:
    """Rank the known sizes from 1; equal ones share the mean of their ranks, as do those equal but for rounding."""
    order = np.lexsort((sizes, ~known))[: int(known.sum())]
    ranks = np.zeros(len(sizes))
    ordered = sizes[order]
    with np.errstate(invalid="ignore"):
        steps = ~(np.diff(ordered) <= _TIE * ordered[:-1]) & ~(np.isinf(ordered[:-1]) & np.isinf(ordered[1:]))
    group = np.concatenate([[0], np.cumsum(steps)])
    places = np.arange(1, len(order) + 1, dtype=np.float64)
    ranks[order] = (np.bincount(group, places) / np.bincount(group))[group]
    return ranks


@lru_cache(maxsize=256)
def _rank_quantile(rounds: int, tail: float) -> int:
    """Return the largest k with P(W < k) <= ``tail``, W the sum of the ranks 1..n whose coin fell on heads."""
    ways = np.zeros(rounds * (rounds + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, rounds + 1):
        ways[rank:] = ways[rank:] / 2 + ways[:-rank] / 2
        ways[:rank] /= 2
    return int(np.searchsorted(np.cumsum(ways), tail * (1 + _TIE), side="right"))
