"""What the statistics of ``loadsim compare`` promise, held to it by simulation.

Rounds are simulated: each slot of a round is shifted by noise of a named kind, a coin decides which side has which
slot. In all but the last two kinds, which are worse, a round's effect scatters by 10 % at most; there a slow-down has
to be found. Beside loadsim stands what is done otherwise with the same rounds: Student's interval, a fixed threshold
(k6), and Mann-Whitney on pooled samples, which takes each request for an independent observation.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.results import Report, progress
from loadsim.compare import LEVEL, Reading, Round, Scale, conclude, effects, is_answered, level_of_look, looks
from loadsim.compare.multiple import benjamini_yekutieli
from loadsim.compare.power import detectable
from loadsim.compare.sign_flips import interval, p_value

Array = npt.NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Array]

SD = 0.07
"""Of a slot's logarithm: some 10 % for the difference of two."""
PRIMARY = ("error_rate", "p50", "p99")
REQUESTS = 2_000
TAIL_NOISE = 2.0
"""How many times as much the p99 scatters as the p50."""


def normal(rng: np.random.Generator, slots: int) -> Array:
    """Return independent normal noise."""
    return rng.normal(0, SD, slots)


def heavy_tailed(rng: np.random.Generator, slots: int) -> Array:
    """Return Student's t with three degrees of freedom."""
    return rng.standard_t(3, slots) * SD / math.sqrt(3)


def autocorrelated(rng: np.random.Generator, slots: int) -> Array:
    """Return an autoregressive process, 0.6 from slot to slot."""
    noise = rng.normal(0, SD, slots)
    for slot in range(1, slots):
        noise[slot] = 0.6 * noise[slot - 1] + 0.8 * noise[slot]
    return noise


def drifting(rng: np.random.Generator, slots: int) -> Array:
    """Return a machine that becomes 35 % slower from the first slot to the last."""
    return np.asarray(np.linspace(0, 0.3, slots) + rng.normal(0, SD, slots), np.float64)


def warming(rng: np.random.Generator, slots: int) -> Array:
    """Return rounds whose second slot is 5 % slower than the first, by a difference that wanders."""
    second = 0.05 + np.cumsum(rng.normal(0, 0.02, slots))
    return np.asarray(np.where(np.arange(slots) % 2, second, 0.0) + rng.normal(0, SD, slots), np.float64)


def with_outliers(rng: np.random.Generator, slots: int) -> Array:
    """Return slots of which a neighbour takes one in ten: slower by half in the mean."""
    return np.asarray(rng.normal(0, SD, slots) + (rng.random(slots) < 0.1) * rng.exponential(0.5, slots), np.float64)


NOISES: dict[str, Noise] = {
    "normal": normal,
    "heavy-tailed": heavy_tailed,
    "autocorrelated": autocorrelated,
    "drifting": drifting,
    "second slot slower": warming,
    "with outliers": with_outliers,
}
HARD = ("second slot slower", "with outliers")


def slots_of(rng: np.random.Generator, noise: Noise, rounds: int) -> tuple[Array, Array]:
    """Return what the slots add to side A and to side B, the order thrown by a coin."""
    slots = noise(rng, 2 * rounds).reshape(rounds, 2)
    swapped = rng.random(rounds) < 0.5
    return np.where(swapped, slots[:, 1], slots[:, 0]), np.where(swapped, slots[:, 0], slots[:, 1])


def recorded(times: Array, tails: Array, failed: npt.NDArray[np.int64]) -> list[Round]:
    """Return rounds as their records would be read."""
    return [
        {
            "p50": Reading(math.exp(time), REQUESTS),
            "p99": Reading(math.exp(tail), REQUESTS),
            "error_rate": Reading(float(errors) / REQUESTS, REQUESTS),
        }
        for time, tail, errors in zip(times, tails, failed, strict=True)
    ]


def both_sides(
    rng: np.random.Generator, noise: Noise, rounds: int, slower: float = 0.0, tail: float = 0.0
) -> tuple[list[Round], list[Round]]:
    """Return rounds of both sides: p50 and p99 share noise, the p99 scatters more, 1 % of requests fail."""
    a, b = slots_of(rng, noise, rounds)
    more_a, more_b = slots_of(rng, noise, rounds)
    own = math.sqrt(TAIL_NOISE**2 - 1)
    failed = rng.binomial(REQUESTS, 0.01, (2, rounds))
    return (
        recorded(a, a + own * more_a, failed[0]),
        recorded(b + slower, b + own * more_b + slower + tail, failed[1]),
    )


