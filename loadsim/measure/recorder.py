"""The recorder: raw samples in, everything that is reported out. Pure: no clock, no files, no sockets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from loadsim.measure.block import Block, Decoder
from loadsim.measure.caching import Caching
from loadsim.measure.consistency import Consistency
from loadsim.measure.due_counts import DueCounts
from loadsim.measure.histogram import CELLS, IntArray, quantiles
from loadsim.measure.intervals import IntervalStore
from loadsim.measure.layout import BACKLOG_WAIT, ITERATION_TIME, LATE_START, Layout, Names
from loadsim.measure.live import Live, Percentiles
from loadsim.measure.marginals import ABORTED, COMPLETED, DROPPED, WAS_FAILED, Marginals
from loadsim.measure.own_account import OwnAccount
from loadsim.measure.per_second import SecondValues, second_of
from loadsim.measure.phases import PhaseIndex
from loadsim.measure.rates import RateMeter
from loadsim.measure.recent import RecentSeconds
from loadsim.measure.sample import NO_BACKEND, Outcome
from loadsim.measure.seconds import COMPLETED as COMPLETED_EVENTS
from loadsim.measure.seconds import FAILED_ITERATIONS, OFFERED, Seconds
from loadsim.measure.selected import SelectionFold
from loadsim.measure.selection import Distribution, Selected, Selection
from loadsim.measure.sparse import NOTHING, between, merge, overlay, pack
from loadsim.measure.tiers import Tiers
from loadsim.measure.updates import Updates
from loadsim.measure.websockets import SocketRecorder
from loadsim.profiles import Phase

LATE_S = 70.0
"""How long a second stays open for late answers: longer than give-up and timeout of 30 s each."""
_NOW_SECONDS = 5
_SPARKLINE_SECONDS = 60

WHOLE = ("response_time", "service_time")
"""The rows of ``Recorder.whole_intervals``."""


class Recorder:
    """Folds frames of samples (``measure.sample``) into histograms, counts and series of one measured window.

    Everything is classed by its due time in profile time (engine clock - ``origin``); only what was due in
    [0, ``duration_s``) counts, the warm-up before it leaves no trace. ``close`` ends it and derives the last seconds;
    reading changes nothing. Memory is bounded but for rows of series: some 1 KB a second of run.

    ``pools`` are the backends that each pool of the topology declares; empty for a target of the user's own. What is
    answered more than ``late_s`` after it was due counts everywhere but in the percentiles of its second: give it more
    than give-up and timeout together.
    """

    def __init__(
        self,
        *,
        origin: float,
        duration_s: float,
        phases: Sequence[Phase],
        classes: Sequence[str],
        model: Literal["open", "closed"] = "open",
        pools: Mapping[str, Sequence[str]] | None = None,
        selections: Sequence[Selection] = (),
        late_s: float = LATE_S,
    ) -> None:
        closed = model == "closed"
        self.duration_s, self.closed = duration_s, closed
        self.phases = PhaseIndex(phases)
        self.known = Names(classes, pools or {})
        self.layout = Layout(classes=len(self.known.classes) + 1, phases=len(self.phases) + 1)
        self.marginals = Marginals(self.layout, closed=closed)
        self.seconds = Seconds(self.layout)
        self.due = DueCounts()
        self.intervals, self.whole_intervals = IntervalStore(), IntervalStore()
        """Of every logged row; and of all requests together (rows: ``WHOLE``), which many routes do not make coarse."""
        self.engine_cpu = RateMeter()
        self.tiers = Tiers(origin, duration_s)
        """What the target says of its own time; what comes is added there."""
        self.caching = Caching(origin, duration_s)
        """What answers say of caches; what comes is added there."""
        self.consistency = Consistency(origin, duration_s)
        """What reads showed of the writes before them; what comes is added there."""
        self.updates = Updates()
        """What became of changes of numbers; what comes is added there, and what the numbers were before and after."""
        self.processes: dict[str, tuple[RateMeter, SecondValues]] = {}
        """Process of the target -> its CPU, and its resident memory in bytes by second."""
        self.own_account = OwnAccount()
        """What the target's servers and replicas say of themselves; what is read is added there."""
        self.ended_in_window = 0
        """Iterations that ended before the measured window did: the rest ended in the drain."""
        self.sockets: SocketRecorder | None = None
        """What became of WebSockets, in a run that opened any."""
        self._origin = origin
        self._decoder = Decoder(origin, duration_s, self.phases, len(self.known.classes), closed=closed)
        self._scheduled = RateMeter()
        self._recent = RecentSeconds()
        self._late_s = math.ceil(late_s)
        self._closed_before = 0
        self._folds = {s: SelectionFold(s, self.phases, self.known, closed=closed) for s in dict.fromkeys(selections)}

    # -- what comes in

    def names(self, routes: Iterable[str] = (), backends: Iterable[str] = ()) -> None:
        """Append names: the n-th route and the n-th backend ever given have the number n, from 1."""
        self.known.routes.extend(routes)
        self.known.backends.extend(backends)
        for fold in self._folds.values():
            fold.match_names()

    def add(self, payload: bytes | memoryview) -> None:
        """Add a frame of samples; ValueError if it is not a whole number of them."""
        block = self._decoder.decode(payload)
        increments = self.marginals.fold(block)
        self.seconds.fold(block, self.marginals.kinds.columns(block.requests.outcome))
        self.due.fold(block)
        self._count_ends(block)
        for fold in self._folds.values():
            fold.fold(block)
        for second, packed in increments:
            logged = between(packed, 0, self.layout.logged * CELLS)
            if second < self._closed_before:
                self._log(second, logged)
            else:
                self._recent.add(second, logged)
        self._close_seconds(self.seconds.count - self._late_s)

    def of_sockets(self) -> SocketRecorder:
        """Return the recorder of WebSockets, which takes what came of them; it is there from the first call on."""
        if self.sockets is None:
            self.sockets = SocketRecorder(origin=self._origin, duration_s=self.duration_s)
        return self.sockets

    def gauge(
        self, *, time_s: float, in_flight: int, backlog: int, engine_cpu_s: float, scheduled: int | None = None
    ) -> None:
        """Take the engine's gauges; ``engine_cpu_s`` is all its CPU time so far. What precedes time 0 is not kept.

        ``scheduled``, all measured arrivals so far, lets :meth:`live` show what is offered before it is answered.
        What comes when all is drained is left out: the engine is closing down, which is none of the load.
        """
        if time_s >= self.duration_s and not in_flight and not backlog:
            return
        self.engine_cpu.read(time_s, engine_cpu_s)
        if scheduled is not None:
            self._scheduled.read(time_s, scheduled)
        if time_s >= 0:
            self.seconds.gauge(time_s, in_flight, backlog)

    def target_usage(self, time_s: float, usage: Mapping[str, tuple[float, int]]) -> None:
        """Take what the target's processes used: name -> (CPU seconds so far, resident bytes)."""
        for name, (cpu_s, memory_bytes) in usage.items():
            if name not in self.processes:
                self.processes[name] = (RateMeter(), SecondValues(1))
            meter, memory = self.processes[name]
            meter.read(time_s, cpu_s)
            if time_s >= 0:
                memory.put(second_of(time_s), 0, memory_bytes)

    def close(self) -> None:
        """Derive what is still open. No sample may follow."""
        self._close_seconds(None)

    # -- what goes out

    def iteration_time(self) -> Distribution:
        """Return end of the last request - due time of the arrival, over iterations."""
        return self.marginals.distribution([ITERATION_TIME])

    def late_start(self) -> Distribution:
        """Return how late iterations began by the generator's doing."""
        return self.marginals.distribution([LATE_START])

    def backlog_wait(self) -> Distribution:
        """Return how long iterations waited for a user to be free: the target's doing."""
        return self.marginals.distribution([BACKLOG_WAIT])

    def response_time(self) -> Distribution:
        """Return ended - due of all requests; arrivals nobody served count as unanswered."""
        return self.marginals.distribution([self.layout.response + n for n in range(self.layout.classes)])

    def service_time(self) -> Distribution:
        """Return ended - started of all requests."""
        return self.marginals.distribution([self.layout.service + n for n in range(self.layout.classes)])

    def group_times(self, group: int) -> tuple[Distribution, Distribution]:
        """Return response and service time of a group of ``layout`` (a class, a backend, a route)."""
        marginals, layout = self.marginals, self.layout
        return marginals.distribution([layout.response + group]), marginals.distribution([layout.service + group])

    def phase_response_time(self, number: int) -> Distribution:
        """Return response time of requests due in a phase."""
        return self.marginals.distribution([self.layout.phase + number])

    def selected(self, selection: Selection) -> Selected[Distribution]:
        """Return the tally of one of the ``selections``; KeyError for any other."""
        return self._folds[selection].result()

    def live(self, now_s: float) -> Live:
        """Return how things stand at profile time ``now_s``."""
        fates = self.marginals.fates.sum(axis=0)
        full = second_of(now_s)
        shown = slice(max(0, full - _SPARKLINE_SECONDS), full)
        rows = self.seconds.events.rows(full)[shown]
        arrivals = self._scheduled.rates(full)[shown]
        offered = np.where(np.isnan(arrivals), rows[:, OFFERED], arrivals).tolist()
        ended = rows[:, COMPLETED_EVENTS] + rows[:, FAILED_ITERATIONS]
        cpu = float(self.engine_cpu.rates(full)[-1]) if full else math.nan
        return Live(
            time_s=now_s,
            scheduled=int(fates.sum()),
            completed=int(fates[COMPLETED]),
            failed=int(fates[WAS_FAILED]),
            dropped=int(fates[DROPPED]),
            aborted=int(fates[ABORTED]),
            offered_rate=offered[-1] if full else None,
            achieved_rate=float(ended[-1]) if full else None,
            failed_rate=float(rows[-1, FAILED_ITERATIONS]) if full else None,
            in_flight=self._gauge(now_s, 0),
            backlog=self._gauge(now_s, 1),
            now=_percentiles(self._distribution_now(now_s)),
            so_far=_percentiles(self.service_time() if self.closed else self.response_time()),
            outcomes=self.outcome_counts(),
            backends=self.backend_counts(),
            offered_recent=tuple(offered),
            achieved_recent=tuple(ended.astype(float).tolist()),
            generator_cpu=None if math.isnan(cpu) else cpu,
        )

    def outcome_counts(self) -> dict[str, int]:
        """Return how many requests ended how; ``ok`` is always there."""
        counts = self.marginals.outcomes[: self.layout.classes].sum(axis=0).tolist()
        return dict(zip(self.marginals.kinds.names, counts, strict=False))

    def backend_counts(self) -> dict[str, int]:
        """Return how many requests each backend answered that was declared or seen, 0 included; ``(none)`` if any."""
        declared = [backend for backends in self.known.pools.values() for backend in backends]
        counts = dict.fromkeys(declared, 0)
        group = self.layout.backend_group
        for number, name in enumerate([NO_BACKEND, *self.known.backends]):
            count = int(self.marginals.outcomes[group(number)].sum())
            if count or name in counts:
                counts[name] = counts.get(name, 0) + count
        return counts

    # -- within

    def _count_ends(self, block: Block) -> None:
        outcome = block.iterations.outcome
        ended = (outcome != Outcome.DROPPED) & (outcome != Outcome.ABORTED)
        self.ended_in_window += int(np.count_nonzero(ended & (block.iterations.ended < self.duration_s)))

    def _close_seconds(self, before: int | None) -> None:
        end = self.seconds.count if before is None else before
        if before is not None and before <= self._closed_before:
            return
        counts = dict(self._recent.take(before))
        for second in range(self._closed_before, end):
            packed = counts.get(second, NOTHING)
            self.seconds.close_second(second, packed)
            self._log(second, packed)
        self._closed_before = max(end, self._closed_before)

    def _log(self, second: int, packed: IntArray) -> None:
        self.intervals.add(second, packed)
        whole = [
            pack(row * CELLS + cells, counts)
            for row, first in enumerate((self.layout.response, self.layout.service))
            for cells, counts in [overlay(between(packed, first * CELLS, (first + self.layout.classes) * CELLS))]
        ]
        self.whole_intervals.add(second, np.concatenate(whole))

    def _gauge(self, now_s: float, column: int) -> int | None:
        for second in (second_of(now_s), second_of(now_s - 1)):
            value = self.seconds.gauges.get(second, column)
            if not math.isnan(value):
                return int(value)
        return None

    def _distribution_now(self, now_s: float) -> Distribution:
        first = self.layout.service if self.closed else self.layout.response
        end = second_of(now_s) + 1
        pieces = self._recent.pieces(end - _NOW_SECONDS, end)
        where, counts = overlay(
            merge([between(p, first * CELLS, (first + self.layout.classes) * CELLS) for p in pieces])
        )
        dense = np.zeros(CELLS, np.int64)
        dense[where] = counts
        return Distribution(dense, self.seconds.unanswered(end - _NOW_SECONDS, end))


def _percentiles(distribution: Distribution) -> Percentiles:
    return Percentiles(*quantiles(distribution, (0.5, 0.9, 0.99)))
