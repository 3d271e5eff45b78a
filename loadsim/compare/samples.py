"""A metric's values over the rounds of both sides, paired or not: what can be asked of them.

Effects are B against A: differences of logarithms for ratios, of the values otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from loadsim.compare import shuffles, sign_flips
from loadsim.compare.metrics import Metric, Round, Scale
from loadsim.compare.sign_flips import FloatArray


class Sample(Protocol):
    """One metric's values, and how they are judged."""

    @property
    def rounds(self) -> int:
        """How many rounds (of the side with fewer) can be set against each other."""
        ...

    def needs(self, level: float) -> int:
        """Return how many rounds it takes at this level."""
        ...

    def statistics(self) -> FloatArray:
        """Return the standardised statistic for each pattern of chance, the observed one first."""
        ...

    def p_value(self) -> float:
        """Return the p-value of no effect, two-sided."""
        ...

    def estimate(self) -> float:
        """Return the effect; nan where none can be named."""
        ...

    def interval(self, level: float) -> tuple[float, float] | None:
        """Return the effects that are not rejected at this level; None where the rounds are too few."""
        ...

    def noise(self) -> float:
        """Return the standard deviation of an effect of one round; nan where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Paired:
    """Rounds set against each other one by one; ``effects`` is nan where a round has no value on a side."""

    effects: FloatArray
    scale: Scale
    seed: int = 0

    @property
    def rounds(self) -> int:
        """How many pairs there are."""
        return int(np.sum(~np.isnan(self.effects)))

    def needs(self, level: float) -> int:
        """Return how many pairs it takes at this level."""
        return sign_flips.least_rounds(level)

    def statistics(self) -> FloatArray:
        """Return the statistic for each pattern of signs."""
        return sign_flips.statistics(self.effects, self.scale, sign_flips.flips(len(self.effects), self.seed))

    def p_value(self) -> float:
        """Return the sign-flip test's p-value."""
        return sign_flips.p_value(self.effects, self.scale, self.seed)

    def estimate(self) -> float:
        """Return the median of the Walsh averages, or the mean."""
        return sign_flips.estimate(self.effects, self.scale)

    def interval(self, level: float) -> tuple[float, float] | None:
        """Return what the sign-flip test does not reject."""
        return sign_flips.interval(self.effects, self.scale, level, self.seed)

    def noise(self) -> float:
        """Return the standard deviation of the pairs' effects."""
        finite = self.effects[np.isfinite(self.effects)]
        return float(np.std(finite, ddof=1)) if len(finite) > 1 else math.nan


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Two sets of rounds; values are logarithms for times, nan where a round has none."""

    first: FloatArray
    second: FloatArray
    scale: Scale
    seed: int = 0

    @property
    def rounds(self) -> int:
        """How many rounds the side with fewer has."""
        return min(len(side) for side in self._known())

    def needs(self, level: float) -> int:
        """Return how many rounds a side it takes at this level."""
        return next(n for n in range(shuffles.LEAST_ROUNDS, 64) if shuffles.are_enough(n, n, level))

    def statistics(self) -> FloatArray:
        """Return the statistic for each deal of all rounds, so that metrics of the same rounds share their deals."""
        dealt = shuffles.deals(len(self.first), len(self.second), self.seed)
        return shuffles.statistics(self.first, self.second, self.scale, dealt)

    def p_value(self) -> float:
        """Return the shuffle test's p-value."""
        return shuffles.p_value(*self._known(), self.scale, self.seed)

    def estimate(self) -> float:
        """Return the median of all differences, or the difference of the means."""
        return shuffles.estimate(*self._known(), self.scale)

    def interval(self, level: float) -> tuple[float, float] | None:
        """Return what the shuffle test does not reject."""
        return shuffles.interval(*self._known(), self.scale, level, self.seed)

    def noise(self) -> float:
        """Return the standard deviation of a difference between a round of one side and one of the other."""
        sides = [side[np.isfinite(side)] for side in (self.first, self.second)]
        if min(len(side) for side in sides) < 2:
            return math.nan
        return math.sqrt(sum(float(np.var(side, ddof=1)) for side in sides))

    def _known(self) -> tuple[FloatArray, FloatArray]:
        return self.first[~np.isnan(self.first)], self.second[~np.isnan(self.second)]


def paired(metric: Metric, a: Sequence[Round], b: Sequence[Round], seed: int = 0) -> Paired:
    """Return the effects of the rounds, ``a[i]`` against ``b[i]``."""
    first, second = values(metric, a), values(metric, b)
    with np.errstate(invalid="ignore"):  # inf - inf: neither side had an answer, so nothing is known of their ratio
        return Paired(second - first, metric.scale, seed)


def unpaired(metric: Metric, a: Sequence[Round], b: Sequence[Round], seed: int = 0) -> Unpaired:
    """Return the rounds of both sides."""
    return Unpaired(values(metric, a), values(metric, b), metric.scale, seed)


def values(metric: Metric, rounds: Sequence[Round]) -> FloatArray:
    """Return the metric's value in each round as effects are measured (logarithms for ratios); nan: no samples."""
    raw = np.array([each[metric.name].value if metric.name in each else math.nan for each in rounds], np.float64)
    return np.log(raw) if metric.scale is Scale.RATIO else raw
