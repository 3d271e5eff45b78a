"""A greenlet that waits for a time or for word of something, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter as now
from typing import TYPE_CHECKING, Any

from gevent import get_hub
from greenlet import getcurrent

if TYPE_CHECKING:
    from loadsim.engine.pacer import Pacer

LOOK_S = 30.0
"""A wait is cut into pieces of this length: the pacer remembers the end of one that was cut short until it is past."""


class Waiting:
    """Waits on the pacer's clock; :meth:`wake` ends the wait early."""

    __slots__ = ("_hub", "_pacer", "_switch", "_turn")

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._hub: Any = get_hub()
        self._switch: Callable[[bool], object] | None = None
        self._turn = 0

    def until(self, due: float) -> None:
        """Block the calling greenlet until ``due`` (it may be inf), or until it is woken."""
        while (time := now()) < due:
            self._pacer.call_at(min(due, time + LOOK_S), partial(self._ring, self._turn))
            self._switch = getcurrent().switch
            try:
                woken = self._hub.switch()
            finally:
                self._switch = None
                self._turn += 1
            if woken:
                return

    def wake(self) -> None:
        """End the wait, if there is one: at once in the hub, from any other greenlet as soon as that has its turn."""
        switch = self._switch
        if switch is None:
            return
        if getcurrent() is self._hub:
            self._switch = None
            switch(True)
        else:
            self._hub.loop.run_callback(self.wake)

    def _ring(self, turn: int) -> None:
        switch = self._switch
        if turn == self._turn and switch is not None:
            self._switch = None
            switch(False)
