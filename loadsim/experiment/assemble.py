"""From what was measured to the run record, its verdict, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loadsim.objectives import Objective, evaluate, verdict
from loadsim.summary import summarise

from loadsim.experiment.machine import Cpus
from loadsim.experiment.prepare import Shape
from loadsim.experiment.session import Measured
from loadsim.experiment.subject import Subject
from loadsim.record import RunRecord
from loadsim.settings import RunSettings
from loadsim.wire import Plan


def make_record(
    run_id: str,
    started_at: datetime,
    settings: RunSettings,
    plan: Plan,
    shape: Shape,
    subject: Subject,
    cpus: Cpus,
    measured: Measured,
    objectives: Sequence[Objective],
) -> RunRecord:
    """Close the recorder and return the whole record with its verdict."""
    collector = measured.collector
    recorder = collector.recorder
    recorder.close()
    summary = summarise(recorder, scheduled=_scheduled(measured), errors=collector.errors, peaks=_peaks(measured))
    observed = observe(recorder, summary)
    evaluated = [evaluate(objective, observed) for objective in objectives]
    found, reasons = verdict(evaluated, _invalid(measured, summary))
    return RunRecord(
        manifest=_manifest(run_id, started_at, settings, plan, shape, subject, cpus),
        complete=collector.finished and measured.interrupted is None and not measured.aborted_by,
        verdict=found,
        reasons=reasons + [f"ended early: {text}" for text in measured.aborted_by],
        warnings=_warnings(measured, cpus),
        objectives=evaluated,
        **summary.parts(),
    )
