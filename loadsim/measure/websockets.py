"""What became of the WebSockets of a run: events in, everything that is reported out. Pure, as the recorder.

Sockets are counted when things happen to them, not by when they were due: a socket may live for hours. So that all
counts add up::

    attempts                  = opened + never opened
    opened + open at start    = finished + closed on us + vanished + dead + open at end

What happens in the warm-up leaves no trace but the sockets that are open when it ends: their lives are watched from
then on. What is open at the end is censored: it lived at least so long.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from loadsim.measure.histogram import CELLS, FloatArray, IntArray, cells
from loadsim.measure.per_second import SecondCounts, second_of
from loadsim.measure.selection import Distribution
from loadsim.measure.socket_event import (
    BEGUN_BY_TARGET,
    ENDINGS,
    FAILED_ENDINGS,
    NO_CODE,
    SOCKET_FIELDS,
    Event,
    SocketEvents,
    cause_name,
)
from loadsim.measure.survival import Survival

FAILURES = {
    "never_opened": Event.NEVER_OPENED,
    "closed_on_us": Event.CLOSED_ON_US,
    "vanished": Event.VANISHED,
    "dead": Event.DEAD,
}
"""The four ways in which a socket fails, by their names in the record."""
FAULTS = ("lost", "duplicated", "corrupt", "out_of_order", "late")
"""What may be wrong with messages."""
TIMES = ("connect", "upgrade", "first_message", "echo", "broadcast", "lifetime", "detection", "recovered")
_NUMBERS = max(Event) + 1


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages so far. Integrity is None where it cannot be known: the target neither echoes nor numbers a feed."""

    sent: int = 0
    received: int = 0
    unanswered: int = 0
    """On their way when we closed: neither echoed nor lost."""
    lost: int | None = None
    duplicated: int | None = None
    corrupt: int | None = None
    out_of_order: int | None = None
    late: int | None = None
    missed: int | None = None
    """Sent while a visitor had no socket, between two."""
    recovered: int | None = None
    """Of these, those that were sent again when it asked for them."""
    reopened: int = 0
    """Sockets that followed another one of their visitor, lost or ended early."""
    http_reads: int = 0
    """Of what was missed."""


