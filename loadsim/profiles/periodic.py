"""The shapes that repeat: sine, and bursts.

With P the period, T the count of one period, and G the count within one:

    N(t) = floor(t / P) T + G(t mod P)
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from loadsim.profiles.invert import invert
from loadsim.profiles.parameters import ENDS, LENGTH, MOMENT, RATE, SEED, Parameter, Shape
from loadsim.profiles.piecewise import FloatArray, Pieces
from loadsim.randomness import derive, states, uniforms

_MAX_KNOTS = 100_000
"""About how many knots :meth:`Periodic.knots` lists at most; further ones bring no rate that was not there."""


class Periodic(Shape):
    """A shape that repeats, given by one period and by where in it time 0 lies."""

    __slots__ = ()

    @abstractmethod
    def _period(self) -> tuple[float, float, float]:
        """Return the period in s, the count of one period, and the time within the period of profile time 0."""

    @abstractmethod
    def _rate_within(self, x_s: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _count_within(self, x_s: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _time_within(self, count: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _knots_within(self) -> FloatArray: ...

    def knots(self, duration_s: float) -> FloatArray:
        """Return where the rate jumps, bends or crests; where these are very many, only the first."""
        period_s, _, shift_s = self._period()
        within = self._knots_within()
        repeats = min(math.ceil((duration_s + shift_s) / period_s) + 1, _MAX_KNOTS // within.size)
        knots = (np.arange(repeats)[:, None] * period_s + within[None, :]).reshape(-1) - shift_s
        return knots[(knots >= 0) & (knots <= duration_s)]

    def _rate(self, t_s: FloatArray) -> FloatArray:
        period_s, _, shift_s = self._period()
        x_s: FloatArray = np.mod(t_s + shift_s, period_s)
        return self._rate_within(x_s)

    def _expected(self, t_s: FloatArray) -> FloatArray:
        period_s, area, shift_s = self._period()
        turns, x_s = np.divmod(t_s + shift_s, period_s)
        counts: FloatArray = turns * area + self._count_within(x_s) - self._skipped(shift_s)
        return counts

    def _inverse(self, count: FloatArray) -> FloatArray:
        period_s, area, shift_s = self._period()
        if area == 0:
            return np.full(count.shape, np.inf)
        total = count + self._skipped(shift_s)
        turns = np.maximum(np.ceil(total / area) - 1, 0.0)  # so that what is left is in (0, area]: the smallest time
        rest = np.clip(total - turns * area, 0.0, area)
        times: FloatArray = np.maximum(turns * period_s + self._time_within(rest) - shift_s, 0.0)
        return times

    def _skipped(self, shift_s: float) -> float:
        return float(self._count_within(np.array([shift_s]))[0]) if shift_s else 0.0


@dataclass(frozen=True, slots=True)
class Sine(Periodic):
    """A wave about a mean, as a day is; where it would fall below 0 the rate is 0. Rates in 1/s.

    rate = max(0, m + a sin(2 pi (t + phase) / P))

    A period is counted from where the rate leaves its floor, at the angle -k with k = asin(min(1, m / a)) (the
    trough, where the wave never reaches 0), for a width of P (pi + 2 k) / (2 pi), after which the rate is 0. There,
    with y = 2 pi x / P,

    G(x) = m x + (a P / 2 pi) (cos k - cos(y - k)) = m x + (a P / pi) sin(y / 2) sin(y / 2 - k)
    """

    mean_per_s: float
    amplitude_per_s: float
    period_s: float
    phase_s: float = 0.0
    duration_s: float | None = None
    _floor: float = field(init=False, repr=False, compare=False)
    """The angle k."""
    _width_s: float = field(init=False, repr=False, compare=False)
    _area: float = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "sine"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "mean_per_s", RATE),
        Parameter("amplitude", "amplitude_per_s", RATE),
        Parameter("period", "period_s", LENGTH),
        Parameter("phase", "phase_s", MOMENT, required=False),
        ENDS,
    )
    example: ClassVar[str] = "sine(mean=200/s, amplitude=150/s, period=60s)"
    explanation: ClassVar[str] = (
        "a wave that starts at its mean, rising; never below 0; phase=45s of a period of 60s starts at the trough"
    )

    def __post_init__(self) -> None:
        self.check()
        mean, amplitude = self.mean_per_s, self.amplitude_per_s
        floor = math.asin(mean / amplitude) if mean < amplitude else math.pi / 2
        object.__setattr__(self, "_floor", floor)
        object.__setattr__(self, "_width_s", self.period_s * (0.5 + floor / math.pi))
        object.__setattr__(self, "_area", 0.0)
        object.__setattr__(self, "_area", float(self._count_within(np.array([self._width_s]))[0]))

    def _period(self) -> tuple[float, float, float]:
        shift_s = self.phase_s + self._floor / math.tau * self.period_s
        return self.period_s, self._area, math.fmod(shift_s, self.period_s)

    def _rate_within(self, x_s: FloatArray) -> FloatArray:
        wave = self.mean_per_s + self.amplitude_per_s * np.sin(math.tau / self.period_s * x_s - self._floor)
        return np.where(x_s < self._width_s, np.maximum(wave, 0.0), 0.0)

    def _count_within(self, x_s: FloatArray) -> FloatArray:
        x_s = np.minimum(x_s, self._width_s)
        half = math.pi / self.period_s * x_s
        swing = self.amplitude_per_s * self.period_s / math.pi
        counts: FloatArray = self.mean_per_s * x_s + swing * np.sin(half) * np.sin(half - self._floor)
        return counts

    def _time_within(self, count: FloatArray) -> FloatArray:
        times = invert(self._count_within, self._rate_within, np.minimum(count, self._area), self._width_s)
        return np.where(count > 0, times, 0.0)

    def _knots_within(self) -> FloatArray:
        crest_s = (math.pi / 2 + self._floor) / math.tau * self.period_s
        return np.array([0.0, crest_s, self._width_s])


@dataclass(frozen=True, slots=True)
class Bursts(Periodic):
    """A two-state process: a low and a high rate (1/s), each held for an exponentially distributed time.

    The means of these times are ``mean_low_s`` and ``mean_high_s``; it starts low. Such a process (a Markov-modulated
    Poisson process, when its arrivals are Poisson: Fischer and Meier-Hellstern, "The MMPP cookbook", 1993) is what
    makes traffic bursty on more than one time scale. It is realised from its own seed: 4,096 times low and high,
    which then repeat, so that the profile is endless and yet a fixed function of time.
    """

    low_per_s: float
    high_per_s: float
    mean_low_s: float
    mean_high_s: float
    seed: int
    duration_s: float | None = None
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "bursts"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("low", "low_per_s", RATE),
        Parameter("high", "high_per_s", RATE),
        Parameter("mean_low", "mean_low_s", LENGTH),
        Parameter("mean_high", "mean_high_s", LENGTH),
        Parameter("seed", "seed", SEED),
        ENDS,
    )
    example: ClassVar[str] = "bursts(low=50/s, high=400/s, mean_low=10s, mean_high=2s, seed=1)"
    explanation: ClassVar[str] = (
        "a two-state process: low and high take turns, each for an exponentially distributed time of this mean; "
        "another seed, another course"
    )
    CYCLES: ClassVar[int] = 4096

    def __post_init__(self) -> None:
        self.check()
        start = states(derive(self.seed, "bursts"), np.zeros(1, np.int64))
        stays = -np.log1p(-uniforms(start, 2 * self.CYCLES)[0]).reshape(-1, 2) * [self.mean_low_s, self.mean_high_s]
        rates = (self.low_per_s, self.high_per_s)
        pieces = [(stay, rate, rate) for cycle in stays.tolist() for stay, rate in zip(cycle, rates, strict=True)]
        object.__setattr__(self, "_pieces", Pieces.of(pieces))

    def _period(self) -> tuple[float, float, float]:
        last = self._pieces
        stay_s = last.length_s[-1]
        return float(last.start_s[-1] + stay_s), float(last.count[-1] + last.rate[-1] * stay_s), 0.0

    def _rate_within(self, x_s: FloatArray) -> FloatArray:
        return self._pieces.rate_at(x_s)

    def _count_within(self, x_s: FloatArray) -> FloatArray:
        return self._pieces.count_at(x_s)

    def _time_within(self, count: FloatArray) -> FloatArray:
        return np.where(count > 0, self._pieces.time_of(np.maximum(count, np.finfo(np.float64).tiny)), 0.0)

    def _knots_within(self) -> FloatArray:
        return self._pieces.start_s
