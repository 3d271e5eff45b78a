"""Rates made of straight pieces, with closed forms both ways.

On a piece that begins at time t0 with rate a and slope s, with x = t - t0 and N0 the count up to t0:

    rate = a + s x,     N = N0 + a x + s x^2 / 2,     x = 2 c / (a + sqrt(a^2 + 2 s c))  with c = N - N0

(the root in the form that does not cancel, and that holds for s = 0 too).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Straight pieces of rate from time 0 on. All arrays have one entry a piece; the last piece may be endless."""

    start_s: FloatArray
    length_s: FloatArray
    rate: FloatArray
    """At the start of each piece, 1/s."""
    slope: FloatArray
    count: FloatArray
    """Expected arrivals up to the start of each piece."""

    @classmethod
    def of(cls, pieces: Iterable[tuple[float, float, float]]) -> Pieces:
        """Make it of (length in s, rate at the start, rate at the end); empty pieces are left out."""
        kept = np.array([piece for piece in pieces if piece[0] > 0], np.float64).reshape(-1, 3)
        length_s, first, last = np.ascontiguousarray(kept.T)
        area = length_s[:-1] * (first[:-1] + last[:-1]) / 2
        start_s, count = (np.concatenate([[0.0], np.cumsum(steps)]) for steps in (length_s[:-1], area))
        return cls(start_s, length_s, first, (last - first) / length_s, count)

    def rate_at(self, t_s: FloatArray) -> FloatArray:
        """Return the rate at each time, right-continuous."""
        i = np.searchsorted(self.start_s, t_s, "right") - 1
        rate: FloatArray = np.maximum(self.rate[i] + self.slope[i] * (t_s - self.start_s[i]), 0.0)
        return rate

    def count_at(self, t_s: FloatArray) -> FloatArray:
        """Return the expected arrivals up to each time."""
        i = np.searchsorted(self.start_s, t_s, "right") - 1
        x = t_s - self.start_s[i]
        return self.count[i] + x * (self.rate[i] + 0.5 * self.slope[i] * x)

    def time_of(self, count: FloatArray) -> FloatArray:
        """Return the smallest time by which each count (> 0) is reached; inf where it never is."""
        i = np.searchsorted(self.count, count, "left") - 1
        c, a = count - self.count[i], self.rate[i]
        root = np.sqrt(np.maximum(a * a + 2 * self.slope[i] * c, 0.0))
        with np.errstate(divide="ignore"):
            x = 2 * c / (a + root)
        times: FloatArray = self.start_s[i] + np.minimum(x, self.length_s[i])
        return times
