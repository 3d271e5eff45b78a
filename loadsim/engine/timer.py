"""One timer in gevent's hub that is as precise as the system allows.

libev keeps its timers in milliseconds for epoll; a timerfd is a file descriptor that becomes readable at a time given
in nanoseconds, so the loop wakes within some 30 us of it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol

_CLOCK_MONOTONIC = 1
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000


class Timer(Protocol):
    """Calls back in the hub once the time it was last armed for has come, and again at every turn until armed anew."""

    precise: bool

    def arm(self, wait_s: float) -> None:
        """Call back ``wait_s`` from now instead of whenever was said before."""

    def disarm(self) -> None:
        """Do not call back until armed again."""

    def close(self) -> None:
        """Give the system's resources back."""


class KernelTimer:
    """A timerfd watched by the loop (Linux)."""

    precise = True

    def __init__(self, loop: Any, callback: Callable[[], None]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._spec = (ctypes.c_long * 4)()  # struct itimerspec: interval and value, each seconds and nanoseconds
        self._settime = self._libc.timerfd_settime
        self._watcher = loop.io(self._descriptor, 1)
        self._watcher.start(callback)

    def arm(self, wait_s: float) -> None:
        """See :class:`Timer`. Setting the time also clears the last expiry, so there is nothing to read."""
        wait_s = max(0.0, wait_s)
        whole = int(wait_s)
        self._spec[2], self._spec[3] = whole, max(1, int((wait_s - whole) * 1e9))  # all zero would disarm it
        self._settime(self._descriptor, 0, self._spec, None)

    def disarm(self) -> None:
        """See :class:`Timer`."""
        self._spec[2] = self._spec[3] = 0
        self._settime(self._descriptor, 0, self._spec, None)

    def close(self) -> None:
        """See :class:`Timer`."""
        self._watcher.stop()
        self._watcher.close()
        os.close(self._descriptor)


class LoopTimer:
    """The loop's own timer, good to about a millisecond, where there is no timerfd (macOS)."""

    precise = False

    def __init__(self, loop: Any, callback: Callable[[], None]) -> None:
        self._loop, self._callback = loop, callback
        self._timer = loop.timer(0.0)

    def arm(self, wait_s: float) -> None:
        """See :class:`Timer`."""
        self._timer.stop()
        self._timer.close()
        self._timer = self._loop.timer(max(0.0, wait_s))
        self._timer.start(self._callback, update=True)  # from now, not from when the loop last looked at the clock

    def disarm(self) -> None:
        """See :class:`Timer`."""
        self._timer.stop()

    def close(self) -> None:
        """See :class:`Timer`."""
        self._timer.stop()
        self._timer.close()


def best_timer(loop: Any, callback: Callable[[], None]) -> Timer:
    """Return the most precise timer there is here."""
    return KernelTimer(loop, callback) if sys.platform == "linux" else LoopTimer(loop, callback)
