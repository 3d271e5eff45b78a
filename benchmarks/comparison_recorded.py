"""What the statistics of ``loadsim gate --baseline`` promise, and what no statistics can, held to it by simulation.

Two sets of rounds are simulated, the baseline's first and then the others, in the noise models of ``comparison``. No
coin orders them, so the level is exact only where rounds of both times are alike but for chance. What sets two times
apart is simulated too: a machine of another speed, which the calibrations in the records show, and a neighbour who is
there for one of the two, which they do not.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.comparison import (
    PRIMARY,
    REQUESTS,
    SD,
    TAIL_NOISE,
    Array,
    Noise,
    autocorrelated,
    heavy_tailed,
    normal,
    recorded,
    with_outliers,
)
from benchmarks.results import Report, progress
from loadsim.baseline import is_of_another_machine, speed_of
from loadsim.compare import LEVEL, EffectRecord, Round, Scale, conclude, effects, shuffles

ROUNDS = 6
CALIBRATION_SD = 0.03
"""Of a calibration's logarithm on a busy machine."""
EXCHANGEABLE: dict[str, Noise] = {"normal": normal, "heavy-tailed": heavy_tailed, "with outliers": with_outliers}
NOISES: dict[str, Noise] = {**EXCHANGEABLE, "autocorrelated": autocorrelated}
_STUDENT = {8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179, 16: 2.120, 18: 2.101}


def one_side(rng: np.random.Generator, noise: Noise, rounds: int, slower: float = 0.0) -> list[Round]:
    """Return the rounds of one time: p50 and p99 share noise, the p99 scatters more, 1 % of requests fail."""
    times, more = noise(rng, rounds), noise(rng, rounds)
    own = math.sqrt(TAIL_NOISE**2 - 1)
    return recorded(times + slower, times + own * more + slower, rng.binomial(REQUESTS, 0.01, rounds))


def is_worse(a: list[Round], b: list[Round]) -> bool:
    """Whether the primary metrics say so; margins are kept out, which could only lower it."""
    margins = {"p50": 1e-9, "p99": 1e-9, "error_rate": 1e-9}
    found = effects(a, b, primary=PRIMARY, margins=margins, design="unpaired")
    return conclude(found, invalid=(), interrupted=False) == "worse"


def welch(first: Array, second: Array) -> tuple[float, float]:
    """Return Welch's 95 % interval, degrees of freedom rounded to those of the table below."""
    parts = [float(np.var(side, ddof=1)) / len(side) for side in (first, second)]
    freedom = sum(parts) ** 2 / sum(part**2 / (ROUNDS - 1) for part in parts)
    nearest = min(_STUDENT, key=lambda known: abs(known - freedom))
    middle, half = float(second.mean() - first.mean()), _STUDENT[nearest] * math.sqrt(sum(parts))
    return middle - half, middle + half


def coverage(report: Report, repeats: int) -> bool:
    """Say how often the intervals hold the truth, and how wide they are."""
    table = report.table(
        f"Coverage of the 95 % intervals over {repeats:,} comparisons of {ROUNDS} rounds a side; median width of a "
        "ratio's",
        *("noise", "ranks (times)", "wide", "sizes (shares)", "wide", "Welch's t", "wide"),
    )
    held = True
    for name, noise in NOISES.items():
        progress(f"coverage: {name}")
        rng = np.random.default_rng([11, len(name)])
        found: dict[str, list[tuple[float, float]]] = {"ranks": [], "sizes": [], "t": []}
        for _ in range(repeats):
            a, b = noise(rng, ROUNDS), noise(rng, ROUNDS) + 0.1
            found["ranks"].append(shuffles.interval(a, b, Scale.RATIO, LEVEL) or (-math.inf, math.inf))
            found["sizes"].append(shuffles.interval(a, b, Scale.SHARE, LEVEL) or (-math.inf, math.inf))
            found["t"].append(welch(a, b))
        cells = [name]
        for ends in found.values():
            share = float(np.mean([low <= 0.1 <= high for low, high in ends]))
            cells += [f"{share:.1%}", f"{np.median([math.expm1(high - low) for low, high in ends]):.1%}"]
        held &= name not in EXCHANGEABLE or all(float(cells[place].rstrip("%")) >= 94 for place in (1, 3))
        table.add(*cells)
    return held


