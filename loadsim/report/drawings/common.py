"""What several charts share: phases and faults as bands, objectives as marks, few series out of many."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from loadsim.record import ObjectiveRecord
from loadsim.report.chart import Band, FloatArray, Mark, Series
from loadsim.report.rundata import RunData
from loadsim.report.text import natural, visible
from loadsim.report.theme import CATEGORIES

_ON_TIME = re.compile(r"\s*(?:abort\s+)?(p\d+(?:\.\d+)?|mean|max)(?:\((service)\))?\s*(?:<=?)")
_ON_RATE = re.compile(r"\s*(?:abort\s+)?rate\s*>=?")


def bands(run: RunData) -> tuple[Band, ...]:
    """Return phases if there are several (the busiest shaded), the drain and faults."""
    record = run.record
    phases = record.phases if len(record.phases) > 1 else []
    rates = [phase.load.offered_rate or 0.0 for phase in phases]
    found = [
        Band(visible(phase.name, 40), phase.start_s, phase.end_s, shaded=rate == max(rates))
        for phase, rate in zip(phases, rates, strict=True)
    ]
    end = float(run.times_s[-1]) + 1 if len(run.times_s) else 0.0
    if record.complete and end > record.manifest.duration_s:
        found.append(Band("drain", record.manifest.duration_s, end, "drain", shaded=True))
    return tuple(found + _faults(run, end))


def _faults(run: RunData, end: float) -> list[Band]:
    """Return the faults that came about; one that had not ended when the run did lasts to its end."""
    return [
        Band(
            visible(f"{fault.kind} {', '.join(fault.on)}", 40),
            fault.start_s,
            end if fault.end_s is None else fault.end_s,
            "fault",
            shaded=True,
        )
        for fault in run.record.faults
        if fault.start_s is not None
    ]


def time_objectives(run: RunData, metric: str = "", *, service: bool = False) -> tuple[Mark, ...]:
    """Return the bounds on whole-run times (of ``metric``, or any) as marks; bounds on a part are not drawn."""
    found = []
    for objective in run.record.objectives:
        match = _ON_TIME.match(objective.expression)
        if match and bool(match[2]) == service and "[" not in objective.expression and metric in ("", match[1]):
            found.append(_mark(objective))
    return tuple(found)


def rate_objectives(run: RunData) -> tuple[Mark, ...]:
    """Return the bounds on the rate as marks."""
    return tuple(_mark(o) for o in run.record.objectives if _ON_RATE.match(o.expression) and "[" not in o.expression)


def _mark(objective: ObjectiveRecord) -> Mark:
    return Mark(visible(objective.expression, 60), objective.bound, broken=objective.verdict == "fail")


def recoveries(run: RunData) -> tuple[Mark, ...]:
    """Return the moments at which response times were back to normal after an event that was felt."""
    return tuple(
        Mark("recovered", event.start_s + event.recovery_s, "x", "event")
        for event in run.record.recoveries
        if event.recovery_s
    )


def few(
    columns: dict[str, FloatArray], weights: dict[str, float], rest: str = "", *, first: Collection[str] = ()
) -> tuple[Series, ...]:
    """Return the heaviest columns as series of distinct colours, the others summed as ``rest`` (or left out).

    Names come in their natural order, those of ``first`` before the others, so that a backend keeps its colour from
    chart to chart and from run to run.
    """
    order = sorted(columns, key=lambda name: -weights.get(name, 0.0))
    limit = len(CATEGORIES) if len(order) <= len(CATEGORIES) or not rest else len(CATEGORIES) - 1
    kept = sorted(order[:limit], key=lambda name: (name not in first, natural(name)))
    found = [
        Series(f"s{number}", visible(name, 60), CATEGORIES[number], columns[name]) for number, name in enumerate(kept)
    ]
    if rest and len(order) > limit:
        others = np.vstack([columns[name] for name in order[limit:]])
        summed = np.where(np.isnan(others).all(axis=0), np.nan, np.nansum(others, axis=0))
        found.append(Series("rest", f"{len(others)} {rest}", "rest", summed))
    return tuple(found)


def finite(values: FloatArray) -> FloatArray:
    """Return the values that are known."""
    return values[np.isfinite(values)]


def highest(values: FloatArray) -> float | None:
    """Return the highest known value."""
    known = finite(values)
    return float(known.max()) if len(known) else None


def when(run: RunData, values: FloatArray) -> float | None:
    """Return the second of the highest known value."""
    return float(run.times_s[int(np.nanargmax(values))]) if np.isfinite(values).any() else None


def smooth(values: FloatArray, window: int) -> FloatArray:
    """Return centred sums over ``window`` seconds, nan counted as 0; shorter at both ends."""
    if window <= 1:
        return np.nan_to_num(values)
    upto = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    place = np.arange(len(values))
    low = np.maximum(place - window // 2, 0)
    high = np.minimum(place - window // 2 + window, len(values))
    return np.asarray(upto[high] - upto[low], np.float64)
