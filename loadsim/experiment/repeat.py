"""``run --repeat``: the same experiment several times, so that a reader, and a gate, see how far its figures scatter.

Each round is a run of its own, with a seed and a directory of its own and the target brought up afresh. The seeds are
those of a comparison of the same seed, so two sets of rounds may be given the same traffic.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from loadsim import __version__
from loadsim.compare.shuffles import LEAST_ROUNDS
from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.comparison import round_seed
from loadsim.experiment.interrupts import Interrupted, Interrupts
from loadsim.experiment.prepare import drawn_seed, find_scenario, shape_of
from loadsim.experiment.run_directory import run_directory, run_id
from loadsim.experiment.runs import Result, run
from loadsim.experiment.socket_plan import default_topology
from loadsim.objectives import exit_code, worst
from loadsim.report.comparison.words import in_short
from loadsim.report.terminal import Steps, print_rounds
from loadsim.report.terminal.words import DIM
from loadsim.rounds import RepeatedRun, RoundsRecord, write_rounds
from loadsim.settings import RunSettings
from loadsim.units import format_duration

_GRAVEST = (ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.INTERNAL)
"""Ends of a command that count before any verdict."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the rounds leave: their results, where they are, what could not be written, how the command ends."""

    record: RoundsRecord
    results: tuple[Result, ...]
    directory: Path
    problems: tuple[LoadsimError, ...]
    exit_code: ExitCode

    def print_summary(self, console: Console) -> None:
        """Print all rounds on one screen."""
        rounds = [(result.directory, result.record) for result in self.results]
        print_rounds(console, rounds, self.record, self.directory)


def repeat(settings: RunSettings, rounds: int, console: Console, *, quiet: bool = False) -> Repeated:
    """Make the rounds. Raises what can be told before any traffic; an interrupt keeps the rounds there are."""
    steps = Steps(console, quiet=quiet)
    scenario = find_scenario(settings)
    shape = shape_of(settings, scenario)
    topology = None if settings.target is not None else settings.topology or default_topology(scenario, "balanced")
    if not quiet:
        least_s = rounds * (shape.duration_s + shape.warmup_s)
        console.print(f"{rounds} rounds: {format_duration(least_s)} of traffic", style=DIM, soft_wrap=True)
        if rounds < LEAST_ROUNDS:
            console.print(
                f"{rounds} rounds can be held to objectives; to hold them against a baseline takes {LEAST_ROUNDS}",
                style=DIM,
                soft_wrap=True,
            )
    seed = drawn_seed(settings)
    identity = run_id(settings.name, topology, datetime.now(UTC))
    with Interrupts() as interrupts, run_directory(settings.out, identity) as directory:
        made = Rounds(settings, seed, rounds, directory, partial(run, console=console, quiet=True))
        try:
            made.play(steps)
        except (KeyboardInterrupt, Interrupted):
            if not made.results:
                raise
            made.interrupted = interrupts.exit_code or ExitCode.INTERRUPTED
        interrupts.hold()
        return made.finish()


class Rounds:
    """The rounds as they are made. ``make_run`` runs what it is told, to its end."""

    def __init__(
        self,
        settings: RunSettings,
        seed: int,
        rounds: int,
        directory: Path,
        make_run: Callable[[RunSettings], Result],
    ) -> None:
        self._settings, self._seed, self._rounds, self._directory = settings, seed, rounds, directory
        self._make_run = make_run
        self.results: list[Result] = []
        self.interrupted: ExitCode | None = None

    def play(self, steps: Steps) -> None:
        """Run one after the other, to the last one or an interrupt."""
        for number in range(1, self._rounds + 1):
            with steps.step(f"round {number} of {self._rounds}") as step:
                result = self._make_run(
                    replace(
                        self._settings, seed=round_seed(self._seed, number), out=self._directory / self._name(number)
                    )
                )
                self.results.append(result)
                with suppress(OSError):  # said at the end, if it still is so
                    write_rounds(self.record(), self._directory)
                step.say(in_short({result.record.verdict or "done": result.record}))
            if result.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
                self.interrupted = result.exit_code
                return

    def record(self) -> RoundsRecord:
        """Return what there is so far; the worst round counts."""
        return RoundsRecord(
            loadsim=__version__,
            scenario=self._settings.name,
            seed=self._seed,
            rounds_planned=self._rounds,
            complete=len(self.results) == self._rounds and all(result.record.complete for result in self.results),
            verdict=worst(result.record.verdict for result in self.results if result.record.verdict is not None),
            rounds=[
                RepeatedRun(
                    number=number,
                    seed=result.record.manifest.seed,
                    run=self._name(number),
                    complete=result.record.complete,
                    verdict=result.record.verdict,
                    reasons=result.record.reasons,
                )
                for number, result in enumerate(self.results, start=1)
            ],
        )

    def finish(self) -> Repeated:
        """Write down what there is, and say how it ends."""
        record = self.record()
        problems = [problem for result in self.results for problem in result.problems]
        try:
            write_rounds(record, self._directory)
        except OSError as error:
            why = error.strerror or str(error)
            problems.append(LoadsimError(f"rounds.json could not be written in '{self._directory}': {why}"))
        ends = {result.exit_code for result in self.results} | ({ExitCode.INTERNAL} if problems else set())
        gravest = next((end for end in _GRAVEST if end in ends), None)
        code = self.interrupted or gravest or exit_code(record.verdict)
        return Repeated(record, tuple(self.results), self._directory, tuple(problems), code)

    def _name(self, number: int) -> str:
        """Return a name that sorts by number."""
        return f"{number:0{len(str(self._rounds))}d}"