def student(differences: Array) -> tuple[float, float]:
    """Return Student's 95 % interval for ten rounds."""
    half = 2.262 * float(np.std(differences, ddof=1)) / math.sqrt(len(differences))
    middle = float(np.mean(differences))
    return middle - half, middle + half


def coverage(report: Report, repeats: int) -> bool:
    """Say how often the intervals hold the truth, and how wide they are."""
    table = report.table(
        f"Coverage of the 95 % intervals over {repeats:,} comparisons of ten rounds; median width of a ratio's",
        *("noise", "ranks (times)", "wide", "sizes (shares)", "wide", "Student's t", "wide"),
    )
    held = True
    for name, noise in NOISES.items():
        progress(f"coverage: {name}")
        rng = np.random.default_rng([1, len(name)])
        found: dict[str, list[tuple[float, float]]] = {"ranks": [], "sizes": [], "t": []}
        for _ in range(repeats):
            a, b = slots_of(rng, noise, 10)
            differences = b - a + 0.1
            found["ranks"].append(interval(differences, Scale.RATIO, LEVEL) or (-math.inf, math.inf))
            found["sizes"].append(interval(differences, Scale.SHARE, LEVEL) or (-math.inf, math.inf))
            found["t"].append(student(differences))
        cells = [name]
        for ends in found.values():
            share = float(np.mean([low <= 0.1 <= high for low, high in ends]))
            cells += [f"{share:.1%}", f"{np.median([math.expm1(high - low) for low, high in ends]):.1%}"]
        held &= all(float(cells[place].rstrip("%")) >= 94 for place in (1, 3))
        table.add(*cells)
    return held


