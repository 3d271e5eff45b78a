"""The run second by second: what happened in each, and the percentiles of what was due in it."""

from __future__ import annotations

import math

import numpy as np

from loadsim.measure.block import BACKENDS, FAILED, UNANSWERED, Block
from loadsim.measure.histogram import CELLS, HIGHEST_EQUIVALENT_US, IntArray, ranked
from loadsim.measure.layout import LATE_START, Layout
from loadsim.measure.marginals import FATE
from loadsim.measure.per_second import SecondCounts, SecondValues, second_of
from loadsim.measure.sample import Outcome
from loadsim.measure.sparse import between, by_row, overlay

OFFERED, STARTED, COMPLETED, FAILED_ITERATIONS, DROPPED, ABORTED = range(6)
"""Columns of ``events``: the ends stand in the order of the fates (``marginals.FATE``)."""
EVENTS = 6
RESPONSE_P50, RESPONSE_P90, RESPONSE_P99, RESPONSE_MAX = range(4)
SERVICE_P50, SERVICE_P90, SERVICE_P99, SERVICE_MAX = range(4, 8)
LATE_START_P99 = 8
IN_FLIGHT, BACKLOG = range(2)
_RESPONSE, _SERVICE, _FIRST_BACKEND = range(3)
_SHARES = (0.5, 0.9, 0.99)


class Seconds:
    """Counts by the second in which a thing happened; percentiles by the second in which the work was due.

    Offered counts when due, started when started, all ends (and requests, by backend and outcome) when ended: a late
    answer stands where it came, while the percentiles show how those fared who came at that time. A percentile is inf
    where it falls on work without an answer, nan where nothing was due.

    Memory: under 1 KB a second for a handful of backends and outcomes.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.events = SecondCounts(EVENTS)
        self.outcomes = SecondCounts(1)
        self.backends = SecondCounts(1)
        """Requests by backend number."""
        self.backend_failures = SecondCounts(1)
        self.times = SecondValues(LATE_START_P99 + 1)
        self.backend_p50 = SecondValues(1)
        self.backend_p99 = SecondValues(1)
        self.gauges = SecondValues(2)
        self._unanswered = SecondCounts(_FIRST_BACKEND)

    @property
    def count(self) -> int:
        """How many seconds there are, up to the last event."""
        return max(self.events.seconds, self.outcomes.seconds, self.gauges.seconds)

    def fold(self, block: Block, kinds: IntArray) -> None:
        """Count the events of a block; ``kinds`` are the columns of its requests' outcomes."""
        requests, iterations = block.requests, block.iterations
        if len(requests.at):
            ended = requests.ended.astype(np.int64)
            failed = FAILED[requests.outcome]
            self.outcomes.add(ended, kinds)
            self.backends.add(ended, requests.backend)
            self.backend_failures.add(ended[failed], requests.backend[failed])
            self._count_unanswered(block)
        if len(iterations.at):
            begun = iterations.outcome != Outcome.DROPPED
            seconds = np.concatenate((iterations.at, iterations.started[begun], iterations.ended)).astype(np.int64)
            columns = np.concatenate(
                (
                    np.full(len(begun), OFFERED),
                    np.full(int(begun.sum()), STARTED),
                    FATE[iterations.outcome] + COMPLETED,
                )
            )
            self.events.add(seconds, columns)
            dropped = iterations.at[~begun].astype(np.int64)
            self._unanswered.add(dropped, np.full(len(dropped), _RESPONSE))

    def gauge(self, time_s: float, in_flight: int, backlog: int) -> None:
        """Keep the highest values of the second."""
        second = second_of(time_s)
        for column, value in ((IN_FLIGHT, in_flight), (BACKLOG, backlog)):
            before = self.gauges.get(second, column)
            self.gauges.put(second, column, value if math.isnan(before) else max(before, value))

    def unanswered(self, first: int, end: int) -> int:
        """Return how much work due in the seconds [first, end) is known to have had no answer."""
        return int(self._unanswered.rows(end)[max(first, 0) :, _RESPONSE].sum())

    def close_second(self, second: int, packed: IntArray) -> None:
        """Derive the percentiles of a second of which nothing more is expected; ``packed`` holds its counts."""
        layout = self._layout
        unanswered = self._unanswered.row(second)
        for first, lost, column in (
            (layout.response, unanswered[_RESPONSE], RESPONSE_P50),
            (layout.service, unanswered[_SERVICE], SERVICE_P50),
        ):
            where, counts = overlay(between(packed, first * CELLS, (first + layout.classes) * CELLS))
            values = ranked(where, counts, int(lost), _SHARES)
            values.append(float(HIGHEST_EQUIVALENT_US[where[-1]]) / 1e6 if len(where) else math.nan)
            for offset, value in enumerate(values):
                self.times.put(second, column + offset, value)
        where, counts = overlay(between(packed, LATE_START * CELLS, (LATE_START + 1) * CELLS))
        self.times.put(second, LATE_START_P99, ranked(where, counts, 0, (0.99,))[0])
        self._close_backends(second, packed, unanswered)

    def _close_backends(self, second: int, packed: IntArray, unanswered: IntArray) -> None:
        first = self._layout.response + self._layout.backend_group(0)
        measured = between(packed, first * CELLS, (first + BACKENDS) * CELLS)
        times = {row - first: (where, counts) for row, where, counts in by_row(measured)}
        lost = unanswered[_FIRST_BACKEND:]
        none = np.zeros(0, np.int64)
        for number in sorted({*times, *np.flatnonzero(lost).tolist()}):
            where, counts = times.get(number, (none, none))
            p50, p99 = ranked(where, counts, int(lost[number]) if number < len(lost) else 0, (0.5, 0.99))
            self.backend_p50.put(second, number, p50)
            self.backend_p99.put(second, number, p99)

    def _count_unanswered(self, block: Block) -> None:
        requests = block.requests
        lost = np.flatnonzero(UNANSWERED[requests.outcome])
        if len(lost):
            due = requests.at[lost].astype(np.int64)
            columns = np.concatenate(
                (np.full(len(lost), _RESPONSE), np.full(len(lost), _SERVICE), requests.backend[lost] + _FIRST_BACKEND)
            )
            self._unanswered.add(np.tile(due, 3), columns)
