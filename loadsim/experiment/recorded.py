"""A comparison of rounds recorded earlier: directories of runs, paired as far as their seeds allow.

What was recorded at another time cannot be interleaved after the fact: a drift of the machine between the two times
counts as an effect, and that is said. Runs of the same seeds had the same traffic and are paired by it; others are not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from loadsim import __version__
from loadsim.baseline import WORK, calibrations, is_of_another_machine, speed_of
from loadsim.compare import conclude, default_primary, effects, readings
from loadsim.compare.record import CompareManifest, CompareRecord, Conclusion, Design, RoundRecord, SideRecord
from loadsim.compare.traffic import check_same_traffic
from loadsim.errors import UsageError
from loadsim.experiment.compare_result import CompareResult, finish
from loadsim.experiment.interrupts import Interrupts
from loadsim.experiment.run_directory import run_directory, run_id
from loadsim.record import RunRecord, read_record
from loadsim.redact import redact_argv
from loadsim.report.terminal import Steps
from loadsim.report.text import listed
from loadsim.settings import CompareSettings

_SAME_TRAFFIC = (
    "The rounds were recorded at different times. Those of the same seed are set against each other, so both sides had "
    "the same traffic; but no coin ordered them, and a drift of the machine between the two times counts as an effect."
)
_UNPAIRED = (
    "The rounds were recorded at different times and with different seeds, so they could not be paired: both sides had "
    "traffic of the same shape but not the same arrivals, and a drift of the machine counts as an effect."
)
_INSTEAD = "'loadsim compare' with topologies, configurations or URLs makes interleaved rounds, in which neither does."


@dataclass(frozen=True, slots=True)
class Recorded:
    """One side: its directory as given, and the runs found there, by path."""

    given: str
    name: str
    runs: tuple[tuple[Path, RunRecord], ...]

    @property
    def complete(self) -> list[tuple[Path, RunRecord]]:
        """The runs that came to their end."""
        return [(path, record) for path, record in self.runs if record.complete]


def recorded_sides(given: tuple[str, str]) -> tuple[Recorded, Recorded]:
    """Read both sides. UsageError for a damaged record, or for rounds that had other traffic."""
    a, b = (_read(each) for each in given)
    shapes = [side.runs[0][1].manifest.topology for side in (a, b)]
    if shapes[0] and shapes[1] and shapes[0] != shapes[1]:
        a, b = replace(a, name=shapes[0]), replace(b, name=shapes[1])
    if a.name == b.name:
        a, b = replace(a, name=f"{a.name} (A)"), replace(b, name=f"{b.name} (B)")
    check_same_traffic([*a.runs, *b.runs])
    return a, b


def compare_recorded(
    sides: tuple[Recorded, Recorded], settings: CompareSettings, out: Path | None, console: Console, *, quiet: bool
) -> CompareResult:
    """Judge the rounds that were recorded, write compare.json and its report."""
    first = sides[0].runs[0][1].manifest
    settings = replace(settings, primary=settings.primary or default_primary(closed=first.model == "closed"))
    pairs = _paired(*sides)
    design: Design = "same_traffic" if pairs else "unpaired"
    a = [record for _, record in (sides[0].complete if not pairs else [one for one, _ in pairs])]
    b = [record for _, record in (sides[1].complete if not pairs else [other for _, other in pairs])]
    found = effects(
        [readings(record) for record in a],
        [readings(record) for record in b],
        primary=settings.primary,
        margins=settings.margins,
        design=design,
    )
    invalid = [
        f"'{path}': {record.reasons[0] if record.reasons else 'the run is invalid'}"
        for side in sides
        for path, record in side.complete
        if record.verdict == "invalid"
    ]
    started_at = datetime.now(UTC)
    identity = run_id(first.scenario, "compare", started_at)
    with Interrupts(), run_directory(out, identity) as directory:
        record = CompareRecord(
            manifest=_manifest(identity, started_at, sides, settings, design, max(len(a), len(b))),
            complete=True,
            rounds=_rounds(sides, pairs, directory),
            effects=found,
            notes=_notes(sides, design),
            conclusion=Conclusion(
                verdict=conclude(found, invalid=invalid, interrupted=False), sentences=[], reasons=invalid
            ),
        )
        return finish(record, directory, Steps(console, quiet=quiet), None)


Run = tuple[Path, RunRecord]


def _read(given: str) -> Recorded:
    """Read a run directory, or every run directory below it (as ``run --repeat`` makes them)."""
    directory = Path(given)
    if (directory / "run.json").exists():
        found = [directory]
    else:
        found = sorted(file.parent for file in directory.glob("**/run.json"))
    if not found:
        raise UsageError(
            f"'{given}' holds no recorded run", hint="Give a run directory, or a directory of several of them."
        )
    runs = tuple((path, read_record(path)) for path in found)
    systems = sorted({record.manifest.topology or record.manifest.target for _, record in runs})
    if len(systems) > 1:
        raise UsageError(
            f"'{given}' holds runs of different systems, {listed(systems)}: they are not rounds of one side",
            hint="Give each side a directory of its own; a comparison is shown again by 'loadsim report DIR'.",
        )
    return Recorded(given, directory.resolve().name, runs)


def _paired(a: Recorded, b: Recorded) -> list[tuple[Run, Run]]:
    """Pair the complete runs by their seeds; none where a seed comes twice on a side, or too few are on both."""
    by_seed = [{run[1].manifest.seed: run for run in side.complete} for side in (a, b)]
    if len(by_seed[0]) < len(a.complete) or len(by_seed[1]) < len(b.complete):
        return []
    shared = [seed for seed in by_seed[0] if seed in by_seed[1]]
    least = min(len(a.complete), len(b.complete))
    return [(by_seed[0][seed], by_seed[1][seed]) for seed in shared] if shared and len(shared) == least else []


def _rounds(sides: tuple[Recorded, Recorded], pairs: Sequence[tuple[Run, Run]], directory: Path) -> list[RoundRecord]:
    if pairs:
        columns = [(one[0], other[0], one[1].manifest.seed) for one, other in pairs]
        return [
            RoundRecord(
                number=number, seed=seed, order=None, a=_shown(one, directory), b=_shown(other, directory), counted=True
            )
            for number, (one, other, seed) in enumerate(columns, start=1)
        ]
    rounds = []
    for number in range(1, max(len(side.runs) for side in sides) + 1):
        here = [side.runs[number - 1] if number <= len(side.runs) else None for side in sides]
        counted = any(run is not None and run[1].complete for run in here)
        a, b = (_shown(run[0], directory) if run is not None else None for run in here)
        rounds.append(RoundRecord(number=number, seed=None, order=None, a=a, b=b, counted=counted))
    return rounds


def _shown(path: Path, directory: Path) -> str:
    whole, base = path.resolve(), directory.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(whole)


def _notes(sides: tuple[Recorded, Recorded], design: Design) -> list[str]:
    notes = [f"{_SAME_TRAFFIC if design == 'same_traffic' else _UNPAIRED} {_INSTEAD}"]
    for side in sides:
        cut = len(side.runs) - len(side.complete)
        if cut:
            notes.append(f"{side.name}: {cut} of {len(side.runs)} runs were cut short and are left out.")
    hosts = {
        (str(record.manifest.host.get("processor")), str(record.manifest.host.get("cpu_count")))
        for side in sides
        for _, record in side.runs
    }
    if len(hosts) > 1:
        notes.append("The rounds come from different machines, whose difference counts as an effect.")
    return [*notes, *_speeds(*sides)]


def _speeds(a: Recorded, b: Recorded) -> Iterator[str]:
    """Yield what takes clearly longer, or less long, on the machine of B."""
    for work, words in WORK.items():
        speed = speed_of(work, calibrations(work, a.complete), calibrations(work, b.complete))
        if is_of_another_machine(speed):
            yield (
                f"The machine was of another speed, which counts as an effect: {words} took {speed.ratio:.2f} times as "
                f"long before the rounds of {b.name}."
            )


def _manifest(
    identity: str,
    started_at: datetime,
    sides: tuple[Recorded, Recorded],
    settings: CompareSettings,
    design: Design,
    rounds: int,
) -> CompareManifest:
    first = sides[0].runs[0][1].manifest
    a, b = (
        SideRecord(
            given=side.given,
            name=side.name,
            target=side.runs[0][1].manifest.target,
            topology=side.runs[0][1].manifest.topology,
        )
        for side in sides
    )
    return CompareManifest(
        id=identity,
        loadsim=__version__,
        started_at=started_at.isoformat().replace("+00:00", "Z"),
        scenario=first.scenario,
        profile=first.profile,
        duration_s=first.duration_s,
        warmup_s=first.warmup_s,
        seed=None,
        a=a,
        b=b,
        design=design,
        rounds_planned=rounds,
        looks=[rounds],
        level=settings.level,
        primary=list(settings.primary),
        argv=redact_argv(["loadsim", *sys.argv[1:]]),
    )
