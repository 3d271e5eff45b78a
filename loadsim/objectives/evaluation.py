"""Whether an objective held, by what was measured.

How many samples it takes to judge:

- a quantile q: 10 / (1 - q), so that some ten of them lie beyond it (1,000 for p99);
- jain and max_share: 5 requests a backend, the customary least for counts in cells (Cochran, Some methods for
  strengthening the common chi-squared tests, Biometrics 10, 1954);
- everything else: one. A share of few is a coarse one, but it is what happened.

Work without an answer ranks above every measured value, here as inf: a quantile that falls there, the maximum when
there is any, and the mean too, since one value above all bounds leaves none to the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Protocol

from loadsim.measure.selection import Selected, Selection, Tally
from loadsim.objectives.grammar import Objective
from loadsim.objectives.metrics import OF_CONSISTENCY, Metric, Unit
from loadsim.objectives.times import Times, count, quantile, statistic
from loadsim.record import ConsistencyRecord, ObjectiveRecord, Verdict
from loadsim.units import format_duration, format_rate, format_share, spell_duration

BEYOND_QUANTILE = 10
REQUESTS_A_BACKEND = 5
LIVE_MEAN_SAMPLES = 30
LIVE_RATE_S = 10.0
"""Before so much of a run is over, its rate so far tells more of the first answers' delay than of the rate."""
_MAX_NAMES = 10
_SLACK = 1e-9
"""Windows are numbered in floating point: the 3rd of 0.1 s ends after 0.30000000000000004 s."""


class Sockets(Protocol):
    """What became of WebSockets: their recorder, or a record of it."""

    @property
    def used(self) -> bool:
        """Whether there was any socket at all."""
        ...

    def times(self, name: str) -> Times:
        """Return one of ``measure.websockets.TIMES``."""
        ...

    def share(self, name: str) -> tuple[int, int] | None:
        """Return how many failed in one way, and of how many; None: not known."""
        ...


