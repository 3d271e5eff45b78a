"""A block of raw samples taken apart: requests and iterations of the measured window, as columns of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadsim.measure.histogram import FloatArray, IntArray
from loadsim.measure.phases import PhaseIndex
from loadsim.measure.sample import (
    BACKEND_SHIFT,
    CLASS_SHIFT,
    FIELDS,
    MAX_BACKENDS,
    MAX_ROUTES,
    ROUTE_SHIFT,
    WITHOUT_ANSWER,
    Outcome,
    outcome_name,
)

BoolArray = npt.NDArray[np.bool_]

CODES = 1024
"""Outcome codes are below this: HTTP statuses have three digits."""
ROUTES = MAX_ROUTES + 2
"""Route numbers: 0 is no route, then the names, then the one for all others."""
BACKENDS = MAX_BACKENDS + 2

UNANSWERED: BoolArray = np.isin(np.arange(CODES), [int(outcome) for outcome in WITHOUT_ANSWER])
FAILED: BoolArray = ~np.isin(np.arange(CODES), [int(Outcome.OK), int(Outcome.ABORTED)])
"""What counts as a failed request: neither good nor cut off by the end of the run itself."""


def code_name(code: int) -> str:
    """Return the record's name of an outcome code, ``'unknown_20'`` for one that has none."""
    try:
        return outcome_name(code)
    except ValueError:
        return f"unknown_{code}"


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests by column. Times are profile time; ``at`` is when they were due (closed model: when they started)."""

    at: FloatArray
    started: FloatArray
    ended: FloatArray
    outcome: IntArray
    visitor_class: IntArray
    backend: IntArray
    route: IntArray
    phase: IntArray
    received_bytes: int
    sent_bytes: int


@dataclass(frozen=True, slots=True)
class Iterations:
    """Iterations by column, as :class:`Requests`; ``late_start`` and ``backlog_wait`` in seconds."""

    at: FloatArray
    started: FloatArray
    ended: FloatArray
    outcome: IntArray
    visitor_class: IntArray
    phase: IntArray
    late_start: FloatArray
    backlog_wait: FloatArray


@dataclass(frozen=True, slots=True)
class Block:
    """What one frame of samples held."""

    requests: Requests
    iterations: Iterations


class Decoder:
    """Turns frames into blocks: keeps what was due in [0, duration_s) of profile time.

    In the closed model nothing is due, so a sample is classed by its start. Numbers beyond what the engine may
    announce are cut to the last row instead of damaging a neighbour's.
    """

    def __init__(self, origin: float, duration_s: float, phases: PhaseIndex, classes: int, *, closed: bool) -> None:
        self._origin, self._duration_s, self._phases = origin, duration_s, phases
        self._classes, self._closed = classes, closed

    def decode(self, payload: bytes | memoryview) -> Block:
        """Take a SAMPLES frame apart; ValueError when its length is not a whole number of samples."""
        samples = np.frombuffer(payload, FIELDS)
        key = samples["key"].astype(np.int64)
        started = samples["started"] - self._origin
        due = started if self._closed else samples["due"] - self._origin
        ended = samples["ended"] - self._origin
        measured = (due >= 0) & (due < self._duration_s)
        of_iteration = key < (1 << ROUTE_SHIFT)
        phase = self._phases.numbers(due)
        outcome = np.minimum(key & 0xFFFF, CODES - 1)
        visitor = np.minimum((key >> CLASS_SHIFT) & 0xFF, self._classes)

        take = np.flatnonzero(measured & ~of_iteration)
        keys = key[take]
        requests = Requests(
            at=due[take],
            started=started[take],
            ended=ended[take],
            outcome=outcome[take],
            visitor_class=visitor[take],
            backend=np.minimum((keys >> BACKEND_SHIFT) & 0xFF, BACKENDS - 1),
            route=np.minimum(keys >> ROUTE_SHIFT, ROUTES - 1),
            phase=phase[take],
            received_bytes=int(samples["received"][take].sum(dtype=np.int64)),
            sent_bytes=int(samples["sent"][take].sum(dtype=np.int64)),
        )
        take = np.flatnonzero(measured & of_iteration)
        iterations = Iterations(
            at=due[take],
            started=started[take],
            ended=ended[take],
            outcome=outcome[take],
            visitor_class=visitor[take],
            phase=phase[take],
            late_start=samples["late_start"][take].astype(np.float64),
            backlog_wait=samples["backlog_wait"][take].astype(np.float64),
        )
        return Block(requests, iterations)
