"""Objectives judged by a run directory alone: what the run itself would have said, or that the record cannot tell.

``run.json`` keeps a few quantiles of each part of the traffic, the histogram log whole distributions by interval. Work
without an answer has no time and is not in the log; ``due.csv`` says how much of it, and how much that failed, was due
in which second, for all routes, backends and classes together. What none of them tells is inconclusive, with the
reason: a gate must not guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loadsim.errors import UsageError
from loadsim.measure.histogram import empty
from loadsim.measure.run_files import HISTOGRAMS
from loadsim.measure.selection import Distribution, Selected, Selection, Tally
from loadsim.objectives.evaluation import Observed, evaluate
from loadsim.objectives.grammar import Objective
from loadsim.objectives.metrics import Metric
from loadsim.objectives.recorded_due import Due, due_by_window, due_within
from loadsim.objectives.recorded_log import counts_by_window, counts_of
from loadsim.objectives.recorded_parts import Part, part_of
from loadsim.objectives.recorded_sockets import RecordedSockets
from loadsim.objectives.times import Times, UntoldError, is_recorded
from loadsim.record import ObjectiveRecord, Quantiles, RunRecord

_NOTHING = Quantiles()
_OF_ITERATIONS = ("iteration_error_rate", "started", "goodput", "rate")


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run directory: where its files are, and its record."""

    directory: Path
    record: RunRecord


def judge_recorded(objective: Objective, run: RecordedRun) -> ObjectiveRecord:
    """Judge one objective by what a run left. UsageError for a file of it that is damaged."""
    observed = _observed(run.record, partial(_selected, run, objective.metric))
    try:
        return evaluate(objective, observed)
    except UntoldError as untold:
        return ObjectiveRecord(
            expression=objective.expression,
            observed=None,
            bound=objective.bound,
            verdict="inconclusive",
            samples=0,
            reason=str(untold),
        )


def _observed(record: RunRecord, selected: Callable[[Selection], Selected[Times]]) -> Observed:
    shares: dict[str, dict[str, float]] = {}
    for name, backend in record.backends.items():
        if backend.share is not None:
            shares.setdefault(backend.pool or "all", {})[name] = backend.share
    return Observed(
        duration_s=record.manifest.duration_s,
        selected=selected,
        jain={pool: balance.jain for pool, balance in record.balance.items()},
        shares=shares,
        recoveries=[recovery.recovery_s for recovery in record.recoveries],
        sockets=None if record.websockets is None else RecordedSockets(record.websockets),
        consistency=record.consistency,
        until_s=_measured_s(record),
        seen={
            "route": list(record.routes),
            "backend": list(record.backends),
            "pool": list(record.balance),
            "phase": [phase.name for phase in record.phases],
            "class": list(record.classes),
            "outcome": list(record.outcomes),
        },
    )


def _measured_s(record: RunRecord) -> float:
    """Return how much of the measured window took place, which is what the offered rate was taken over."""
    duration_s, load = record.manifest.duration_s, record.load
    if not load.offered_rate:
        return duration_s if record.complete else 0.0
    measured_s = load.scheduled / load.offered_rate
    return duration_s if math.isclose(measured_s, duration_s, rel_tol=1e-9) else min(measured_s, duration_s)


def _selected(run: RecordedRun, metric: Metric, selection: Selection) -> Selected[Times]:
    """Return what the record tells of a selection, as far as this metric asks for it."""
    part = part_of(run.record, selection)
    if part is None:
        return Selected(_tally())
    whole = _whole(run, metric, part)
    return Selected(whole, {} if selection.window_s is None else _windows(run, metric, part, selection.window_s))


def _whole(run: RecordedRun, metric: Metric, part: Part) -> Tally[Times]:
    if metric.times is not None:
        return _of_times(run, metric, part)
    if metric.name in _OF_ITERATIONS:
        found = part.iterations()
        return _tally(scheduled=found.scheduled, completed=found.completed, failed=found.failed, dropped=found.dropped)
    requests, failed = part.requests() or _due_requests(run, part)
    return _tally(requests=requests, failed_requests=failed)


