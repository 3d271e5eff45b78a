"""What so many rounds can detect, given the noise that was seen."""

from __future__ import annotations

import math
from statistics import NormalDist

POWER = 0.8
_normal = NormalDist()


def detectable(noise: float, rounds: int, level: float) -> float:
    """Return the effect that ``rounds`` find in 80 % of cases when paired effects scatter by ``noise`` (SD).

    The customary formula, (t(1 - level/2) + t(power)) * SD / sqrt(n), Student's t with n - 1 degrees of freedom. The
    tests made here are not t tests, but within a few per cent as powerful in normal noise and more so in heavier tails;
    benchmarks/comparison.py holds the formula to them.
    """
    if rounds < 2:
        return math.inf
    return (_student(1 - level / 2, rounds - 1) + _student(POWER, rounds - 1)) * noise / math.sqrt(rounds)


def rounds_for(effect: float, noise: float, level: float, at_most: int) -> int | None:
    """Return how many rounds find ``effect`` in 80 % of cases; None if ``at_most`` do not."""
    return next((n for n in range(2, at_most + 1) if detectable(noise, n, level) <= effect), None)


def _student(share: float, freedom: int) -> float:
    """Return Student's quantile by Cornish and Fisher's expansion: within 1 % from four degrees of freedom on."""
    z = _normal.inv_cdf(share)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return math.fsum(term / float(freedom) ** power for power, term in enumerate(terms))
