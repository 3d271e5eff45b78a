"""One run from settings to its directory: target up, engine, record, report."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.assemble import close_and_summarise, judge, make_manifest, observe_live
from loadsim.experiment.collect import Collector
from loadsim.experiment.machine import Cpus, keep_off, refuse_windows, share_out_cpus
from loadsim.experiment.prepare import drawn_seed, find_scenario, http_settings, make_plan, shape_of
from loadsim.experiment.run_directory import make_run_directory, run_id
from loadsim.experiment.session import Measured, Session
from loadsim.experiment.subject import Subject, bundled_target
from loadsim.measure.run_files import write_run_files
from loadsim.objectives import broken_aborts, exit_code, parse_objective
from loadsim.record import RunRecord, write_record
from loadsim.report.terminal import Steps, print_summary, view_for
from loadsim.settings import RunSettings
from loadsim.wire import Plan

_SETTLE_S = 1.0
"""How long ago a window must have ended to be judged while the run goes on: answers need time to come."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run leaves: its record, where its files are, and how the command ends."""

    record: RunRecord
    directory: Path
    report: Path | None
    seen: Sequence[str]
    exit_code: ExitCode

    def print_summary(self, console: Console) -> None:
        """Print the end of the run on one screen."""
        print_summary(console, self.record, self.directory, self.report, self.seen)


def run(settings: RunSettings, console: Console, *, quiet: bool = False) -> Result:
    """Make the traffic, measure, write record and report. Raises what can be told before any traffic."""
    refuse_windows()
    scenario = find_scenario(settings.scenario)
    shape = shape_of(settings, scenario)
    objectives = [parse_objective(text) for text in settings.objectives]
    topology = None if settings.target is not None else settings.topology or "balanced"
    started_at = datetime.now(UTC)
    identity = run_id(settings.name, topology, started_at)
    directory = make_run_directory(settings.out, identity)
    cpus = share_out_cpus()
    keep_off(cpus)
    steps = Steps(console, quiet=quiet)
    subject = (
        nullcontext(Subject(url=settings.target))
        if settings.target is not None
        else bundled_target(topology or "balanced", settings.topology_overrides, cpus, steps)
    )
    with subject as target:
        http = http_settings(settings, target.url, stranger=not target.bundled)
        plan = make_plan(settings, shape, drawn_seed(settings), http, cpus, bundled=target.bundled)
        collector = Collector(plan, shape.phases, target.pools, [objective.selection() for objective in objectives])

        def broken(time_s: float) -> list[str]:
            aborting = [objective for objective in objectives if objective.abort]
            if not aborting or time_s <= _SETTLE_S:
                return []
            return broken_aborts(aborting, observe_live(collector.recorder, time_s - _SETTLE_S))

        title = " · ".join(part for part in (settings.name, topology, target.url) if part)
        session = Session(plan, shape, target, collector, view_for(console, quiet), title, broken)
        measured = session.play()
    summary = close_and_summarise(measured, plan)
    manifest = make_manifest(identity, started_at, settings, plan, shape, target, cpus)
    record = judge(measured, summary, objectives, manifest, _warnings(plan, cpus, measured))
    write_record(record, directory)
    write_run_files(collector.recorder, directory, started_at_s=started_at.timestamp())
    report, seen = _report(directory, steps)
    return Result(record, directory, report, seen, measured.interrupted or exit_code(record.verdict))


def _report(directory: Path, steps: Steps) -> tuple[Path | None, list[str]]:
    """Write the report; a failure there loses nothing that was measured, and is said."""
    from loadsim.report.rundata import load_run
    from loadsim.report.write import sentences, write_report

    with steps.step("writing the report") as step:
        try:
            return write_report(directory), sentences(load_run(directory))
        except (LoadsimError, OSError) as error:
            step.say(f"the report could not be written: {error}; 'loadsim report {directory}' tries again")
            return None, []


def _warnings(plan: Plan, cpus: Cpus, measured: Measured) -> list[str]:
    ready = measured.collector.ready
    warnings = list(ready.notes) if ready else []
    if set(cpus.engine) == set(cpus.target):
        warnings.append("engine and target share their CPUs: each slows the other down")
    if ready and not ready.precise_timer:
        warnings.append("this system has no precise timer: the schedule is coarser, by about a millisecond")
    if plan.http.proxy:
        warnings.append("requests go through the proxy of the environment")
    return warnings
