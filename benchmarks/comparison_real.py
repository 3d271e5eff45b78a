"""How often ``loadsim compare`` calls the bundled target worse than itself.

Rounds of the target against itself are made as ``compare`` makes them: two runs of one seed, one after the other, each
on a target brought up afresh. Comparisons of ten consecutive rounds are cut from them, beginning anywhere, with fresh
coins: 'worse' is a false alarm each time. Cut from the same rounds they are not independent; the bound is for as many
comparisons as if they were, and the share of rounds that were set aside is told.
"""

from __future__ import annotations

import argparse
import io
import math
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.results import Report, progress
from loadsim.compare import Round, conclude, effects, readings
from loadsim.compare.set_aside import started_late
from loadsim.experiment import run
from loadsim.experiment.comparison import round_seed
from loadsim.record import RunRecord
from loadsim.settings import RunSettings, load_settings

PRIMARY = ("error_rate", "p50", "p99")
ROUNDS_EACH = 10
SEED = 1
TRAFFIC = {"topology": "monolith", "rate": "20/s", "duration": "4s", "warmup": "1s"}


def one_run(settings: RunSettings, seed: int, directory: Path) -> RunRecord:
    """Return the record of one run."""
    quiet = Console(file=io.StringIO())
    return run(replace(settings, seed=seed, out=directory), quiet, quiet=True, report=False).record


def make_rounds(count: int, directory: Path) -> tuple[list[tuple[Round, Round]], Counter[str]]:
    """Return rounds of the target against itself, and how many were made and set aside."""
    settings = load_settings("read-heavy", TRAFFIC)
    rounds: list[tuple[Round, Round]] = []
    made: Counter[str] = Counter()
    while len(rounds) < count and made["rounds"] < 2 * count:
        made["rounds"] += 1
        number = made["rounds"]
        pair = [one_run(settings, round_seed(SEED, number), directory / f"{number}-{letter}") for letter in "ab"]
        if not all(record.complete for record in pair):
            raise KeyboardInterrupt
        if any(record.verdict == "invalid" for record in pair):
            late = all(started_late(record) for record in pair if record.verdict == "invalid")
            made["late" if late else "invalid"] += 1
            continue
        rounds.append((readings(pair[0]), readings(pair[1])))
        if len(rounds) % 10 == 0:
            progress(f"{len(rounds)} of {count} rounds")
    return rounds, made


def verdicts(rounds: list[tuple[Round, Round]], comparisons: int) -> Counter[str]:
    """Return what comparisons cut from the rounds come to."""
    rng = np.random.default_rng(SEED)
    found: Counter[str] = Counter()
    for _ in range(comparisons):
        start = int(rng.integers(0, len(rounds) - ROUNDS_EACH + 1))
        pairs = [pair if rng.random() < 0.5 else pair[::-1] for pair in rounds[start : start + ROUNDS_EACH]]
        judged = effects([a for a, _ in pairs], [b for _, b in pairs], primary=PRIMARY)
        found[conclude(judged, invalid=(), interrupted=False)] += 1
        found["noise of p50, %"] += round(100 * _noise(pairs, "p50"))
        found["noise of p99, %"] += round(100 * _noise(pairs, "p99"))
    return found


def _noise(pairs: list[tuple[Round, Round]], name: str) -> float:
    ratios = [math.log(b[name].value / a[name].value) for a, b in pairs if name in a and name in b]
    return float(np.std([ratio for ratio in ratios if math.isfinite(ratio)], ddof=1))


def upper_bound(alarms: int, of: int) -> float:
    """Return Wilson's upper 95 % bound of a share."""
    share, z = alarms / of, 1.645
    middle = share + z**2 / (2 * of)
    return (middle + z * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))) / (1 + z**2 / of)


def main(count: int = 100, comparisons: int = 200) -> None:
    """Make rounds, cut comparisons from them, write ``results/comparison_real.md``."""
    command = "\n\n    python -m benchmarks.comparison_real [--rounds N] [--comparisons N]"
    report = Report("comparison_real", (__doc__ or "").strip() + command)
    with tempfile.TemporaryDirectory() as scratch:
        rounds, made = make_rounds(count, Path(scratch))
    if len(rounds) < ROUNDS_EACH:
        report.remark(f"only {len(rounds)} of {made['rounds']} rounds were sound: this machine is too busy")
        return
    found = verdicts(rounds, comparisons)
    table = report.table(f"{comparisons} comparisons of the bundled target against itself", "conclusion", "share")
    for verdict in ("worse", "better", "equivalent", "inconclusive"):
        table.add(verdict, f"{found[verdict] / comparisons:.1%}")
    bound = upper_bound(found["worse"], comparisons)
    report.remark(f"worse by mistake: upper 95 % bound {bound:.1%}, at most 5 % is wanted: {_held(bound <= 0.05)}")
    noise = [f"{found[f'noise of {name}, %'] / comparisons:.0f} % for the {name}" for name in ("p50", "p99")]
    report.remark(f"paired effects scatter by {' and '.join(noise)}")
    report.remark(f"{made['rounds']} rounds made, {made['late']} set aside for late starts, {made['invalid']} invalid")
    report.finish()


def _held(held: bool) -> str:
    return "held" if held else "NOT held"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--comparisons", type=int, default=200)
    options = parser.parse_args()
    main(options.rounds, options.comparisons)
