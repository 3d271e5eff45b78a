"""How evenly requests fell on the backends of a pool.

With x the requests of each of n backends, each divided by its weight where the balancer has weights:

    Jain's index       J = (sum x)^2 / (n sum x^2)         1 when all are equal, 1/n when one has everything
    variation          CV = sd(x) / mean(x)                of the population; J = 1 / (1 + CV^2)
    chi-square         X^2 = sum (count - expected)^2 / expected,  p = Q((n - 1) / 2, X^2 / 2)

p is the chance of a split at least this uneven if every request chose its backend independently with the expected
shares: small means systematically uneven, close to 1 more even than chance (as round robin is).

Sources: Jain, Chiu, Hawe, "A Quantitative Measure of Fairness", DEC-TR-301 (1984); DLMF 8.2, 8.7.3, 8.9.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_PRECISION = 1e-15
_MAX_TERMS = 100_000


@dataclass(frozen=True, slots=True)
class Evenness:
    """``jain`` and ``cv`` are None without requests, ``chi2_p`` for fewer than two backends, too."""

    backends: int
    jain: float | None
    cv: float | None
    chi2_p: float | None


def evenness(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> Evenness:
    """Return how evenly ``counts`` fall; by ``weights`` (all > 0, one for each backend) where they should be uneven."""
    total = sum(counts.values())
    if not total:
        return Evenness(len(counts), None, None, None)
    weight = [1.0 if weights is None else weights[backend] for backend in counts]
    if min(weight) <= 0:
        raise ValueError(f"weights must be positive: {weights}")
    values = [count / w for count, w in zip(counts.values(), weight, strict=True)]
    squares = math.fsum(value * value for value in values)
    center = math.fsum(values) / len(values)
    variance = math.fsum((value - center) ** 2 for value in values) / len(values)
    expected = [total * w / math.fsum(weight) for w in weight]
    statistic = math.fsum((count - e) ** 2 / e for count, e in zip(counts.values(), expected, strict=True))
    return Evenness(
        backends=len(counts),
        jain=math.fsum(values) ** 2 / (len(values) * squares),
        cv=math.sqrt(variance) / center,
        chi2_p=chi_square_tail(statistic, len(counts) - 1) if len(counts) > 1 else None,
    )


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Return P(X >= statistic) of the chi-square distribution."""
    a, x = degrees / 2, statistic / 2
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    return max(0.0, 1.0 - scale * _lower_series(a, x)) if x < a + 1 else min(1.0, scale * _upper_fraction(a, x))


def _lower_series(a: float, x: float) -> float:
    """Return sum x^k / (a (a+1) ... (a+k)): the lower incomplete gamma function over x^a e^-x (DLMF 8.7.3)."""
    term = total = 1 / a
    for k in range(1, _MAX_TERMS):
        term *= x / (a + k)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _upper_fraction(a: float, x: float) -> float:
    """Return the continued fraction of the upper one over x^a e^-x (DLMF 8.9.2), by Lentz's method."""
    b = x + 1 - a
    c, d = math.inf, 1 / b
    result = d
    for k in range(1, _MAX_TERMS):
        numerator = -k * (k - a)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        result *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return result
