"""Counts and histograms of the whole run, by class, backend, route and phase: marginals, not their product."""

from __future__ import annotations

import numpy as np

from loadsim.measure.block import CODES, UNANSWERED, Block, Iterations, Requests
from loadsim.measure.histogram import CELLS, IntArray, cells
from loadsim.measure.kinds import Kinds
from loadsim.measure.layout import BACKLOG_WAIT, ITERATION_TIME, LATE_START, Layout
from loadsim.measure.sample import Outcome
from loadsim.measure.selection import Distribution
from loadsim.measure.sparse import SHIFT, tally, unpack

COMPLETED, WAS_FAILED, DROPPED, ABORTED = range(4)
FATES = 4
FATE: IntArray = np.full(CODES, WAS_FAILED, np.int64)
"""Outcome code of an iteration -> what became of it."""
FATE[Outcome.OK], FATE[Outcome.DROPPED], FATE[Outcome.ABORTED] = COMPLETED, DROPPED, ABORTED


class Marginals:
    """Folds blocks into one matrix of counts, a row a histogram; rows nobody touches cost no memory.

    Memory: at most ``layout.rows`` x 184 KiB, of which the system gives only pages that were written to.
    """

    def __init__(self, layout: Layout, *, closed: bool) -> None:
        self.layout, self._closed = layout, closed
        self.kinds = Kinds()
        self.counts = np.zeros(layout.rows * CELLS, np.int64)
        self.unanswered = np.zeros(layout.rows, np.int64)
        self.outcomes = np.zeros((layout.groups, 1), np.int64)
        """Requests by group and kind of outcome."""
        self.fates = np.zeros((layout.phases, FATES), np.int64)
        """Iterations by phase and fate."""
        self.exceptions = 0
        self.received_bytes = 0
        self.sent_bytes = 0

    def fold(self, block: Block) -> list[tuple[int, IntArray]]:
        """Add a block; return its increments by due second, packed (see ``measure.sparse``)."""
        requests, iterations = block.requests, block.iterations
        self.received_bytes += requests.received_bytes
        self.sent_bytes += requests.sent_bytes
        groups = self._groups(requests)
        self._count_outcomes(groups, requests)
        self._count_fates(iterations)
        self._count_unanswered(groups, requests, iterations)
        return self._count_times(groups, requests, iterations)

    def distribution(self, rows: list[int]) -> Distribution:
        """Return the sum of rows as a distribution of its own."""
        total = np.zeros(CELLS, np.int64)
        for row in rows:
            total += self.counts[row * CELLS : (row + 1) * CELLS]
        return Distribution(total, int(self.unanswered[rows].sum()))

    def _groups(self, requests: Requests) -> IntArray:
        """Return the groups of each request, (3, n): its class, its backend, its route."""
        layout = self.layout
        return np.stack(
            (
                requests.visitor_class,
                requests.backend + layout.backend_group(0),
                requests.route + layout.route_group(0),
            )
        )

    def _count_outcomes(self, groups: IntArray, requests: Requests) -> None:
        columns = self.kinds.columns(requests.outcome)
        if self.outcomes.shape[1] < len(self.kinds):
            wider = np.zeros((self.layout.groups, len(self.kinds)), np.int64)
            wider[:, : self.outcomes.shape[1]] = self.outcomes
            self.outcomes = wider
        places = (groups * len(self.kinds) + columns).reshape(-1)
        self.outcomes += np.bincount(places, minlength=self.outcomes.size).reshape(self.outcomes.shape)

    def _count_fates(self, iterations: Iterations) -> None:
        places = iterations.phase * FATES + FATE[iterations.outcome]
        self.fates += np.bincount(places, minlength=self.fates.size).reshape(self.fates.shape)
        self.exceptions += int(np.count_nonzero(iterations.outcome == Outcome.EXCEPTION))

    def _count_unanswered(self, groups: IntArray, requests: Requests, iterations: Iterations) -> None:
        layout = self.layout
        lost = np.flatnonzero(UNANSWERED[requests.outcome])
        if len(lost):
            rows = groups[:, lost]
            np.add.at(self.unanswered, layout.service + rows, 1)
            if not self._closed:
                np.add.at(self.unanswered, layout.response + rows, 1)
                np.add.at(self.unanswered, layout.phase + requests.phase[lost], 1)
        lost = np.flatnonzero(UNANSWERED[iterations.outcome])
        if len(lost):
            self.unanswered[ITERATION_TIME] += len(lost)
            # An arrival nobody served is a first request without an answer: of its class and phase, of no route.
            dropped = lost[iterations.outcome[lost] == Outcome.DROPPED]
            np.add.at(self.unanswered, layout.response + iterations.visitor_class[dropped], 1)
            np.add.at(self.unanswered, layout.phase + iterations.phase[dropped], 1)

    def _count_times(self, groups: IntArray, requests: Requests, iterations: Iterations) -> list[tuple[int, IntArray]]:
        layout = self.layout
        answered = np.flatnonzero(~UNANSWERED[requests.outcome])
        finished = np.flatnonzero(~UNANSWERED[iterations.outcome])
        begun = np.flatnonzero(iterations.outcome != Outcome.DROPPED)
        n, m, k = len(answered), len(finished), len(begun)
        at, ended = requests.at[answered], requests.ended[answered]
        seconds = np.concatenate((at, at, iterations.at[finished], iterations.at[begun], iterations.at[begun]))
        times = np.concatenate(
            (
                ended - requests.started[answered],
                ended - at,
                iterations.ended[finished] - iterations.at[finished],
                iterations.late_start[begun],
                iterations.backlog_wait[begun],
            )
        )
        keys = (seconds.astype(np.int64) << SHIFT) + cells(times)
        rows = groups[:, answered] * CELLS
        parts = [
            (keys[:n] + (rows + layout.service * CELLS)).reshape(-1),
            keys[2 * n : 2 * n + m] + ITERATION_TIME * CELLS,
            keys[2 * n + m : 2 * n + m + k] + LATE_START * CELLS,
            keys[2 * n + m + k :] + BACKLOG_WAIT * CELLS,
        ]
        if not self._closed:
            response = keys[n : 2 * n]
            parts.append((response + (rows + layout.response * CELLS)).reshape(-1))
            parts.append(response + (layout.phase + requests.phase[answered]) * CELLS)
        increments = tally(np.concatenate(parts))
        for _, packed in increments:
            places, counts = unpack(packed)
            self.counts[places] += counts  # places are distinct within a second
        return increments
