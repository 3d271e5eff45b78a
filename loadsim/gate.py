"""Recorded runs held to objectives, for a pipeline that has to go on or to stop. Reads run directories, nothing else.

Each run is judged by itself, and the worst verdict counts: an unsound run among good ones says that the pipeline does
not measure, a broken objective in one run of four is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from loadsim.baseline import BaselineRecord, counted, hold_against
from loadsim.errors import SpecError, UsageError
from loadsim.objectives import Objective, RecordedRun, judge_recorded, parse_objective, verdict, worst
from loadsim.record import ObjectiveRecord, RunRecord, Verdict, read_record, why_invalid

SCHEMA = "loadsim.gate/1"

_CUT_SHORT = "the run was cut short: what it would have come to is not known"

Objectives = Callable[[RunRecord], Sequence[Objective]]
"""What a run is held to; nothing: to the objectives that it carries itself."""


class GatedRun(msgspec.Struct, kw_only=True):
    """One run, what it was held to, and what came of it."""

    run: str
    """Its directory."""
    id: str
    scenario: str
    target: str
    topology: str | None
    started_at: str
    duration_s: float
    problems: list[str]
    """What is wrong with the run itself: it was invalid, or cut short."""
    verdict: Verdict
    reasons: list[str]
    objectives: list[ObjectiveRecord]


class GateRecord(msgspec.Struct, kw_only=True):
    """What ``loadsim gate --json`` prints."""

    schema: str = SCHEMA
    loadsim: str
    verdict: Verdict
    runs: list[GatedRun]
    baseline: BaselineRecord | None = None
    """These runs against earlier ones, where there were any to hold them against."""


class Baseline(NamedTuple):
    """Earlier rounds, and what decides whether these are worse."""

    runs: Sequence[RecordedRun]
    primary: Sequence[str] = ()
    margins: Mapping[str, float] = {}


def find_runs(given: Sequence[Path]) -> list[RecordedRun]:
    """Read run directories, and all those below a directory that is none itself. UsageError for what is no run."""
    return [_read(path) for each in given for path in _runs_in(each)]


def gate(
    runs: Sequence[RecordedRun], objectives: Objectives, loadsim: str, baseline: Baseline | None = None
) -> GateRecord:
    """Judge every run, and all of them against a baseline.

    UsageError for a run that is held to nothing, for a damaged file of one, and for a baseline of other traffic.
    """
    held_to = [
        (run, objectives(run.record) or _own(run, baseline)) for run in runs
    ]  # all of them, before any is judged
    against = None
    if baseline is not None:
        pairs = _pairs(runs)
        against = hold_against(_pairs(baseline.runs), pairs, primary=baseline.primary, margins=baseline.margins)
        set_aside = {path for path, record in pairs if record.complete} - {path for path, _ in counted(pairs)}
        held_to = [(run, each) for run, each in held_to if run.directory not in set_aside]
    gated = [_judge(run, each) for run, each in held_to]
    found = worst([*(each.verdict for each in gated), *([against.verdict] if against else [])])
    if found is None:
        raise UsageError("there is no run to judge", hint="Give the directories of runs.")
    return GateRecord(loadsim=loadsim, verdict=found, runs=gated, baseline=against)


def to_json(record: GateRecord) -> str:
    """Return what ``--json`` prints."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n"


def gate_schema() -> dict[str, object]:
    """Return the JSON schema of it."""
    return msgspec.json.schema(GateRecord)


def _runs_in(given: Path) -> list[Path]:
    if not given.is_dir() or (given / "run.json").exists():
        return [given]
    found = sorted(file.parent for file in given.glob("**/run.json"))
    return found or [given]


def _read(path: Path) -> RecordedRun:
    return RecordedRun(path if path.is_dir() else path.parent, read_record(path))


def _pairs(runs: Sequence[RecordedRun]) -> list[tuple[Path, RunRecord]]:
    return [(run.directory, run.record) for run in runs]


def _own(run: RecordedRun, baseline: Baseline | None) -> list[Objective]:
    """Return the objectives that a run was made with; a run that is held against a baseline needs none."""
    if not run.record.objectives and baseline is None:
        raise UsageError(
            f"there is nothing to hold '{run.directory}' to: the run had no objectives",
            hint="Give some, such as --objective 'p99 < 250ms', or write them in loadsim.toml.",
        )
    try:
        return [parse_objective(objective.expression) for objective in run.record.objectives]
    except SpecError as error:
        what = f"an objective of '{run.directory}' cannot be taken"
        raise UsageError(f"{what}: {error.message}", hint=error.hint) from None


def _judge(run: RecordedRun, objectives: Sequence[Objective]) -> GatedRun:
    record = run.record
    judged = [judge_recorded(objective, run) for objective in objectives]
    invalid = why_invalid(record)
    found, reasons = verdict(judged, invalid)
    problems = [*invalid, *([] if record.complete else [_CUT_SHORT])]
    if found is None:  # held to a baseline only, which is asked of all runs together
        found = "pass"
    if problems and found == "pass":
        found = "inconclusive"
    if not record.complete:
        reasons = [_CUT_SHORT, *reasons]
    manifest = record.manifest
    return GatedRun(
        run=str(run.directory),
        id=manifest.id,
        scenario=manifest.scenario,
        target=manifest.target,
        topology=manifest.topology,
        started_at=manifest.started_at,
        duration_s=manifest.duration_s,
        problems=problems,
        verdict=found,
        reasons=reasons,
        objectives=judged,
    )