@dataclass(frozen=True, slots=True)
class Observed:
    """What a run, or what there is of it so far, gives objectives to judge by."""

    duration_s: float
    selected: Callable[[Selection], Selected[Times]]
    jain: Mapping[str, float | None]
    """Pool -> Jain's index; None without requests."""
    shares: Mapping[str, Mapping[str, float]]
    """Pool -> backend -> share of the pool's requests."""
    recoveries: Sequence[float | None]
    """Seconds until each event was over; None if it never was."""
    seen: Mapping[str, Sequence[str]]
    """Selector ('route', 'backend', 'pool', 'phase', 'class', 'outcome') -> names that occurred."""
    sockets: Sockets | None = None
    """None in a run that opened no WebSocket."""
    consistency: ConsistencyRecord | None = None
    """None in a run that neither read back what it wrote, nor counted."""
    until_s: float | None = None
    """Of a run that still goes on: how far it is. Windows that end later are not judged."""

    @property
    def end_s(self) -> float:
        """Where what can be judged ends, in profile time."""
        return self.duration_s if self.until_s is None else min(self.until_s, self.duration_s)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A value (inf: without an answer), of how many samples, and how many it takes."""

    value: float
    samples: int
    needed: int = 1
    about: str = ""

    @property
    def is_enough(self) -> bool:
        return self.samples >= self.needed


def evaluate(objective: Objective, observed: Observed) -> ObjectiveRecord:
    """Judge one objective. ``reason`` says what the numbers alone do not."""
    name = objective.metric.name
    if name == "recovery":
        return _judge_recovery(objective, observed)
    if name in OF_CONSISTENCY:
        return _judge_consistency(objective, observed.consistency)
    if objective.metric.of_sockets is not None:
        return _judge_sockets(objective, objective.metric.of_sockets, observed.sockets)
    selected = observed.selected(objective.selection())
    if name in ("jain", "max_share"):
        return _judge_balance(objective, observed, selected.whole.requests)
    whole = _read(objective.metric, selected.whole, observed.end_s)
    if not whole.samples:
        return _record(objective, None, "fail", _why_nothing(objective, observed, selected.whole))
    if objective.where.window_s is not None:
        return _judge_windows(objective, observed, selected.windows, objective.where.window_s)
    return _judge(objective, whole, _unanswered(objective.metric, whole, selected.whole))


def broken_aborts(objectives: Sequence[Objective], observed: Observed) -> list[str]:
    """Return a sentence for each ``abort`` objective that what was measured so far breaks.

    With a window: broken by any complete one. Without: by all so far, once a late turn for the better is unlikely;
    shares want ten samples on the rarer side of the bound, means 30, rates 10 s.
    """
    sentences = []
    for objective in objectives:
        if not objective.abort:
            continue
        record = evaluate(objective, observed)
        windowed = objective.where.window_s is not None
        if record.verdict == "fail" and record.samples and (windowed or _is_settled(objective, record, observed)):
            sentences.append(describe(objective, record))
    return sentences


def describe(objective: Objective, record: ObjectiveRecord) -> str:
    """Return an objective and what was observed as a sentence: ``'p99 < 250ms: observed 312 ms'``."""
    unit, value = objective.metric.unit, record.observed
    if value is None:
        seen = "" if not record.samples else "no answer"
    elif unit is Unit.DURATION:
        seen = format_duration(value)
    elif unit is Unit.RATE:
        seen = format_rate(value)
    else:
        seen = f"{value:.3f}" if objective.metric.name == "jain" else format_share(value)
    parts = [f"observed {seen}" if seen else "", record.reason]
    return f"{record.expression}: {'; '.join(part for part in parts if part)}"


def _read(metric: Metric, tally: Tally[Times], span_s: float) -> _Reading:
    """Read a metric from a tally of ``span_s`` seconds. A count the tally does not know counts as no samples."""
    if metric.times is not None:
        return _read_times(metric, getattr(tally, metric.times))
    if metric.name == "error_rate":
        return _share(tally.failed_requests, tally.requests)
    scheduled = tally.scheduled or 0
    if metric.name == "rate":
        return _Reading((tally.completed or 0) / span_s if span_s > 0 else 0.0, scheduled)
    counted = {
        "iteration_error_rate": (tally.failed or 0) + (tally.dropped or 0),
        "started": tally.started or 0,
        "goodput": tally.completed or 0,
    }
    return _share(counted[metric.name], scheduled)


def _read_times(metric: Metric, times: Times) -> _Reading:
    samples = count(times)
    if metric.quantile is not None:
        needed = math.ceil(BEYOND_QUANTILE / (1 - Fraction(repr(metric.quantile))))
        value = quantile(times, metric.quantile)
        return _Reading(math.inf if value is None else value, samples, needed)
    if metric.statistic != "min" and times.unanswered:
        return _Reading(math.inf, samples)
    value = statistic(times, metric.statistic)
    return _Reading(math.inf if value is None else value, samples)


def _share(part: int, whole: int) -> _Reading:
    return _Reading(part / whole if whole else 0.0, whole)


def _judge(objective: Objective, reading: _Reading, reason: str = "") -> ObjectiveRecord:
    if not reading.is_enough:
        few = f"{reading.samples:,} samples are too few: {objective.metric.name} takes {reading.needed:,}"
        return _record(objective, reading, "inconclusive", few)
    return _record(objective, reading, "pass" if objective.holds(reading.value) else "fail", reason)


def _judge_windows(
    objective: Objective, observed: Observed, windows: Mapping[int, Tally[Times]], window_s: float
) -> ObjectiveRecord:
    readings = list(_complete(objective.metric, windows, window_s, observed.end_s))
    count = math.floor(observed.end_s / window_s + _SLACK)
    if not readings:
        length = spell_duration(window_s)
        why = f"each of the {count} windows of {length} is empty" if count else f"no window of {length} is complete"
        return _record(objective, None, "inconclusive", why)
    enough = [reading for reading in readings if reading.is_enough]
    worst = _worst(objective, enough or readings)
    short, empty = len(readings) - len(enough), max(count - len(readings), 0)
    reason = f"worst window {worst.about} (of {count}{f', {empty} of them empty' if empty else ''})"
    if enough and not objective.holds(worst.value):
        return _record(objective, worst, "fail", reason)
    if short:
        few = f"{short} with too few samples: {objective.metric.name} takes {worst.needed:,}"
        return _record(objective, worst, "inconclusive", f"{reason}; {few}")
    return _record(objective, worst, "pass", reason)


def _complete(metric: Metric, windows: Mapping[int, Tally[Times]], window_s: float, end_s: float) -> Iterator[_Reading]:
    """Yield what was read in each window that is over and not empty."""
    for number in windows:
        start_s, stop_s = number * window_s, (number + 1) * window_s
        if number < 0 or stop_s > end_s * (1 + _SLACK):
            continue
        reading = _read(metric, windows[number], window_s)
        if reading.samples:
            about = f"{spell_duration(start_s)} to {spell_duration(stop_s)}"
            yield _Reading(reading.value, reading.samples, reading.needed, about)


def _judge_balance(objective: Objective, observed: Observed, requests: int) -> ObjectiveRecord:
    """Judge the worst pool; without a selector, of the pools that have something to balance."""
    glob = objective.where.pool
    worst_of = {pool: max(shares.values()) for pool, shares in observed.shares.items() if shares}
    values = observed.jain if objective.metric.name == "jain" else worst_of
    known = {pool: value for pool, value in values.items() if value is not None}
    if glob is None:
        named = {pool: value for pool, value in known.items() if pool != "all"} or known
        several = {pool: value for pool, value in named.items() if len(observed.shares.get(pool, ())) > 1}
        known = several or named
    else:
        known = {pool: value for pool, value in known.items() if _matches(pool, glob)}
    if not known or not requests:
        reason = _unseen(objective, observed) or "no request of this run named the backend that answered it"
        return _record(objective, None, "fail", reason)
    needed = REQUESTS_A_BACKEND * max(len(observed.shares.get(pool, ())) for pool in known)
    readings = [_Reading(value, requests, needed, pool) for pool, value in known.items()]
    worst = _worst(objective, readings)
    return _judge(objective, worst, f"worst pool {worst.about}" if len(readings) > 1 else "")


def _judge_recovery(objective: Objective, observed: Observed) -> ObjectiveRecord:
    """Judge the slowest recovery (lower bound: the fastest). Without an event there is nothing that could pass."""
    readings = [
        _Reading(math.inf if value is None else value, len(observed.recoveries)) for value in observed.recoveries
    ]
    if not readings:
        return _record(objective, None, "fail", "no spike and no fault in this run, so nothing to recover from")
    worst = _worst(objective, readings)
    return _judge(objective, worst, "it did not recover" if math.isinf(worst.value) else "")


def _judge_sockets(objective: Objective, name: str, sockets: Sockets | None) -> ObjectiveRecord:
    if sockets is None or not sockets.used:
        return _record(objective, None, "fail", "no WebSocket was opened in this run")
    if objective.metric.unit is Unit.DURATION:
        reading = _read_times(objective.metric, sockets.times(name))
    else:
        share = sockets.share(name)
        if share is None:
            return _record(objective, None, "fail", "the target neither echoes nor numbers what it sends")
        reading = _share(*share)
    if not reading.samples:
        return _record(objective, None, "fail", "no samples")
    never = {"lifetime": "most did not end", "recovered": "lost sockets were not replaced"}
    return _judge(objective, reading, never.get(name, "") if math.isinf(reading.value) else "")


def _judge_consistency(objective: Objective, found: ConsistencyRecord | None) -> ObjectiveRecord:
    """Judge a share of reads, of updates, or of what was sold. An update that may have been lost is no pass."""
    name = objective.metric.name
    share, samples = found.shares[name] if found else (None, 0)
    if found is None or share is None or not samples:
        missing = {
            "stale_reads": "no version was written and read back",
            "lost_updates": "no number was counted through the whole run",
            "oversold": "nothing of which the stock was known was sold",
        }
        return _record(objective, None, "fail", f"{missing[name]}: the scenario 'consistency' does so")
    reading, uncertain = _Reading(share, samples), found.uncertain_updates or 0
    judged, may_be = _judge(objective, reading), share + uncertain / samples
    if name == "lost_updates" and judged.verdict == "pass" and uncertain and not objective.holds(may_be):
        why = f"{uncertain:,} updates got no answer that says yes or no, and may hide lost ones"
        return _record(objective, reading, "inconclusive", why)
    return judged


def _worst(objective: Objective, readings: Sequence[_Reading]) -> _Reading:
    return (max if objective.is_upper else min)(readings, key=lambda reading: reading.value)


def _is_settled(objective: Objective, record: ObjectiveRecord, observed: Observed) -> bool:
    metric, bound = objective.metric, objective.bound
    if metric.name == "rate":
        return observed.end_s >= LIVE_RATE_S
    if metric.name == "mean":
        return record.samples >= LIVE_MEAN_SAMPLES
    rarer = min(bound, 1 - bound) if metric.unit is Unit.SHARE else 0.0
    return rarer <= 0 or record.samples * rarer >= BEYOND_QUANTILE * (1 - _SLACK)


def _record(objective: Objective, reading: _Reading | None, verdict: Verdict, reason: str) -> ObjectiveRecord:
    value = None if reading is None or math.isinf(reading.value) else reading.value
    return ObjectiveRecord(
        expression=objective.expression,
        observed=value,
        bound=objective.bound,
        verdict=verdict,
        samples=reading.samples if reading else 0,
        reason=reason,
    )


def _unanswered(metric: Metric, reading: _Reading, tally: Tally[Times]) -> str:
    if metric.times is None or not math.isinf(reading.value):
        return ""
    times: Times = getattr(tally, metric.times)
    return f"{times.unanswered:,} of {reading.samples:,} got no answer, which ranks above every time"


def _why_nothing(objective: Objective, observed: Observed, whole: Tally[Times]) -> str:
    if unseen := _unseen(objective, observed):
        return unseen
    if objective.metric.times == "response" and count(whole.service):
        return f"the closed model knows no response time: bound {objective.metric.name}(service)"
    return "no samples"


def _unseen(objective: Objective, observed: Observed) -> str:
    """Name the selectors that no name matched, and the names there were."""
    where = objective.where
    globs = {
        "route": where.route,
        "backend": where.backend,
        "pool": where.pool,
        "phase": where.phase,
        "class": where.visitor_class,
        "outcome": where.outcome,
    }
    parts = []
    for key, glob in globs.items():
        names = observed.seen.get(key, ())
        if glob is not None and not any(_matches(name, glob) for name in names):
            more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
            parts.append(f"no {key} '{glob}'; seen: {', '.join(names[:_MAX_NAMES]) or 'none'}{more}")
    return "; ".join(parts)


def _matches(name: str, glob: str) -> bool:
    return name == glob or fnmatchcase(name, glob)