def _due_requests(run: RecordedRun, part: Part) -> tuple[int, int]:
    due = due_within(run.directory, part.spans)
    return due.requests, due.failed_requests


def _of_times(run: RecordedRun, metric: Metric, part: Part) -> Tally[Times]:
    asked: dict[str, Times] = {str(metric.times): _times(run, str(metric.times), metric.quantile, part)}
    if metric.times == "response" and run.record.response_time_s is None:
        asked["service"] = run.record.service_time_s  # by which it is said why there is no response time
    return _tally(asked)


def _times(run: RecordedRun, name: str, share: float | None, part: Part) -> Times:
    """Return the quantiles that the record keeps where they answer, else the whole distribution out of the log."""
    kept = part.times(name)
    if kept is not None and len(kept) == 1 and is_recorded(share):
        return kept[0]
    counts = counts_of(run.directory, _tags(name, part), part.spans if part.key == "phase" else None)
    if kept is None:
        return Distribution(counts, due_within(run.directory, part.spans).without_answer(name))
    unanswered, expected = sum(each.unanswered for each in kept), sum(each.count for each in kept)
    if int(counts.sum()) + unanswered != expected:
        raise UsageError(
            f"'{run.directory / HISTOGRAMS}' holds {int(counts.sum()):,} {name} times where run.json counts "
            f"{expected - unanswered:,}",
            hint="One of the two was changed or cut short: record the run again.",
        )
    return Distribution(counts, unanswered)


def _windows(run: RecordedRun, metric: Metric, part: Part, window_s: float) -> Mapping[int, Tally[Times]]:
    if part.key == "phase":
        raise UntoldError("the record tells apart by phase and by window, not by both together")
    if part.key:
        return _windows_of_part(run, metric, part, window_s)
    due = due_by_window(run.directory, window_s)
    if metric.times is None:
        return {number: _counted(found) for number, found in due.items()}
    counts = counts_by_window(run.directory, _tags(metric.times, part), window_s)
    return {
        number: _tally(
            {metric.times: Distribution(counts.get(number, empty().counts), found.without_answer(metric.times))}
        )
        for number, found in due.items()
    }


def _windows_of_part(run: RecordedRun, metric: Metric, part: Part, window_s: float) -> Mapping[int, Tally[Times]]:
    """Return the windows of a route, a backend or a class: what failed or had no answer is not told by the second."""
    name = metric.times or "service"
    unanswered = sum(each.unanswered for each in part.times(name) or ())
    failed = 0 if metric.times else (part.requests() or (0, 0))[1]
    if unanswered or failed:
        what = f"{failed:,} requests failed" if failed else f"{unanswered:,} got no answer"
        raise UntoldError(f"{what}, and the record does not say of a {part.key} in which window they were due")
    windows = counts_by_window(run.directory, _tags(name, part), window_s)
    return {
        number: _tally({name: Distribution(counts)}, requests=int(counts.sum())) for number, counts in windows.items()
    }


def _counted(due: Due) -> Tally[Times]:
    return _tally(
        requests=due.requests,
        failed_requests=due.failed_requests,
        scheduled=due.scheduled,
        completed=due.completed,
        failed=due.failed,
        dropped=due.dropped,
    )


def _tags(name: str, part: Part) -> list[dict[str, str]]:
    return [{"metric": f"{name}_time", **tags} for tags in part.tags]


def _tally(
    times: Mapping[str, Times] | None = None,
    *,
    requests: int = 0,
    failed_requests: int = 0,
    scheduled: int = 0,
    completed: int = 0,
    failed: int = 0,
    dropped: int = 0,
) -> Tally[Times]:
    """Return a tally of what is asked for; the rest of it is empty."""
    known = times or {}
    return Tally(
        response=known.get("response", _NOTHING),
        service=known.get("service", _NOTHING),
        iteration=known.get("iteration", _NOTHING),
        requests=requests,
        failed_requests=failed_requests,
        scheduled=scheduled,
        completed=completed,
        failed=failed,
        dropped=dropped,
        started=scheduled - dropped,
    )
