"""Times in HdrHistogram's cells: the arithmetic of the format, for whole arrays at once.

The layout is that of ``HdrHistogram(1, 3_600_000_000, 3)`` on integer microseconds: 1 us to 1 h at three significant
digits. A value v falls in bucket b = max(0, bit_length(v) - 11), whose cells are 2**b wide::

    cell(v) = (b << 10) + (v >> b)

A cell stands for its highest value in quantiles, its lowest in the minimum, and its middle in mean and deviation, as
in the Java and Python implementations (https://github.com/HdrHistogram/HdrHistogram), so that other tools say the same
of the same counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from loadsim.measure.selection import Distribution

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HIGHEST_US = 3_600_000_000
SIGNIFICANT_DIGITS = 3
CELLS = 23 << 10

_CELL = np.arange(CELLS, dtype=np.int64)
_BUCKET = np.maximum((_CELL >> 10) - 1, 0)
LOWEST_US: IntArray = (_CELL - (_BUCKET << 10)) << _BUCKET
HIGHEST_EQUIVALENT_US: IntArray = LOWEST_US + (1 << _BUCKET) - 1
MIDDLE_US: IntArray = LOWEST_US + ((1 << _BUCKET) >> 1)


def cells(times_s: FloatArray) -> IntArray:
    """Return the cell of each time, to the nearest microsecond; what lies outside 0..1 h counts at its end."""
    us = np.rint(np.clip(times_s * 1e6, 0.0, HIGHEST_US))
    bucket = np.maximum(np.frexp(us)[1] - 11, 0)  # frexp's exponent of an integer is its bit length
    return np.asarray((bucket.astype(np.int64) << 10) + (us.astype(np.int64) >> bucket), np.int64)


def empty() -> Distribution:
    """Return a distribution without samples."""
    return Distribution(np.zeros(CELLS, np.int64))


def ranked(where: IntArray, counts: IntArray, unanswered: int, shares: Sequence[float]) -> list[float]:
    """Return the quantiles of ``counts`` in the cells ``where`` (ascending), in seconds.

    The q-quantile is the value of rank ceil(q n), at least 1, with n = all counts + unanswered. Work without an answer
    ranks above every value: inf. Without any work: nan.
    """
    upto = np.cumsum(counts)
    answered = int(upto[-1]) if len(upto) else 0
    total = answered + unanswered
    if not total:
        return [math.nan] * len(shares)
    ranks = [_rank(share, total) for share in shares]
    places = np.searchsorted(upto, ranks)
    return [
        math.inf if rank > answered else float(HIGHEST_EQUIVALENT_US[where[place]]) / 1e6
        for rank, place in zip(ranks, places.tolist(), strict=True)
    ]


def quantiles(distribution: Distribution, shares: Sequence[float]) -> list[float | None]:
    """Return the quantile of each share (0..1) in seconds; None where it falls on work without an answer."""
    where = np.flatnonzero(distribution.counts)
    values = ranked(where, distribution.counts[where], distribution.unanswered, shares)
    return [value if math.isfinite(value) else None for value in values]


def quantile(distribution: Distribution, share: float) -> float | None:
    """Return one quantile in seconds, as :func:`quantiles`."""
    return quantiles(distribution, (share,))[0]


def total(distribution: Distribution) -> int:
    """Return how much work there was, answered or not."""
    return int(distribution.counts.sum()) + distribution.unanswered


def minimum(distribution: Distribution) -> float | None:
    """Return the lowest measured time in seconds."""
    used = np.flatnonzero(distribution.counts)
    return float(LOWEST_US[used[0]]) / 1e6 if len(used) else None


def maximum(distribution: Distribution) -> float | None:
    """Return the highest measured time in seconds; work without an answer has none."""
    used = np.flatnonzero(distribution.counts)
    return float(HIGHEST_EQUIVALENT_US[used[-1]]) / 1e6 if len(used) else None


def mean(distribution: Distribution) -> float | None:
    """Return the mean of the measured times in seconds."""
    moments = _moments(distribution)
    return moments[0] if moments else None


def stdev(distribution: Distribution) -> float | None:
    """Return the standard deviation (of the population) of the measured times in seconds."""
    moments = _moments(distribution)
    return moments[1] if moments else None


def _moments(distribution: Distribution) -> tuple[float, float] | None:
    used = np.flatnonzero(distribution.counts)
    if not len(used):
        return None
    weights, values = distribution.counts[used], MIDDLE_US[used] / 1e6
    center = float(np.average(values, weights=weights))
    return center, math.sqrt(float(np.average((values - center) ** 2, weights=weights)))


def _rank(share: float, total: int) -> int:
    exact = _decimal(share)
    return max(1, -(-exact.numerator * total // exact.denominator))


@lru_cache(maxsize=256)
def _decimal(share: float) -> Fraction:
    """Return the share as it was meant: 0.07 of 100 is rank 7, where floating point makes ceil(0.07 * 100) = 8.

    Twelve digits: 99.9 / 100, too, is then 0.999.
    """
    return Fraction(f"{share:.12g}")
