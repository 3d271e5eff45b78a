"""Where the time of the present request went, and how it is told: the ``Server-Timing`` header.

Parts of one request, in milliseconds (W3C Server Timing; a browser draws them):

    queue       from the balancer's X-Request-Start until a slot took the request; absent when no balancer says it
    app         from then until the answer was ready: the slot was held for so long
    db          in SQLite, without ...
    lock        ... the wait for SQLite's single writer (BEGIN IMMEDIATE)
    render      filling templates          image       resizing a picture
    provider    waiting for the payment provider        export      holding the slot for an export
    rpc         calls over the apps' interfaces, outermost ones; its description is how many calls were made in all

A request is served by one thread from start to end, so the account is kept by thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Timing(threading.local):
    """The account of the request that this thread is serving."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin the next request."""
        self.durations_s: dict[str, float] = {}
        self.calls = 0
        self.depth = 0

    def add(self, name: str, seconds: float) -> None:
        """Put ``seconds`` more on the part called ``name``."""
        self.durations_s[name] = self.durations_s.get(name, 0.0) + seconds

    def header(self) -> str:
        """Return the value of ``Server-Timing``: ``app;dur=3.141, db;dur=0.592, rpc;dur=1.2;desc="20 calls"``."""
        parts = [f"{name};dur={seconds * 1e3:.3f}" for name, seconds in self.durations_s.items() if name != "rpc"]
        if self.calls:
            parts.append(f'rpc;dur={self.durations_s.get("rpc", 0.0) * 1e3:.3f};desc="{self.calls} calls"')
        return ", ".join(parts)


timing = Timing()


@contextmanager
def span(name: str) -> Iterator[None]:
    """Put the time that the block takes on the part called ``name``."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timing.add(name, time.perf_counter() - started)


def exposed(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function of an interface module: other apps may call it, and its calls are counted."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        timing.calls += 1
        if timing.depth:
            return function(*args, **kwargs)
        timing.depth = 1
        try:
            with span("rpc"):
                return function(*args, **kwargs)
        finally:
            timing.depth = 0

    return call
