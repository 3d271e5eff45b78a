"""What a profile is: a rate of arrivals over time, its exact integral, and the inverse of that.

    rate(t) = dN/dt                arrivals a second at t
    expected(t) = N(t)             = integral of rate from 0 to t
    inverse(c) = min {t: N(t) >= c}

With N known exactly, arrivals need no small time steps: a unit-rate process stretched by ``inverse`` is the process
of this rate (time rescaling). Before 0 and from the natural end on the rate is 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadsim.profiles.invert import invert

FloatArray = npt.NDArray[np.float64]
Times = float | FloatArray

THE_WHOLE = "all"
AFTER_THE_END = "after the end"
_PEAK_POINTS = 1025


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of a run, [start_s, end_s), in seconds of profile time."""

    name: str
    start_s: float
    end_s: float


class Profile(ABC):
    """A rate of arrivals over time. Immutable; knows no clock; equal when its text form is.

    Subclasses give ``_rate`` and ``_expected`` (and ``_inverse`` where a closed form exists) for one-dimensional
    arrays with 0 <= t <= the natural end; the public methods see to shapes and to what lies outside.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The shape, in one word."""

    @property
    @abstractmethod
    def duration_s(self) -> float | None:
        """The natural length in seconds; None where it is endless."""

    @abstractmethod
    def spec(self) -> str:
        """Return the text form, which :func:`~loadsim.profiles.parse_profile` reads back to an equal profile."""

    @abstractmethod
    def scaled(self, factor: float) -> Profile:
        """Return the same shape with every rate times ``factor`` (> 0)."""

    @abstractmethod
    def knots(self, duration_s: float) -> FloatArray:
        """Return the times in [0, duration_s] at which the rate jumps, bends or crests; smooth shapes may give few."""

    @abstractmethod
    def _rate(self, t_s: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _expected(self, t_s: FloatArray) -> FloatArray: ...

    def _inverse(self, count: FloatArray) -> FloatArray:
        return invert(self._expected, self._rate, count, np.inf if self.duration_s is None else self.duration_s)

    def _phases(self, end_s: float) -> list[tuple[float, str]]:  # noqa: ARG002 # subclasses need it
        """Return where each phase begins, and its name; the first begins at 0, and each lasts until the next."""
        return [(0.0, THE_WHOLE)]

    def rate(self, t_s: Times) -> FloatArray:
        """Return arrivals a second at each time; right-continuous; 0 before time 0 and from the natural end on."""
        times = np.asarray(t_s, np.float64)
        flat = times.reshape(-1)
        inside = flat >= 0
        if self.duration_s is not None:
            inside &= flat < self.duration_s
        rates = self._rate(flat) if inside.all() else np.where(inside, self._rate(np.where(inside, flat, 0.0)), 0.0)
        return rates.reshape(times.shape)

    def expected(self, t_s: Times) -> FloatArray:
        """Return the expected number of arrivals from 0 to each (finite) time: the exact integral of ``rate``."""
        times = np.asarray(t_s, np.float64)
        end_s = np.inf if self.duration_s is None else self.duration_s
        return self._expected(np.clip(times.reshape(-1), 0.0, end_s)).reshape(times.shape)

    def inverse(self, count: Times) -> FloatArray:
        """Return the smallest time by which ``count`` arrivals are expected; inf where that never happens.

        Within 1 us; where the rate is almost 0, within what the rounding of the count (2**-53 of it) is worth in time.
        """
        counts = np.asarray(count, np.float64)
        flat = counts.reshape(-1)
        end_s = self.duration_s
        reached = flat > 0
        if end_s is not None:
            reached &= flat <= self._expected(np.array([end_s]))[0]
        if reached.all():
            times = self._inverse(flat)
        else:
            times = np.where(flat > 0, np.inf, 0.0)
            times[reached] = self._inverse(flat[reached])
        if end_s is not None:
            times[reached] = np.minimum(times[reached], end_s)
        return times.reshape(counts.shape)

    def phases(self, duration_s: float) -> tuple[Phase, ...]:
        """Return the named phases of a run of this length, in order, without gaps; empty ones are left out."""
        duration_s = float(duration_s)
        end_s = duration_s if self.duration_s is None else min(duration_s, self.duration_s)
        cuts = [(start_s, name) for start_s, name in self._phases(end_s) if start_s < end_s]
        if end_s < duration_s:
            cuts.append((end_s, AFTER_THE_END))
        ends = [start_s for start_s, _ in cuts[1:]] + [duration_s]
        return tuple(Phase(name, cut_s, end) for (cut_s, name), end in zip(cuts, ends, strict=True) if cut_s < end)

    def peak(self, duration_s: float) -> float:
        """Return the highest rate on [0, duration_s): exact at the knots, to 1e-9 of it between them."""
        end_s = duration_s if self.duration_s is None else min(duration_s, self.duration_s)
        times = np.concatenate([self.knots(end_s), np.linspace(0.0, end_s, _PEAK_POINTS)])
        reach_s = end_s / (_PEAK_POINTS - 1)
        best = 0.0
        for _ in range(3):  # sums of smooth shapes may crest between two knots: look closer twice
            # A jump has two sides: the time itself, and the last one before it.
            sides = np.clip(np.concatenate([times, np.nextafter(times, -np.inf)]), 0.0, np.nextafter(end_s, 0.0))
            rates = self.rate(sides)
            top = int(np.argmax(rates))
            best = max(best, float(rates[top]))
            times = np.linspace(sides[top] - reach_s, sides[top] + reach_s, _PEAK_POINTS)
            reach_s *= 2 / (_PEAK_POINTS - 1)
        return best
