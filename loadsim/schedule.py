"""When arrivals are due: a profile and an arrival process, exact, lazily, the same for the same seed.

Time rescaling: if s_0 < s_1 < ... is a process of rate 1, then inverse(s_0), inverse(s_1), ... is that process at the
profile's rate (Cinlar, "Introduction to Stochastic Processes", 1975, section 4.7). So, with N the profile's integral,

    poisson   s_k = E_0 + ... + E_k      with E independent, exponential of mean 1
    uniform   s_k = k + 1/2              one arrival in the middle of each expected one

    due_k = N^-1(s_k)

The warm-up holds rate(0) on [-warmup_s, 0) and has random numbers of its own, so the measured arrivals (0, 1, 2, ...)
are the same whatever its length. It is made backwards from 0 (-1, -2, ...), so a longer one only adds earlier arrivals.

Precision: the sum s_k is kept as a whole number and a fraction below 1, so that its error does not grow with the length
of a run: after 10**9 arrivals it is the rounding of s_k itself to float64, 10**-7 of an arrival, as a share of the time
elapsed 2**-53.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from loadsim.errors import UsageError
from loadsim.profiles import Profile
from loadsim.randomness import FloatArray, derive, skip, states, uniforms

Process = Literal["poisson", "uniform"]
BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A block of arrivals in order of time. The index names an arrival for good; below 0 it belongs to the warm-up."""

    index: npt.NDArray[np.int64]
    due_s: FloatArray
    """Seconds from profile time 0, ascending."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """All due times of a run, or one worker's share of them: every ``workers``-th arrival, from ``worker`` on.

    ``limit`` bounds the number of measured arrivals of the whole, before it is shared out.
    """

    profile: Profile
    process: Process
    seed: int
    duration_s: float
    warmup_s: float = 0.0
    worker: int = 0
    workers: int = 1
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.process not in ("poisson", "uniform"):
            raise UsageError(f"unknown arrival process '{self.process}'", hint="Known: poisson, uniform.")
        for name, length_s in (("duration", self.duration_s), ("warm-up", self.warmup_s)):
            if not 0 <= length_s < math.inf:
                raise UsageError(f"the {name} is {length_s} s: expected a finite time, not negative")
        if not 0 <= self.worker < self.workers:
            raise UsageError(f"there is no worker {self.worker} among {self.workers}: they count from 0")
        if self.limit is not None and self.limit < 0:
            raise UsageError(f"the limit is {self.limit} arrivals: expected 0 or more")

    def share(self, worker: int, workers: int) -> Schedule:
        """Return every ``workers``-th arrival of this schedule; the shares of all workers together are the whole."""
        if not 0 <= worker < workers:
            raise UsageError(f"there is no worker {worker} among {workers}: they count from 0")
        return replace(self, worker=self.worker + self.workers * worker, workers=self.workers * workers)

    def blocks(self) -> Iterator[Arrivals]:
        """Yield the arrivals in order, about a thousand at a time (divided by ``workers``), none of them empty."""
        for index, due_s in self._all():
            if self.workers > 1:
                mine = index % self.workers == self.worker
                index, due_s = index[mine], due_s[mine]
            if index.size:
                yield Arrivals(index, due_s)

    def _all(self) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
        yield from self._warmup()
        for first, counts in _unit_process(self.process, derive(self.seed, "gaps")):
            due_s = self.profile.inverse(counts)
            size = int(np.searchsorted(due_s, self.duration_s, "left"))
            if self.limit is not None:
                size = min(size, self.limit - first)
            yield np.arange(first, first + size, dtype=np.int64), due_s[:size]
            if size < BLOCK:
                return

    def _warmup(self) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
        rate = float(self.profile.rate(0.0))
        if not rate * self.warmup_s > 0:
            return
        seed = derive(self.seed, "warm-up gaps")
        # The process runs backwards from 0, but is wanted forwards: run through it once for where each block begins.
        bases: list[tuple[int, float]] = []
        base = (0, 0.0)
        while (base[0] + base[1]) / rate <= self.warmup_s:
            bases.append(base)
            _, base = _unit_block(self.process, seed, len(bases) - 1, base)
        for number in range(len(bases) - 1, -1, -1):
            counts, _ = _unit_block(self.process, seed, number, bases[number])
            due_s = -counts[counts <= rate * self.warmup_s] / rate
            index = -1 - number * BLOCK - np.arange(due_s.size, dtype=np.int64)
            yield index[::-1], due_s[::-1]


def _unit_process(process: Process, seed: int) -> Iterator[tuple[int, FloatArray]]:
    """Yield (number of the first point, points) of the process of rate 1, a block at a time, without end."""
    base, number = (0, 0.0), 0
    while True:
        counts, base = _unit_block(process, seed, number, base)
        yield number * BLOCK, counts
        number += 1


def _unit_block(
    process: Process, seed: int, number: int, base: tuple[int, float]
) -> tuple[FloatArray, tuple[int, float]]:
    """Return the block's points, and the base (whole number, fraction) of the next: what all gaps so far add up to."""
    if process == "uniform":
        return number * BLOCK + np.arange(0.5, BLOCK), ((number + 1) * BLOCK, 0.0)
    whole, fraction = base
    start = skip(states(seed, np.zeros(1, np.int64)), number * BLOCK)
    sums = np.cumsum(-np.log1p(-uniforms(start, BLOCK)[0])) + fraction
    carried = math.floor(sums[-1])
    return whole + sums, (whole + carried, float(sums[-1]) - carried)
