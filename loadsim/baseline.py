"""Recorded rounds held against a baseline of rounds recorded earlier: worse, not worse, or not to be told.

The statistics are ``compare``'s for rounds that nothing pairs: what sets the two apart is judged by shuffling which
side each round belongs to. That is exact as long as nothing but chance, and what is to be found, sets the two times
apart. Whether the machine does is asked of the calibrations that the records carry, by the same test. Where it does, or
where the rounds are too few, nothing passes and nothing fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from loadsim.compare import LEVEL, EffectRecord, Round, Scale, conclude, default_primary, effects, readings
from loadsim.compare.effects import MARGIN_TIMES
from loadsim.compare.samples import Unpaired
from loadsim.compare.set_aside import set_aside
from loadsim.compare.shuffles import LEAST_ROUNDS
from loadsim.compare.sign_flips import FloatArray
from loadsim.compare.traffic import check_same_traffic
from loadsim.errors import UsageError, nearest
from loadsim.record import RunRecord, Verdict, why_invalid

Runs = Sequence[tuple[Path, RunRecord]]
Work = Literal["interpreter", "system_calls"]

WORK: Mapping[Work, str] = {"interpreter": "a loop of the interpreter", "system_calls": "a system call"}
VERDICTS: Mapping[str, Verdict] = {"worse": "fail", "inconclusive": "inconclusive"}
"""What an effect, or all primary ones together, come to; everything else passes."""
INSTEAD = (
    "Run both in one job, in interleaved rounds, in which the machine counts for neither: loadsim compare BASE HEAD "
    "--scenario NAME, each a URL, a topology or a configuration of loadsim.toml."
)
_NOT_COMPARED = "the two cannot be set against each other"
_APART = (
    "The two were recorded at different times, and no coin ordered them: what the calibration does not show, such as a "
    "neighbour who was there the whole time, counts as an effect. 'loadsim compare' of both in one job is free of that."
)


class Speed(msgspec.Struct, kw_only=True):
    """How many times as long a fixed piece of work takes on the machine of these runs as on that of the baseline."""

    work: Work
    ratio: float | None
    """None where a run carries no calibration."""
    p: float | None


class BaselineRecord(msgspec.Struct, kw_only=True):
    """These runs against those of the baseline."""

    verdict: Verdict
    reasons: list[str]
    """Why nothing can be told, whatever the effects are."""
    notes: list[str]
    """What a reader has to know of how the rounds came about."""
    baseline: list[str]
    """Directories of the rounds that counted."""
    runs: list[str]
    speed: list[Speed]
    primary: list[str]
    effects: list[EffectRecord]
    """These runs against the baseline; all inconclusive where there are ``reasons``."""


def hold_against(
    baseline: Runs, runs: Runs, *, primary: Sequence[str] = (), margins: Mapping[str, float] | None = None
) -> BaselineRecord:
    """Judge the runs. UsageError where the two are no two sets of rounds of one experiment."""
    check_same_traffic([*baseline, *runs])
    _check_apart(baseline, runs)
    named = primary or default_primary(closed=runs[0][1].manifest.model == "closed")
    old, new = counted(baseline), counted(runs)
    speed = [speed_of(work, calibrations(work, old), calibrations(work, new)) for work in WORK]
    machines = list(_machines(old, new, speed))
    reasons = [*_unsound(old), *_too_few(old, new), *machines, *([INSTEAD] if machines else [])]
    before, now = ([readings(record) for _, record in side] for side in (old, new))
    _check_there(primary, [*before, *now])
    found = effects(
        before,
        now,
        primary=named,
        margins=margins,
        design="unpaired",
    )
    if reasons:
        found = [msgspec.structs.replace(effect, verdict="inconclusive", reason=_NOT_COMPARED) for effect in found]
    return BaselineRecord(
        verdict=VERDICTS.get(conclude(found, invalid=(), interrupted=False), "pass"),
        reasons=reasons,
        notes=[
            _APART,
            *_left_out(baseline, old, "of the baseline"),
            *_left_out(runs, new, "of these runs"),
            *_hosts(old, new),
        ],
        baseline=[str(path) for path, _ in old],
        runs=[str(path) for path, _ in new],
        speed=speed,
        primary=list(named),
        effects=found,
    )


def counted(runs: Runs) -> list[tuple[Path, RunRecord]]:
    """Return the runs that count: those that came to their end, without a few in which the machine was in the way."""
    complete = [run for run in runs if run[1].complete]
    aside = set_aside([record for _, record in complete], at_least=LEAST_ROUNDS)
    return [run for place, run in enumerate(complete) if place not in aside]


def speed_of(work: Work, before_s: FloatArray, now_s: FloatArray) -> Speed:
    """Return how many times as long the work takes now; nan: a run that carries no calibration."""
    if not len(before_s) or not len(now_s) or np.isnan([*before_s, *now_s]).any():
        return Speed(work=work, ratio=None, p=None)
    sample = Unpaired(np.log(before_s), np.log(now_s), Scale.RATIO)
    return Speed(work=work, ratio=math.exp(sample.estimate()), p=sample.p_value())


def is_of_another_machine(speed: Speed) -> bool:
    """Tell whether the speeds clearly differ: by more than chance, and by as much as a p50 is allowed to."""
    if speed.ratio is None or speed.p is None:
        return False
    return speed.p <= LEVEL and abs(math.log(speed.ratio)) > math.log1p(MARGIN_TIMES)


def _check_apart(baseline: Runs, runs: Runs) -> None:
    old = {path.resolve() for path, _ in baseline}
    both = next((path for path, _ in runs if path.resolve() in old), None)
    if both is not None:
        raise UsageError(
            f"'{both}' is on both sides: a run is no baseline of its own",
            hint="Give the earlier runs to --baseline, and only the later ones before it.",
        )


def _check_there(primary: Sequence[str], rounds: Sequence[Round]) -> None:
    """Raise UsageError for a metric that was asked for and that no round has."""
    there = sorted({name for each in rounds for name in each})
    for name in primary:
        if there and name not in there:
            raise UsageError(f"--primary {name}: no round has a value for it", hint=nearest(name, there))


def _unsound(old: Runs) -> Iterator[str]:
    bad = [(path, reasons[0]) for path, record in old if (reasons := why_invalid(record))]
    if bad:
        path, reason = bad[0]
        more = f" (and {len(bad) - 1} more of its rounds)" if len(bad) > 1 else ""
        yield f"the baseline is not sound, record it again: '{path}'{more}: {reason}"


def _too_few(old: Runs, new: Runs) -> Iterator[str]:
    for side, runs in (("the baseline", old), ("these runs", new)):
        if len(runs) < LEAST_ROUNDS:
            it_takes = f"{len(runs)} of the {LEAST_ROUNDS} rounds that it takes on each side"
            yield f"{side}: {it_takes}; 'loadsim run --repeat 6' makes six."


def calibrations(work: Work, runs: Runs) -> FloatArray:
    """Return how long the work took before each run; nan: its record does not say."""
    return np.array([getattr(record.manifest.calibration, f"{work}_s", math.nan) for _, record in runs], np.float64)


def _machines(old: Runs, new: Runs, speed: Sequence[Speed]) -> Iterator[str]:
    """Yield how the machine of these runs is clearly another than the baseline's."""
    cores = [sorted({str(record.manifest.host.get("cpu_count")) for _, record in side}) for side in (old, new)]
    if old and new and cores[0] != cores[1]:
        counts = [" or ".join(side) for side in cores]
        yield f"the baseline is of another machine: it had {counts[0]} CPUs, these runs had {counts[1]}."
    if any(each.ratio is None for each in speed) and old and new:
        yield "how fast the machine was is not in every record, so nobody knows whether it was the same."
    apart = [each for each in speed if is_of_another_machine(each)]
    if apart:
        told = " and ".join(f"{WORK[each.work]} takes {each.ratio:.2f} times as long" for each in apart)
        yield f"the baseline is of a machine of another speed: {told} on that of these runs."


def _left_out(given: Runs, kept: Runs, of: str) -> Iterator[str]:
    there = {path for path, _ in kept}
    for path, record in given:
        if path not in there:
            why = "the machine held up the generator" if record.complete else "it was cut short"
            yield f"'{path}' {of} does not count: {why}."


def _hosts(old: Runs, new: Runs) -> Iterator[str]:
    for key, what in (("processor", "processor"), ("python", "Python")):
        named = [sorted({str(record.manifest.host.get(key)) for _, record in side}) for side in (old, new)]
        if old and new and named[0] != named[1]:
            there, here = (", ".join(side) for side in named)
            yield f"The {what} was another: {there} for the baseline, {here} for these runs."
