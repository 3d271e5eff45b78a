"""Random numbers keyed by (seed, arrival index), never by who draws them or when.

Every arrival has a stream of its own: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
generators", OOPSLA 2014), a counter that steps by the golden ratio of 2**64 and is mixed on the way out by Stafford's
variant 13. The start of the n-th arrival's counter is itself mixed from seed and n, by the other well-tried finaliser
(MurmurHash3's), so that neighbouring arrivals do not share anything. Streams can only overlap by chance: with 10**6
arrivals of 100 draws each the odds are below 10**-4, and an overlap would make two visitors alike, no more.

A stream's whole state is one 64-bit integer. The scalar form (:class:`Draws`) and the vector form
(:func:`uniforms`) give the same bits, on every machine and every version of numpy.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

import numpy as np
import numpy.typing as npt

States = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.float64]
T = TypeVar("T")

_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN = 0x9E3779B97F4A7C15
_ULP = 2.0**-53
_normal_quantile = NormalDist().inv_cdf


def derive(seed: int, purpose: str) -> int:
    """Return a seed of its own (64 bits) for one purpose, so that two uses of one seed never share numbers."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{purpose}".encode(), digest_size=8).digest(), "little")


def states(seed: int, index: npt.NDArray[np.int64]) -> States:
    """Return the start state of the stream of each arrival, the same shape as ``index`` (negative: warm-up)."""
    key = np.uint64(derive(seed, "arrival"))
    z = np.asarray(index, np.int64).astype(np.uint64) * np.uint64(_GOLDEN) + key
    z ^= z >> np.uint64(33)
    z *= np.uint64(0xFF51AFD7ED558CCD)
    z ^= z >> np.uint64(33)
    z *= np.uint64(0xC4CEB9FE1A85EC53)
    z ^= z >> np.uint64(33)
    return z


def uniforms(start: States, n: int) -> FloatArray:
    """Return the next ``n`` draws in [0, 1) of each stream, shape ``(len(start), n)``; as :meth:`Draws.uniform`."""
    z = start[:, None] + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    z >>= np.uint64(11)
    return z.astype(np.float64) * _ULP


def skip(start: States, n: int) -> States:
    """Return each stream's state after ``n`` draws."""
    return start + np.array([n * _GOLDEN & _MASK], np.uint64)


class Zipf:
    """Popularity of ``n`` items: the item of rank r (from 0, the most popular) is drawn in proportion to (r+1)**-s.

    Takes 40 bytes an item; a draw is a binary search in the cumulative shares.
    """

    __slots__ = ("_bounds", "_cumulative", "exponent", "n")

    def __init__(self, n: int, exponent: float = 1.0) -> None:
        if n < 1 or not math.isfinite(exponent) or exponent < 0:
            raise ValueError(f"Zipf(n={n}, exponent={exponent}): expected n >= 1 and a finite exponent >= 0")
        self.n = n
        self.exponent = exponent
        # Weights are divided by the largest (rank 0: 1), so a large exponent underflows to 0 and never overflows.
        cumulative = np.cumsum(np.arange(1, n + 1, dtype=np.float64) ** -exponent)
        cumulative /= cumulative[-1]
        # The last bound is left out: what lies above all others is the last item, so rounding can name no item n.
        self._cumulative: FloatArray = cumulative[:-1]
        self._bounds: list[float] = self._cumulative.tolist()

    def rank(self, uniform: float) -> int:
        """Return the rank, 0 to n-1, that a uniform draw in [0, 1) stands for."""
        return bisect_right(self._bounds, uniform)

    def ranks(self, uniform: FloatArray) -> npt.NDArray[np.int64]:
        """Return :meth:`rank` of each draw, the same shape."""
        return np.searchsorted(self._cumulative, uniform, side="right").astype(np.int64)


class Draws:
    """One arrival's stream of random numbers. ``state`` may be read and set at any time."""

    __slots__ = ("state",)

    def __init__(self, state: int) -> None:
        self.state = state

    def uniform(self) -> float:
        """Return a number in [0, 1), a multiple of 2**-53."""
        self.state = z = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return ((z ^ (z >> 31)) >> 11) * 1.1102230246251565e-16

    def below(self, n: int) -> int:
        """Return an integer in [0, n); the bias is below n * 2**-53."""
        return int(self.uniform() * n)

    def exponential(self, mean: float) -> float:
        """Return an exponentially distributed number of this mean."""
        return -mean * math.log1p(-self.uniform())

    def lognormal(self, median: float, sigma: float) -> float:
        """Return a number whose logarithm is normal, with standard deviation ``sigma`` about log(median)."""
        # One draw through the normal quantile; 0 has none, and stands for the middle of its cell.
        return median * math.exp(sigma * _normal_quantile(self.uniform() or _ULP / 2))

    def choice(self, items: Sequence[T]) -> T:
        """Return one of ``items``, each as likely."""
        return items[int(self.uniform() * len(items))]

    def zipf(self, popularity: Zipf) -> int:
        """Return the rank, from 0, of an item drawn by its popularity."""
        return popularity.rank(self.uniform())