class SocketRecorder:
    """Folds events of the measured window [0, ``duration_s``) of profile time, which is engine clock - ``origin``."""

    def __init__(self, *, origin: float, duration_s: float) -> None:
        self._origin, self._duration_s = origin, duration_s
        self.counts = np.zeros(_NUMBERS, np.int64)
        """By :class:`Event`."""
        self.causes: dict[str, Counter[str]] = {name: Counter() for name in FAILURES}
        self.close_codes: dict[str, Counter[int]] = {"target": Counter(), "us": Counter()}
        self.events = SecondCounts(_NUMBERS)
        self.messages = Messages()
        self.message_counts: dict[int, tuple[int, int]] = {}
        """Second -> messages sent and received until its end."""
        self.open_at_start = 0
        self.open_at_end = 0
        self.survival = Survival()
        self._opened, self._ended = SecondCounts(1), SecondCounts(1)
        """By second and backend number."""
        self._times = {name: np.zeros(CELLS, np.int64) for name in TIMES}
        self._open: Counter[tuple[float, int]] = Counter()
        """(when it opened in profile time, backend number) of what is open now."""
        self._before: Messages | None = None

    @property
    def used(self) -> bool:
        """Whether there was any socket at all."""
        return bool(self.counts.any()) or bool(self._open) or self.open_at_start > 0

    # -- what comes in

    def add(self, payload: bytes | memoryview) -> None:
        """Add a frame of events; ValueError if it is not a whole number of them."""
        events = np.frombuffer(payload, SOCKET_FIELDS)
        at = events["at"] - self._origin
        self._open_those(events[events["event"] == Event.OPENED])
        ending = np.isin(events["event"], ENDINGS)
        self._end_those(events[ending & (at < self._duration_s)])
        kept = events[(at >= 0) & (at < self._duration_s)]
        self.counts += np.bincount(kept["event"], minlength=_NUMBERS)[:_NUMBERS]
        self.events.add((kept["at"] - self._origin).astype(np.int64), kept["event"].astype(np.int64))
        self._measure(kept)
        self._explain(kept)

    def count_messages(self, time_s: float, so_far: Messages) -> None:
        """Take the engine's cumulative counts at profile time ``time_s``; those at time 0 are taken off."""
        if time_s < 0 or self._before is None:
            self._before = so_far if time_s < 0 else Messages()
        if time_s >= 0:
            self.messages = _difference(so_far, self._before)
            if time_s < self._duration_s:
                self.message_counts[second_of(time_s)] = (self.messages.sent, self.messages.received)

    def close(self, end_s: float) -> None:
        """End the watch at profile time ``end_s``: what is open is censored. No event may follow."""
        opened = np.array([key[0] for key in self._open.elements()], np.float64)
        opened = opened[opened < end_s]
        self.open_at_end = len(opened)
        self.survival.add(np.maximum(-opened, 0.0), end_s - opened, failed=False)

    # -- what goes out

    def times(self, name: str) -> Distribution:
        """Return one of ``TIMES``. Lives not seen to end, and lost sockets never replaced, rank above every value."""
        unseen = {"lifetime": self.open_at_end, "recovered": self._never_replaced()}
        return Distribution(self._times[name], unseen.get(name, 0))

    def share(self, name: str) -> tuple[int, int] | None:
        """Return how many failed in one of ``FAILURES``, or had one of ``FAULTS``, and of how many; None: not known.

        Who never opened is a part of all attempts, the other failures of what was open; what is lost is a part of what
        should have come, the other faults of what came.
        """
        if name == "never_opened":
            failed = int(self.counts[Event.NEVER_OPENED])
            return failed, failed + int(self.counts[Event.OPENED])
        if name in FAILURES:
            return int(self.counts[FAILURES[name]]), int(self.counts[Event.OPENED]) + self.open_at_start
        faulty: int | None = getattr(self.messages, name)
        if faulty is None:
            return None
        return faulty, self.messages.received + (faulty if name == "lost" else 0)

    def open_by_backend(self, seconds: int) -> IntArray:
        """Return how many are open at the end of each second, by backend number: (seconds, backends)."""
        width = max(self._opened.rows(seconds).shape[1], self._ended.rows(seconds).shape[1])
        change = np.zeros((seconds, width), np.int64)
        for table, sign in ((self._opened.rows(seconds), 1), (self._ended.rows(seconds), -1)):
            change[:, : table.shape[1]] += sign * table
        return np.cumsum(change, axis=0)

    @property
    def seconds(self) -> int:
        """How many seconds of the window anything is known of."""
        return max(self.events.seconds, self._opened.seconds, self._ended.seconds)

    # -- within

    def _never_replaced(self) -> int:
        lost = sum(int(self.counts[event]) for event in FAILED_ENDINGS)
        return max(0, lost - int(self.counts[Event.RECOVERED]))  # one that was lost in the warm-up may be replaced now

    def _open_those(self, events: SocketEvents) -> None:
        opened = events["at"] - self._origin
        backends = events["backend"].astype(np.int64)
        for key in zip(opened.tolist(), backends.tolist(), strict=True):
            self._open[key] += 1
        inside = opened < self._duration_s
        self.open_at_start += int(np.count_nonzero(opened < 0))
        self._opened.add(opened[inside].astype(np.int64), backends[inside])

    def _end_those(self, events: SocketEvents) -> None:
        opened, ended = events["began"] - self._origin, events["at"] - self._origin
        backends = events["backend"].astype(np.int64)
        for key in zip(opened.tolist(), backends.tolist(), strict=True):
            self._open[key] -= 1
            if self._open[key] <= 0:
                del self._open[key]
        self.open_at_start -= int(np.count_nonzero(ended < 0))
        self._ended.add(ended.astype(np.int64), backends)
        watched = ended >= 0
        failed = np.isin(events["event"], FAILED_ENDINGS)
        for is_failure in (True, False):
            chosen = watched & (failed == is_failure)
            entered, left = np.maximum(-opened[chosen], 0.0), (ended - opened)[chosen]
            self.survival.add(entered, left, failed=is_failure)

    def _measure(self, events: SocketEvents) -> None:
        kind = events["event"]
        opened = events[(kind == Event.OPENED) & ~np.isnan(events["middle"])]  # of long-polls only the end is known
        self._time("connect", opened["middle"] - opened["began"])
        self._time("upgrade", opened["at"] - opened["middle"])
        for name, event, since in (
            ("first_message", Event.FIRST_MESSAGE, "began"),
            ("echo", Event.ECHO, "due"),
            ("broadcast", Event.BROADCAST, "began"),
            ("recovered", Event.RECOVERED, "began"),
        ):
            chosen = events[kind == event]
            self._time(name, chosen["at"] - chosen[since])
        dead = events[kind == Event.DEAD]
        self._time("detection", dead["at"] - dead["middle"])
        ended = events[np.isin(kind, ENDINGS)]
        self._time("lifetime", ended["at"] - ended["began"])

    def _time(self, name: str, values_s: FloatArray) -> None:
        if len(values_s):
            self._times[name] += np.bincount(cells(values_s), minlength=CELLS)

    def _explain(self, events: SocketEvents) -> None:
        for name, kind in FAILURES.items():
            for event in events[events["event"] == kind]:
                cause, code, flags = int(event["cause"]), int(event["code"]), int(event["flags"])
                self.causes[name][cause_name(kind, cause, code, flags)] += 1
        for event in events[np.isin(events["event"], ENDINGS) & (events["code"] != NO_CODE)]:
            by = "target" if event["flags"] & BEGUN_BY_TARGET else "us"
            self.close_codes[by][int(event["code"])] += 1


def _difference(now: Messages, before: Messages) -> Messages:
    def less(value: int | None, taken: int | None) -> int | None:
        return None if value is None else value - (taken or 0)

    return Messages(
        sent=now.sent - before.sent,
        received=now.received - before.received,
        unanswered=now.unanswered - before.unanswered,
        lost=less(now.lost, before.lost),
        duplicated=less(now.duplicated, before.duplicated),
        corrupt=less(now.corrupt, before.corrupt),
        out_of_order=less(now.out_of_order, before.out_of_order),
        late=less(now.late, before.late),
        missed=less(now.missed, before.missed),
        recovered=less(now.recovered, before.recovered),
        reopened=now.reopened - before.reopened,
        http_reads=now.http_reads - before.http_reads,
    )
