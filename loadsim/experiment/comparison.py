"""A comparison made now: rounds in which both sides run one after the other, each brought up afresh.

In a round both sides get the same arrivals and choices (one seed), in an order that a coin decides; the next round has a
seed of its own. Seeds and coins come from the comparison's seed, so that it can be made again as it was.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console

from loadsim import __version__
from loadsim.compare import (
    EffectRecord,
    Round,
    conclude,
    default_primary,
    effects,
    foresee,
    is_answered,
    readings,
)
from loadsim.compare.record import CompareManifest, CompareRecord, Conclusion, RoundRecord, SideRecord
from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.compare_result import CompareResult, finish
from loadsim.experiment.interrupts import Interrupted, Interrupts
from loadsim.experiment.run_directory import run_directory, run_id
from loadsim.experiment.runs import run
from loadsim.experiment.sides import Side, shape_of_side
from loadsim.randomness import derive
from loadsim.record import RunRecord
from loadsim.redact import redact_argv
from loadsim.report.comparison_words import foreseen, in_short
from loadsim.report.terminal import Steps
from loadsim.settings import CompareSettings

Letter = Literal["a", "b"]
FORESEE_AFTER = 4
"""Of fewer rounds the noise is a guess."""


@dataclass(slots=True)
class _Rounds:
    """What has been run so far."""

    directory: Path
    records: list[RoundRecord] = field(default_factory=list)
    a: list[Round] = field(default_factory=list)
    b: list[Round] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    interrupted: ExitCode | None = None
    found: list[EffectRecord] = field(default_factory=list)


def compare_now(
    sides: tuple[Side, Side], settings: CompareSettings, seed: int, out: Path | None, console: Console, *, quiet: bool
) -> CompareResult:
    """Run the rounds, judge, write compare.json and its report. Raises what can be told before any traffic."""
    a, b = sides
    settings = replace(settings, primary=_primary(sides, settings.primary))
    started_at = datetime.now(UTC)
    identity = run_id(a.settings.name, "compare", started_at)
    steps = Steps(console, quiet=quiet)
    with Interrupts() as interrupts, run_directory(out, identity) as directory:
        manifest = _manifest(identity, started_at, sides, settings, seed)
        rounds = _Rounds(directory)
        try:
            _play(rounds, sides, settings, seed, steps, console, quiet=quiet)
        except (KeyboardInterrupt, Interrupted) as stop:
            rounds.interrupted = getattr(stop, "exit_code", None) or interrupts.exit_code or ExitCode.INTERRUPTED
            if not rounds.records:
                raise
        interrupts.hold()
        return finish(_record(manifest, settings, rounds), directory, steps, rounds.interrupted)


def coin(seed: int, number: int) -> tuple[Letter, Letter]:
    """Return which side comes first in a round, and which second."""
    return ("a", "b") if derive(seed, f"order of round {number}") & 1 else ("b", "a")


def round_seed(seed: int, number: int) -> int:
    """Return the seed of both runs of a round."""
    return derive(seed, f"traffic of round {number}") >> 32


def _play(
    rounds: _Rounds,
    sides: tuple[Side, Side],
    settings: CompareSettings,
    seed: int,
    steps: Steps,
    console: Console,
    *,
    quiet: bool,
) -> None:
    """Run rounds until the last look, an answer, an interrupt, or a run that makes the whole invalid."""
    for number in range(1, settings.rounds + 1):
        most = f"at most {settings.rounds}" if settings.is_auto else str(settings.rounds)
        with steps.step(f"round {number} of {most}") as step:
            order = coin(seed, number)
            played: dict[Letter, RunRecord] = {}
            for letter in order:
                side = sides["ab".index(letter)]
                step.say(f"{side.name} ({'first' if letter == order[0] else 'second'})")
                own = replace(
                    side.settings,
                    seed=round_seed(seed, number),
                    out=rounds.directory / "rounds" / f"{number:02d}-{letter}",
                )
                result = run(own, console, quiet=True, report=False)
                played[letter] = result.record
                if result.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
                    rounds.interrupted = result.exit_code
                    break
            _take(rounds, number, order, played, sides)
            step.say(in_short(sides[0].name, sides[1].name, played.get("a"), played.get("b")))
        if rounds.interrupted or rounds.invalid:
            return
        if number == FORESEE_AFTER and not quiet and number < settings.rounds:
            reach = foresee(
                rounds.a, rounds.b, primary=settings.primary, rounds=settings.rounds, level=settings.level
            )
            console.print(foreseen(reach, settings.rounds))
        if number in settings.looks[:-1] and is_answered(_effects(rounds, settings)):
            return


def _take(
    rounds: _Rounds,
    number: int,
    order: tuple[Letter, Letter],
    played: dict[Letter, RunRecord],
    sides: tuple[Side, Side],
) -> None:
    complete = len(played) == 2 and all(record.complete for record in played.values())
    rounds.records.append(
        RoundRecord(
            number=number,
            seed=next((record.manifest.seed for record in played.values()), None),
            order="ab" if order == ("a", "b") else "ba",
            a=f"rounds/{number:02d}-a" if "a" in played else None,
            b=f"rounds/{number:02d}-b" if "b" in played else None,
            counted=complete,
        )
    )
    for letter, record in played.items():
        if record.verdict == "invalid":
            name = sides["ab".index(letter)].name
            rounds.invalid.append(f"round {number}, {name}: {record.reasons[0] if record.reasons else 'invalid'}")
    if complete:
        rounds.a.append(readings(played["a"]))
        rounds.b.append(readings(played["b"]))


def _effects(rounds: _Rounds, settings: CompareSettings) -> list[EffectRecord]:
    return effects(
        rounds.a, rounds.b, primary=settings.primary, margins=settings.margins, design="interleaved",
        level=settings.level,
    )  # fmt: skip


def _record(manifest: CompareManifest, settings: CompareSettings, rounds: _Rounds) -> CompareRecord:
    found = _effects(rounds, settings) if rounds.a else []
    invalid = rounds.invalid
    return CompareRecord(
        manifest=manifest,
        complete=rounds.interrupted is None and not invalid,
        rounds=rounds.records,
        effects=found,
        notes=[],
        conclusion=Conclusion(
            verdict=conclude(found, invalid=invalid, interrupted=rounds.interrupted is not None),
            sentences=[],
            reasons=[*invalid, *_cut_short(rounds, settings)],
        ),
    )


def _cut_short(rounds: _Rounds, settings: CompareSettings) -> list[str]:
    if rounds.interrupted is None:
        return []
    made = sum(each.counted for each in rounds.records)
    return [f"interrupted after {made} of {settings.rounds} rounds: stopping when one likes decides nothing"]


def _primary(sides: tuple[Side, Side], given: Sequence[str]) -> tuple[str, ...]:
    """Return the primary metrics. UsageError for those that this traffic cannot have."""
    closed = sides[0].settings.model == "closed"
    primary = tuple(given) or default_primary(closed=closed)
    phases = [phase.name for phase in shape_of_side(sides[0]).phases]
    for name in primary:
        if closed and name.startswith(("p", "mean")) and "(service)" not in name:
            raise UsageError(f"--primary {name}: the closed model knows no response time", hint="Take p99(service).")
        phase = name.partition("[phase=")[2].rstrip("]").strip('"')
        if phase and (phase not in phases or len(phases) < 2):
            raise UsageError(
                f"--primary {name}: the profile has no phase '{phase}'", hint=f"It has: {', '.join(phases)}."
            )
    return primary


def _manifest(
    identity: str, started_at: datetime, sides: tuple[Side, Side], settings: CompareSettings, seed: int
) -> CompareManifest:
    traffic = shape_of_side(sides[0])
    return CompareManifest(
        id=identity,
        loadsim=__version__,
        started_at=started_at.isoformat().replace("+00:00", "Z"),
        scenario=sides[0].settings.scenario,
        profile=traffic.profile.spec(),
        duration_s=traffic.duration_s,
        warmup_s=traffic.warmup_s,
        seed=seed,
        a=_side_record(sides[0]),
        b=_side_record(sides[1]),
        design="interleaved",
        rounds_planned=settings.rounds,
        looks=list(settings.looks),
        level=settings.level,
        primary=list(settings.primary),
        argv=redact_argv(["loadsim", *sys.argv[1:]]),
    )


def _side_record(side: Side) -> SideRecord:
    own = side.settings.target is not None
    return SideRecord(
        given=side.given,
        name=side.name,
        target=side.given if own else "the bundled target",
        topology=None if own else side.settings.topology or "balanced",
    )