def false_alarms(report: Report, repeats: int) -> bool:
    """Say how often the same thing is called worse than itself."""
    table = report.table(
        f"Called worse though it is the same: {repeats:,} A/A comparisons (from --rounds auto on a tenth), "
        "three primary metrics",
        *("noise", "ten rounds", "--rounds auto", "five looks at 5 %", "one metric a 10 % threshold"),
    )
    held = True
    for name, noise in NOISES.items():
        progress(f"false alarms: {name}")
        rng = np.random.default_rng([2, len(name)])
        fixed = sum(is_worse(*both_sides(rng, noise, 10)) for _ in range(repeats))
        few = max(200, repeats // 10)
        auto, peeked, threshold = 0, 0, 0
        for _ in range(few):
            a, b = both_sides(rng, noise, 40)
            auto += sequential(a, b)[0] == "worse"
            peeked += any(
                p_value(ratio(a[:n], b[:n], "p50"), Scale.RATIO) <= LEVEL and np.median(ratio(a[:n], b[:n], "p50")) > 0
                for n in looks(40)
            )
            threshold += bool(b[0]["p50"].value > 1.1 * a[0]["p50"].value)
        table.add(
            name, *(f"{n / of:.2%}" for n, of in ((fixed, repeats), (auto, few), (peeked, few), (threshold, few)))
        )
        held &= fixed / repeats <= 0.03
    return held


def ratio(a: Sequence[Round], b: Sequence[Round], name: str) -> Array:
    """Return the logarithms of B's value over A's."""
    return np.array([math.log(y[name].value / x[name].value) for x, y in zip(a, b, strict=True)])


def is_worse(a: Sequence[Round], b: Sequence[Round]) -> bool:
    """Whether the primary metrics say so; margins are kept out, which could only lower it."""
    margins = {"p50": 1e-9, "p99": 1e-9, "error_rate": 1e-9}
    return conclude(effects(a, b, primary=PRIMARY, margins=margins), invalid=(), interrupted=False) == "worse"


def sequential(a: Sequence[Round], b: Sequence[Round]) -> tuple[str, int]:
    """Return the conclusion of ``--rounds auto`` and after how many rounds it came."""
    places = looks(len(a))
    for rounds in places:
        found = effects(a[:rounds], b[:rounds], primary=PRIMARY, level=level_of_look(places))
        if is_answered(found):
            break
    return conclude(found, invalid=(), interrupted=False), rounds


def power(report: Report, repeats: int) -> bool:
    """Say how often a slow-down is found, and after how many rounds."""
    table = report.table(
        f"Found to be worse, {repeats:,} comparisons a line",
        *("what is slower", "noise", "ten rounds", "--rounds auto, 40 at most", "rounds: median", "90 %"),
    )
    held = True
    for what, slower, tail in (("all, by 10 %", math.log(1.1), 0.0), ("p99, by 25 %", 0.0, math.log(1.25))):
        for name, noise in NOISES.items():
            progress(f"power: {what}, {name}")
            rng = np.random.default_rng([3, len(name), len(what)])
            fixed, found, rounds = 0, 0, []
            for _ in range(repeats):
                a, b = both_sides(rng, noise, 40, slower, tail)
                ten = effects(a[:10], b[:10], primary=PRIMARY)
                fixed += conclude(ten, invalid=(), interrupted=False) == "worse"
                verdict, after = sequential(a, b)
                found += verdict == "worse"
                rounds.append(after)
            table.add(
                *(what, name, f"{fixed / repeats:.1%}", f"{found / repeats:.1%}"),
                *(f"{np.median(rounds):.0f}", f"{np.quantile(rounds, 0.9):.0f}"),
            )
            held &= found / repeats >= 0.95 or name in HARD
    return held


def discoveries(report: Report, repeats: int) -> bool:
    """Say which share of the exploratory metrics called different are not."""
    table = report.table(
        "Exploratory metrics: 50, ten of them 30 % slower, ten rounds, all sharing half of their noise",
        *("noise", "false among the found", "of the ten found"),
    )
    held = True
    for name, noise in NOISES.items():
        progress(f"discoveries: {name}")
        rng = np.random.default_rng([4, len(name)])
        false, found = [], []
        for _ in range(repeats):
            first, second = slots_of(rng, noise, 10)
            shared, p = second - first, []
            for place in range(50):
                own = np.subtract(*slots_of(rng, noise, 10))
                p.append(p_value((shared + own) / math.sqrt(2) + (math.log(1.3) if place < 10 else 0.0), Scale.RATIO))
            called = np.array(benjamini_yekutieli(p)) <= LEVEL
            false.append(called[10:].sum() / max(1, called.sum()))
            found.append(called[:10].sum() / 10)
        table.add(name, f"{np.mean(false):.2%}", f"{np.mean(found):.1%}")
        held &= float(np.mean(false)) <= LEVEL
    return held


def reach(report: Report, repeats: int) -> bool:
    """Say how often an effect is found that is said to be detectable in 80 % of cases."""
    table = report.table(
        "Found, of effects that are said to be detectable in 80 % of cases (noise known)", "rounds", "5 %", "1 %"
    )
    for rounds in (8, 10, 18, 40):
        rng = np.random.default_rng([5, rounds])
        cells = []
        for level in (0.05, 0.01):
            effect = detectable(0.1, rounds, level)
            ends = (interval(rng.normal(effect, 0.1, rounds), Scale.RATIO, level) for _ in range(repeats))
            cells.append(f"{np.mean([end is not None and end[0] > 0 for end in ends]):.0%}")
        table.add(str(rounds), *cells)
    return True


def pooled(report: Report, repeats: int) -> None:
    """Say what the requests of all rounds thrown together would have said of two that are the same."""
    table = report.table(
        f"Mann-Whitney on the pooled requests of ten rounds, {repeats:,} A/A comparisons", "noise", "called different"
    )
    for name, noise in NOISES.items():
        rng = np.random.default_rng([6, len(name)])
        alarms = 0
        for _ in range(repeats):
            a, b = slots_of(rng, noise, 10)
            first, second = (np.repeat(side, 200) + rng.normal(0, 0.5, 2000) for side in (a, b))
            ranks = np.concatenate([first, second]).argsort().argsort()
            standard = (ranks[:2000].sum() - 2000 * 3999 / 2) / math.sqrt(2000 * 2000 * 4001 / 12)
            alarms += abs(standard) > 1.96
        table.add(name, f"{alarms / repeats:.1%}")


def main(share: int = 1) -> None:
    """Simulate one of ``share`` comparisons, and write ``results/comparison.md``."""
    report = Report("comparison", (__doc__ or "").strip() + "\n\n    python -m benchmarks.comparison [--quick]")
    checks: dict[str, Callable[[], bool]] = {
        "intervals cover in at least 94 %": partial(coverage, report, 1000 // share),
        "worse by mistake in at most 3 %": partial(false_alarms, report, 10_000 // share),
        "slow-downs found in at least 95 % (but for the last two kinds of noise)": partial(power, report, 400 // share),
        "false discoveries at most 5 %": partial(discoveries, report, 200 // share),
        "detectable effects": partial(reach, report, 2000 // share),
    }
    for what, check in checks.items():
        report.remark(f"{what}: {'held' if check() else 'NOT held'}")
    pooled(report, 200 // share)
    report.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the comparisons")
    main(20 if parser.parse_args().quick else 1)
