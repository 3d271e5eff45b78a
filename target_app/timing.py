"""Where the time of the present request went, and how it is told: the ``Server-Timing`` header.

Parts of one request, in milliseconds (W3C Server Timing; a browser draws them):

    queue       from the balancer's X-Request-Start until a slot took the request; absent when no balancer says it
    app         from then until the answer was ready: the slot was held for so long
    db          in the database, without ...
    db-replica  in its replicas, and so on for other databases by their names (target_app.placement)
    lock        ... the wait for SQLite's single writer (BEGIN IMMEDIATE)
    catch-up    until a replica had all that was written, with the questions to the databases (target_app.currency)
    render      filling templates          image       resizing a picture
    provider    waiting for the payment provider        export      holding the slot for an export
    confirmation    sending the mail after a payment, where it is sent before the answer
    fault       a delay that was ordered (target_app.misconduct)
    rpc         calls over the apps' interfaces, outermost ones; its description is how many calls were made in all
    inventory   and other names of services: the requests to it, and from sending each until its answer was there; its
                description is how many there were. Made in parallel, their sum may exceed the whole
    inner-queue what of that was waiting until a slot of the other service took the request

Databases, lock, render, image, provider, confirmation, export, fault and the requests to services count wherever they
happened on behalf of this request: another service's account comes back with its answer.

A request is served by one thread from start to end, so the account is kept by thread.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_ENTRY = re.compile(r'([\w-]+);dur=([0-9.]+)(?:;desc="(\d+) calls")?')
_OWN = frozenset({"app", "rpc"})
"""Parts that tell of one server; what another service says of its own is within the request to it."""
_QUEUE, _INNER_QUEUE = "queue", "inner-queue"


class Timing(threading.local):
    """The account of the request that this thread is serving."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin the next request."""
        self.durations_s: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self._within = 0

    def add(self, name: str, seconds: float, count: int = 0) -> None:
        """Put ``seconds`` and ``count`` more on the part called ``name``."""
        self.durations_s[name] = self.durations_s.get(name, 0.0) + seconds
        if count:
            self.counts[name] = self.counts.get(name, 0) + count

    def hop(self, service: str, seconds: float, server_timing: str) -> None:
        """Note a request to another service, and what that says its time went into."""
        self.add(service, seconds, 1)
        for name, milliseconds, count in _ENTRY.findall(server_timing):
            if name not in _OWN:
                here = _INNER_QUEUE if name == _QUEUE else name
                self.add(here, float(milliseconds) / 1e3, int(count or 0))

    @contextmanager
    def calls(self, count: int) -> Iterator[None]:
        """Count interface calls; their time is on ``rpc``, unless it is within that of another call."""
        self.counts["rpc"] = self.counts.get("rpc", 0) + count
        self._within += 1
        started = time.perf_counter()
        try:
            yield
        finally:
            self._within -= 1
            if not self._within:
                self.add("rpc", time.perf_counter() - started)

    def header(self) -> str:
        """Return the value of ``Server-Timing``: ``app;dur=3.141, db;dur=0.592, rpc;dur=1.2;desc="20 calls"``."""
        return ", ".join(
            f"{name};dur={seconds * 1e3:.3f}" + (f';desc="{self.counts[name]} calls"' if name in self.counts else "")
            for name, seconds in self.durations_s.items()
        )


timing = Timing()


@contextmanager
def span(name: str) -> Iterator[None]:
    """Put the time that the block takes on the part called ``name``."""
    started = time.perf_counter()
    try:
        yield
    finally:
        timing.add(name, time.perf_counter() - started)
