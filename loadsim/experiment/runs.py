"""One run from settings to its directory: target up, engine, record, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.assemble import close_and_summarise, judge, make_manifest, observe_live
from loadsim.experiment.bus import bus_record
from loadsim.experiment.calibration import calibrate
from loadsim.experiment.collect import Collector
from loadsim.experiment.counters import counters_of
from loadsim.experiment.fault_player import FaultPlayer
from loadsim.experiment.interrupts import Interrupts
from loadsim.experiment.machine import Cpus, kept_off, share_out_cpus
from loadsim.experiment.prepare import Shape, drawn_seed, find_scenario, http_settings, make_plan, shape_of
from loadsim.experiment.remarks import remarks
from loadsim.experiment.results import write_page, write_results
from loadsim.experiment.run_directory import run_directory, run_id
from loadsim.experiment.session import Session
from loadsim.experiment.socket_plan import default_topology
from loadsim.experiment.subject import Subject, declared_parts, subject_of
from loadsim.experiment.witnesses import Counts, counted, disagreements
from loadsim.faults import check_faults
from loadsim.objectives import Objective, broken_aborts, exit_code, parse_objective
from loadsim.record import RunRecord
from loadsim.report.terminal import Steps, print_summary, view_for
from loadsim.scenarios import SCENARIOS
from loadsim.settings import RunSettings
from loadsim.wire import Plan

_TOPOLOGY = "balanced"
_SETTLE_S = 1.0
"""How long ago a window must have ended to be judged while the run goes on: answers need time to come."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run leaves: its record, where its files are, and how the command ends.

    ``problems`` says what could not be written; the record is whole all the same.
    """

    record: RunRecord
    directory: Path
    report: Path | None
    seen: Sequence[str]
    problems: Sequence[LoadsimError]
    exit_code: ExitCode

    def print_summary(self, console: Console) -> None:
        """Print the end of the run on one screen."""
        kept = None if self.problems else self.directory  # a problem's own words say what is where
        print_summary(console, self.record, kept, self.report, self.seen)


def run(settings: RunSettings, console: Console, *, quiet: bool = False, report: bool = True) -> Result:
    """Make the traffic, measure, write record and report. Raises what can be told before any traffic."""
    scenario = find_scenario(settings)
    shape = shape_of(settings, scenario)
    objectives = [parse_objective(text) for text in settings.objectives]
    default = default_topology(scenario, _TOPOLOGY)
    topology = None if settings.target is not None else settings.topology or default
    check_faults(settings.faults, shape.duration_s, declared_parts(topology, settings) if topology else None)
    started_at = datetime.now(UTC)
    identity = run_id(settings.name, topology, started_at)
    cpus = share_out_cpus()
    steps = Steps(console, quiet=quiet)
    with kept_off(cpus), Interrupts() as interrupts, run_directory(settings.out, identity) as directory:
        calibration = calibrate()
        with subject_of(settings, default, cpus, steps) as subject:
            plan = _plan(settings, shape, subject, cpus)
            collector = Collector(plan, shape.phases, subject.pools, [each.selection() for each in objectives])
            broken = _broken_aborts(objectives, collector)
            title = " · ".join(part for part in (settings.name, subject.topology, subject.url) if part)
            view = view_for(console, quiet)
            faults = FaultPlayer(settings.faults, shape.duration_s, subject.deployment)
            session = Session(plan, shape, subject, collector, view, title, broken, faults, remarks(plan, cpus))
            counters = counters_of(plan.counters, plan.http)
            before = Counts.of(subject)
            measured = session.play(interrupts)
            after = Counts.of(subject)
            measured.counts = counted(collector, before, after)
            all_known = plan.scenario in SCENARIOS
            measured.bus = bus_record(subject.bus_counts)
            measured.warnings.extend(disagreements(collector, before, after, all_known=all_known))
            if counters is not None:
                measured.counters = counters.held_against(collector.recorder.updates, lambda: interrupts.count > 1)
                measured.warnings.extend(counters.warnings)
        summary = close_and_summarise(measured, plan, subject.weights)
        manifest = make_manifest(identity, started_at, settings, plan, shape, subject, cpus, calibration)
        record = judge(measured, plan, summary, objectives, manifest)
        problems = write_results(record, collector.recorder, directory, started_at.timestamp())
        page, seen = _report(directory, steps, problems, interrupts) if report and not problems else (None, [])
    return Result(record, directory, page, seen, problems, _exit_code(record, interrupts.exit_code, problems))


def _plan(settings: RunSettings, shape: Shape, subject: Subject, cpus: Cpus) -> Plan:
    http = http_settings(settings, subject.url, stranger=not subject.bundled)
    return make_plan(settings, shape, drawn_seed(settings), http, cpus, bundled=subject.bundled)


def _broken_aborts(objectives: Sequence[Objective], collector: Collector) -> Callable[[float], list[str]]:
    """Return what says at a time of the run which objectives that may end it are broken."""
    aborting = [objective for objective in objectives if objective.abort]

    def broken(time_s: float) -> list[str]:
        if not aborting or time_s <= _SETTLE_S:
            return []
        return broken_aborts(aborting, observe_live(collector.recorder, time_s - _SETTLE_S))

    return broken


def _report(
    directory: Path, steps: Steps, problems: list[LoadsimError], interrupts: Interrupts
) -> tuple[Path | None, Sequence[str]]:
    """Write the report of what was written; a failure there, or an interrupt, loses nothing, and is said."""
    with steps.step("writing the report") as step:
        try:
            interrupts.release()
            return write_page(directory)
        except KeyboardInterrupt:
            step.say(f"left out; 'loadsim report {directory}' writes it")
        except LoadsimError as error:
            problems.append(error)
        finally:
            interrupts.hold()
    return None, []


def _exit_code(record: RunRecord, interrupted: ExitCode | None, problems: Sequence[LoadsimError]) -> ExitCode:
    if interrupted is not None:
        return interrupted
    return ExitCode.INTERNAL if problems else exit_code(record.verdict)