def false_alarms(report: Report, repeats: int) -> bool:
    """Say how often the same thing is called worse than itself."""
    table = report.table(
        f"Called worse though it is the same: {repeats:,} A/A comparisons (of other than {ROUNDS} rounds a tenth), "
        "three primary metrics",
        *("noise", "4 rounds a side", "6", "10", "one round a side, p50 by 10 %"),
    )
    held = True
    for name, noise in NOISES.items():
        progress(f"false alarms: {name}")
        rng = np.random.default_rng([12, len(name)])
        cells = [name]
        for rounds in (4, 6, 10):
            few = repeats if rounds == ROUNDS else max(200, repeats // 10)
            share = sum(is_worse(one_side(rng, noise, rounds), one_side(rng, noise, rounds)) for _ in range(few)) / few
            cells.append(f"{share:.2%}")
            held &= name not in EXCHANGEABLE or rounds != ROUNDS or share <= 0.03
        threshold = np.mean([noise(rng, 1)[0] - noise(rng, 1)[0] > math.log(1.1) for _ in range(repeats)])
        table.add(*cells, f"{threshold:.2%}")
    return held


def power(report: Report, repeats: int) -> None:
    """Say how often a slow-down is found."""
    table = report.table(
        f"Found to be worse, {repeats:,} comparisons each, in normal noise of {SD:.0%} a round",
        *("slower by", "4 rounds a side", "6", "10", "16"),
    )
    for slower in (0.05, 0.1, 0.2, 0.3):
        progress(f"power: {slower:.0%}")
        rng = np.random.default_rng([13, round(100 * slower)])
        cells = [f"{slower:.0%}"]
        for rounds in (4, 6, 10, 16):
            found = 0
            for _ in range(repeats):
                a, b = one_side(rng, normal, rounds), one_side(rng, normal, rounds, math.log1p(slower))
                found += conclude(_effects(a, b), invalid=(), interrupted=False) == "worse"
            cells.append(f"{found / repeats:.0%}")
        table.add(*cells)


def _effects(a: list[Round], b: list[Round]) -> list[EffectRecord]:
    return effects(a, b, primary=PRIMARY, design="unpaired")


def two_times(report: Report, repeats: int) -> bool:
    """Say what comes of two times that differ in what is not the system's doing."""
    table = report.table(
        f"The same thing recorded at two times that differ, {repeats:,} comparisons each of {ROUNDS} rounds a side",
        *("what differs, SD", "seen by the calibrations", "called worse", "another machine: inconclusive"),
    )
    held = True
    for apart in (0.02, 0.05, 0.1, 0.2, 0.4):
        for seen in (True, False):
            progress(f"two times, {apart:.0%} apart, {'seen' if seen else 'not seen'}")
            rng = np.random.default_rng([14, round(100 * apart), seen])
            worse = other = 0
            for _ in range(repeats):
                offset = float(rng.normal(0, apart))
                if _another_machine(rng, offset if seen else 0.0):
                    other += 1
                    continue
                a, b = one_side(rng, normal, ROUNDS), one_side(rng, normal, ROUNDS, offset)
                worse += conclude(_effects(a, b), invalid=(), interrupted=False) == "worse"
            table.add(f"{apart:.0%}", "yes" if seen else "no", f"{worse / repeats:.1%}", f"{other / repeats:.1%}")
            held &= not seen or worse / repeats <= LEVEL
    return held


def _another_machine(rng: np.random.Generator, offset: float) -> bool:
    before, now = (np.exp(rng.normal(shift, CALIBRATION_SD, (2, ROUNDS))) for shift in (0.0, offset))
    return any(is_of_another_machine(speed_of("interpreter", before[work], now[work])) for work in (0, 1))


def main(share: int = 1) -> None:
    """Simulate one of ``share`` comparisons, and write ``results/comparison_recorded.md``."""
    command = "\n\n    python -m benchmarks.comparison_recorded [--quick]"
    report = Report("comparison_recorded", (__doc__ or "").strip() + command)
    checks: dict[str, Callable[[], bool]] = {
        "intervals cover in at least 94 % (but for autocorrelated rounds)": partial(coverage, report, 4000 // share),
        "worse by mistake in at most 3 % (but for autocorrelated rounds)": partial(
            false_alarms, report, 10_000 // share
        ),
        "a machine of another speed called worse in at most 5 %": partial(two_times, report, 500 // share),
    }
    for what, check in checks.items():
        report.remark(f"{what}: {'held' if check() else 'NOT held'}")
    power(report, 200 // share)
    report.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the comparisons")
    main(20 if parser.parse_args().quick else 1)
