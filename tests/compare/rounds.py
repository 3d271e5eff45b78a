"""Rounds to compare: what a machine does to pairs of runs, in the noise models that are named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loadsim.compare import Reading, Round

Array = np.ndarray
Noise = Callable[[np.random.Generator, int], Array]
"""Generator, number of slots -> what each slot adds to the logarithm of a time (standard deviation about 0.07)."""

SD = 0.07


def normal(rng: np.random.Generator, slots: int) -> Array:
    return rng.normal(0, SD, slots)


def heavy_tailed(rng: np.random.Generator, slots: int) -> Array:
    return rng.standard_t(3, slots) * SD / np.sqrt(3)


def autocorrelated(rng: np.random.Generator, slots: int) -> Array:
    noise = rng.normal(0, SD, slots)
    for slot in range(1, slots):
        noise[slot] = 0.6 * noise[slot - 1] + 0.8 * noise[slot]
    return noise


def drifting(rng: np.random.Generator, slots: int) -> Array:
    return np.linspace(0, 0.3, slots) + rng.normal(0, SD, slots)


def with_outliers(rng: np.random.Generator, slots: int) -> Array:
    return rng.normal(0, SD, slots) + np.where(rng.random(slots) < 0.1, rng.exponential(0.5, slots), 0.0)


NOISES: dict[str, Noise] = {
    "normal": normal,
    "heavy-tailed": heavy_tailed,
    "autocorrelated": autocorrelated,
    "drifting": drifting,
    "with outliers": with_outliers,
}


def paired_effects(rng: np.random.Generator, noise: Noise, rounds: int, effect: float) -> Array:
    """Return the differences of logarithms, B against A, of rounds whose order a coin decides."""
    slots = noise(rng, 2 * rounds).reshape(rounds, 2)
    return effect + np.where(rng.random(rounds) < 0.5, 1, -1) * (slots[:, 1] - slots[:, 0])


def timed(log_times: Array, name: str = "p50") -> list[Round]:
    """Return rounds that have this metric only."""
    return [{name: Reading(float(np.exp(value)), 1000)} for value in log_times]
