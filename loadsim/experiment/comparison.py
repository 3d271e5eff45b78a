"""A comparison made now: rounds in which both sides run one after the other, each brought up afresh.

In a round both sides get the same arrivals and choices (one seed), in an order that a coin decides; the next round has
a seed of its own. Seeds and coins come from the comparison's seed, so that it can be made again as it was.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console

from loadsim import __version__
from loadsim.compare import EffectRecord, Round, conclude, default_primary, effects, foresee, is_answered, readings
from loadsim.compare.record import CompareManifest, CompareRecord, Conclusion, RoundRecord, SideRecord
from loadsim.compare.set_aside import SET_ASIDE_OF, started_late
from loadsim.compare.sign_flips import LEAST_ROUNDS
from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.compare_result import CompareResult, finish
from loadsim.experiment.interrupts import Interrupted, Interrupts
from loadsim.experiment.run_directory import run_directory, run_id
from loadsim.experiment.runs import Result, run
from loadsim.experiment.sides import Side, shape_of_side
from loadsim.measure.recovery import SPIKE
from loadsim.randomness import derive
from loadsim.record import RunRecord
from loadsim.redact import redact_argv
from loadsim.report.comparison.words import foreseen, in_short
from loadsim.report.terminal import Steps
from loadsim.report.terminal.words import DIM
from loadsim.settings import CompareSettings, RunSettings
from loadsim.units import format_duration

Letter = Literal["a", "b"]
FORESEE_AFTER = 4
"""Of fewer rounds the noise is a guess."""
_INTERLEAVED = (
    "A coin decided the order within each round, so that a drift of the machine counts for neither side; both sides of "
    "a round got the same arrivals and choices."
)
_CUT_SHORT = "cut short"
_ASIDE = (
    "did not count and was made again: the machine held up the generator in a run of it, whose times are then its own. "
    "Either side may be hit, so without an effect this leaves the test as exact as it was."
)
_STOOD = "stood the whole time, and found in each round what the ones before had left."


def compare_now(
    sides: tuple[Side, Side], settings: CompareSettings, seed: int, out: Path | None, console: Console, *, quiet: bool
) -> CompareResult:
    """Run the rounds, judge, write compare.json and its report. Raises what can be told before any traffic."""
    settings = replace(settings, primary=checked_primary(sides[0], settings.primary))
    started_at = datetime.now(UTC)
    identity = run_id(sides[0].settings.scenario, "compare", started_at)
    steps = Steps(console, quiet=quiet)

    def tell(text: str) -> None:
        if not quiet:
            console.print(text, style=DIM, soft_wrap=True)

    traffic = shape_of_side(sides[0])
    least_s = 2 * settings.rounds * (traffic.duration_s + traffic.warmup_s)
    tell(f"{_most(settings).capitalize()} rounds of two runs: {format_duration(least_s)} of traffic")
    if settings.rounds < LEAST_ROUNDS:
        tell(f"{settings.rounds} rounds give figures, but no verdict: that takes {LEAST_ROUNDS}")
    with Interrupts() as interrupts, run_directory(out, identity) as directory:
        made = Interleaved(sides, settings, seed, directory, partial(run, console=console, quiet=True, report=False))
        try:
            made.play(steps, tell)
        except (KeyboardInterrupt, Interrupted):
            if not made.rounds:
                raise
            made.interrupted = interrupts.exit_code or ExitCode.INTERRUPTED
        interrupts.hold()
        record = made.record(make_manifest(identity, started_at, sides, settings, seed))
        return finish(record, directory, steps, made.interrupted)


def coin(seed: int, number: int) -> tuple[Letter, Letter]:
    """Return which side comes first in a round, and which second."""
    return ("a", "b") if derive(seed, f"order of round {number}") & 1 else ("b", "a")


def round_seed(seed: int, number: int) -> int:
    """Return the seed of both runs of a round."""
    return derive(seed, f"traffic of round {number}") >> 32


class Interleaved:
    """The rounds as they are made, and what they come to. ``make_run`` runs what it is told, to its end.

    An invalid run makes the whole invalid, with one exception: a round in which the machine held up the generator is
    set aside and made again, in up to one of five.
    """

    def __init__(
        self,
        sides: tuple[Side, Side],
        settings: CompareSettings,
        seed: int,
        directory: Path,
        make_run: Callable[[RunSettings], Result],
    ) -> None:
        self._sides: dict[Letter, Side] = {"a": sides[0], "b": sides[1]}
        self._settings, self._seed, self._directory = settings, seed, directory
        self._make_run = make_run
        self.rounds: list[RoundRecord] = []
        self.interrupted: ExitCode | None = None
        self._invalid: list[str] = []
        self._read: dict[Letter, list[Round]] = {"a": [], "b": []}

    def play(self, steps: Steps, tell: Callable[[str], None]) -> None:
        """Run rounds until the last look, an answer, an interrupt, or a run that makes the whole invalid."""
        settings = self._settings
        while len(self._read["a"]) < settings.rounds:
            number, before = len(self.rounds) + 1, len(self._read["a"])
            with steps.step(f"round {before + 1} of {_most(settings)}") as step:
                if not settings.is_auto:
                    step.progress(before / settings.rounds)
                played: dict[Letter, RunRecord] = {}
                try:
                    for letter in coin(self._seed, number):
                        step.say(self._sides[letter].name)
                        played[letter] = self._run(letter, number)
                        if self.interrupted:
                            break
                finally:
                    self._take(number, played)
                step.say(in_short({self._sides[letter].name: played[letter] for letter in sorted(played)}))
            if self.interrupted or self._invalid:
                return
            counted = len(self._read["a"])
            if counted == before:
                held_up = [self._sides[letter].name for letter in played if played[letter].verdict == "invalid"]
                tell(f"  set aside and made again: the machine held up the generator ({', '.join(held_up)})")
                continue
            if counted == FORESEE_AFTER < settings.rounds:
                self._foresee(tell)
            if counted in settings.looks[:-1] and is_answered(self._effects(primary_only=True)):
                return

    def record(self, manifest: CompareManifest) -> CompareRecord:
        """Return what the rounds come to; its sentences are still to be written."""
        found = self._effects()
        reasons = list(self._invalid)
        if self.interrupted:
            counted = sum(each.counted for each in self.rounds)
            planned = self._settings.rounds
            reasons.append(
                f"interrupted after {counted} of {planned} rounds: where one stops at will, nothing is decided"
            )
        verdict = conclude(found, invalid=self._invalid, interrupted=self.interrupted is not None)
        return CompareRecord(
            manifest=manifest,
            complete=not self.interrupted and not self._invalid,
            rounds=self.rounds,
            effects=found,
            notes=self._notes(),
            conclusion=Conclusion(verdict=verdict, sentences=[], reasons=reasons),
        )

    def _notes(self) -> list[str]:
        notes = [_INTERLEAVED]
        stood = [side.name for side in self._sides.values() if side.settings.target is not None]
        if stood:
            notes.append(f"{' and '.join(stood)} {_STOOD}")
        aside = [each.number for each in self.rounds if each.why_not not in ("", _CUT_SHORT)]
        if aside and not self._invalid:
            which = "Round" if len(aside) == 1 else "Rounds"
            notes.append(f"{which} {', '.join(map(str, aside))} {_ASIDE}")
        return notes

    def _run(self, letter: Letter, number: int) -> RunRecord:
        side = self._sides[letter]
        own = replace(side.settings, seed=round_seed(self._seed, number), out=self._directory / _path(letter, number))
        result = self._make_run(own)
        if result.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
            self.interrupted = result.exit_code
        self._invalid += [f"round {number}, {side.name}: {problem.message}" for problem in result.problems]
        return result.record

    def _take(self, number: int, played: Mapping[Letter, RunRecord]) -> None:
        if not played:
            return
        why_not = self._why_not(number, played)
        self.rounds.append(
            RoundRecord(
                number=number,
                seed=round_seed(self._seed, number),
                order="ab" if coin(self._seed, number)[0] == "a" else "ba",
                a=_path("a", number) if "a" in played else None,
                b=_path("b", number) if "b" in played else None,
                counted=not why_not,
                why_not=why_not,
            )
        )
        for letter, record in played.items() if not why_not else ():
            self._read[letter].append(readings(record))

    def _why_not(self, number: int, played: Mapping[Letter, RunRecord]) -> str:
        """Return why a round does not count, empty if it does; note what makes the whole invalid."""
        bad = {letter: record for letter, record in played.items() if record.verdict == "invalid"}
        reasons = [
            f"{self._sides[letter].name}: {(record.reasons or ['invalid'])[0]}" for letter, record in bad.items()
        ]
        aside = sum(not each.counted for each in self.rounds)
        if not all(started_late(record) for record in bad.values()):
            self._invalid += [f"round {number}, {reason}" for reason in reasons]
        elif bad and aside >= self._settings.rounds // SET_ASIDE_OF:
            again = f" (set aside before: {aside})" if aside else ""
            self._invalid += [f"round {number}{again}, {reason}" for reason in reasons]
        if reasons:
            return "; ".join(reasons)
        if len(played) == 2 and all(record.complete for record in played.values()):
            return ""
        if not self.interrupted:
            self._invalid.append(f"round {number} was cut short")
        return _CUT_SHORT

    def _effects(self, *, primary_only: bool = False) -> list[EffectRecord]:
        settings = self._settings
        sides: list[Sequence[Round]] = [self._read["a"], self._read["b"]]
        if primary_only:
            sides = [[{name: r[name] for name in settings.primary if name in r} for r in side] for side in sides]
        return effects(
            *sides,
            primary=settings.primary,
            margins=settings.margins,
            level=settings.level,
        )

    def _foresee(self, tell: Callable[[str], None]) -> None:
        settings = self._settings
        reach = foresee(
            self._read["a"], self._read["b"], primary=settings.primary, rounds=settings.rounds, level=settings.level
        )
        if reach:
            tell(f"  {foreseen(reach, settings.rounds)}")


def _most(settings: CompareSettings) -> str:
    return f"at most {settings.rounds}" if settings.is_auto else str(settings.rounds)


def _path(letter: Letter, number: int) -> str:
    return f"rounds/{number:02d}-{letter}"


def checked_primary(side: Side, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the primary metrics. UsageError for those that this traffic cannot have."""
    closed = side.settings.model == "closed"
    primary = given or default_primary(closed=closed)
    phases = [phase.name for phase in shape_of_side(side).phases]
    for name in primary:
        if closed and name.startswith(("p", "mean")) and "(service)" not in name:
            raise UsageError(f"--primary {name}: the closed model knows no response time", hint="Take p99(service).")
        if name == "recovery" and SPIKE not in phases and not side.settings.faults:
            raise UsageError(
                f"--primary {name}: this traffic has no spike, so there is nothing to recover from",
                hint="Take a profile with a spike, such as that of the scenario 'spiky'.",
            )
        phase = name.partition("[phase=")[2].rstrip("]").strip('"')
        if phase and (phase not in phases or len(phases) < 2):
            raise UsageError(
                f"--primary {name}: the profile has no phase '{phase}'", hint=f"It has: {', '.join(phases)}."
            )
    return primary


def make_manifest(
    identity: str, started_at: datetime, sides: tuple[Side, Side], settings: CompareSettings, seed: int
) -> CompareManifest:
    """Return what is compared, and how."""
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
