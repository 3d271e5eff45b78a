"""Turns due times into running users, in the hub: no greenlet and no queue between an arrival and its user.

The pacer is a callback of one precise timer. It pops an idle user (last in, first out, so that few users stay warm)
and switches straight into it; without an idle user the arrival waits in the backlog. A due time nearer than ``SPIN_S``
is polled for: in a virtual machine, arming a near timer costs about 10 us and waking from it more.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Protocol

from greenlet import getcurrent

from loadsim.engine.timer import best_timer

SPIN_S = 30e-6
_NEVER = float("inf")


Arrival = tuple[float, int, int, int]
"""When a visitor is due (engine clock), which task, which visitor class, and the state of its own random numbers."""


class Idle(Protocol):
    """A user that waits for an arrival: ``wake`` switches into its greenlet."""

    wake: Callable[[Arrival], None]
    _state: str | None


class Pacer:
    """Releases arrivals when they are due, and wakes whoever sleeps until a given time.

    ``arrivals`` yields in order of due time. Counts are of measured arrivals, due at ``origin`` or later.
    """

    def __init__(self, hub: Any, running: str) -> None:
        self.idle: list[Any] = []
        self.backlog: deque[Arrival] = deque()
        self.scheduled = 0
        self.max_backlog = 0
        self.least_idle = 0
        self.looks = 0
        """How often the due times were looked at: who runs without the hub having had a turn sees it stand still."""
        self.finished = True
        self._running = running
        self._sleepers: list[tuple[float, int, Callable[[], None]]] = []
        self._sleeper_number = 0
        self._next: Arrival | None = None
        self._arrivals: Iterator[Arrival] = iter(())
        self._origin = 0.0
        self._timer = best_timer(hub.loop, self._release)
        self._hub = hub
        self._nap, self._look = hub.loop.idle(), hub.loop.check()
        self._spinning = False
        self.precise = self._timer.precise

    def begin(self, arrivals: Iterator[Arrival], origin: float) -> None:
        """Start releasing ``arrivals``; ``origin`` is profile time 0 on the engine's clock."""
        self._arrivals, self._origin = arrivals, origin
        self._next = next(arrivals, None)
        self.finished = self._next is None
        self.least_idle = len(self.idle)
        self._arm()

    def end(self) -> None:
        """Release nothing more; what is in the backlog stays there."""
        self._next, self.finished = None, True
        self._arm()

    def call_at(self, due: float, callback: Callable[[], None]) -> tuple[float, int, Callable[[], None]]:
        """Call back in the hub at ``due`` on the engine's clock, as precisely as it can; return the heap's entry."""
        entry = (due, self._sleeper_number, callback)
        self._sleeper_number += 1
        heapq.heappush(self._sleepers, entry)
        if entry is self._sleepers[0]:
            self._arm()
        return entry

    def sleep_until(self, due: float) -> None:
        """Block the calling greenlet until ``due`` on the engine's clock, with the pacer's precision."""
        entry = self.call_at(due, getcurrent().switch)
        try:
            self._hub.switch()
        except BaseException:
            if entry in self._sleepers:
                self._sleepers.remove(entry)
                heapq.heapify(self._sleepers)
            raise

    def close(self) -> None:
        """Stop for good."""
        self.end()
        self._spin(False)
        for watcher in (self._nap, self._look):
            watcher.close()
        self._timer.close()

    def _release(self) -> None:
        now = perf_counter()
        self.looks += 1
        sleepers = self._sleepers
        while sleepers and sleepers[0][0] <= now:
            heapq.heappop(sleepers)[2]()
        arrival, idle = self._next, self.idle
        if arrival is not None and arrival[0] <= now:
            arrivals, origin, running = self._arrivals, self._origin, self._running
            while arrival is not None and arrival[0] <= now:
                if arrival[0] >= origin:
                    self.scheduled += 1
                if idle:
                    user = idle.pop()
                    user._state = running  # noqa: SLF001 - Locust's own field: stop() must not think that it still waits
                    if len(idle) < self.least_idle:
                        self.least_idle = len(idle)
                    user.wake(arrival)
                else:
                    self.backlog.append(arrival)
                    if len(self.backlog) > self.max_backlog:
                        self.max_backlog = len(self.backlog)
                if self.finished:
                    return  # an iteration ended the run while we were in it
                arrival = next(arrivals, None)
            self._next = arrival
            self.finished = arrival is None
        self._arm()

    def _arm(self) -> None:
        due = self._next[0] if self._next is not None else _NEVER
        if self._sleepers and self._sleepers[0][0] < due:
            due = self._sleepers[0][0]
        if due == _NEVER:
            self._spin(False)
            self._timer.disarm()
            return
        wait = due - perf_counter()
        self._spin(wait < SPIN_S)
        if not self._spinning:
            self._timer.arm(wait)

    def _spin(self, on: bool) -> None:
        """Poll without sleeping (an idle watcher keeps the loop awake), and look after every poll (a check watcher)."""
        if on == self._spinning:
            return
        self._spinning = on
        if on:
            self._nap.start(int)
            self._look.start(self._release)
        else:
            self._nap.stop()
            self._look.stop()
