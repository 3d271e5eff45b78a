"""The request that this thread is serving, as calls that go to other services must know it."""

from __future__ import annotations

import itertools
import math
import threading
import time
from typing import Any

TIME_LEFT = "X-Time-Left"
"""How many seconds a call to another service may take: relative, as machines do not share a clock (as gRPC's)."""
_PASSED_ON = ("X-User",)
"""What the balancer may choose a server by."""
_turns = itertools.count()


class Present(threading.local):
    """When the request must be answered (by ``time.monotonic``), and which of its headers its calls carry on.

    ``turn`` counts the requests of this process; ``has_written`` says whether this one has changed data here, and
    ``is_current`` whether the replica that it reads is known to have all that was written before.
    """

    def __init__(self) -> None:
        self.deadline = math.inf
        self.headers: dict[str, str] = {}
        self.turn = 0
        self.has_written = self.is_current = False

    @property
    def user(self) -> str:
        """Who asks, as the request says; empty if it does not."""
        return self.headers.get("X-User", "")

    def begin(self, environ: dict[str, Any], waited_s: float, longest_s: float) -> None:
        """Begin the next request. Its time has run since the balancer took it, ``waited_s`` ago.

        It is ``longest_s``, or what the caller of another service says is left of its own.
        """
        self.deadline = time.monotonic() - waited_s + min(longest_s, _seconds(environ.get(_key(TIME_LEFT), "")))
        self.headers = {name: environ[_key(name)] for name in _PASSED_ON if _key(name) in environ}
        self.turn = next(_turns)
        self.has_written = self.is_current = False


present = Present()


def is_call(environ: dict[str, Any]) -> bool:
    """Return whether a request is a call of another service: the balancer lets no other say how much time is left."""
    return _key(TIME_LEFT) in environ


def _key(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return math.inf
    return seconds if seconds >= 0 else math.inf  # also for one that is not a number
