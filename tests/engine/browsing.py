"""A client with what an engine gives it: a user, a sink and a sweep. A test's own greenlet may make the calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

from gevent import get_hub

from loadsim.engine.http import Client
from loadsim.engine.origin import Origin
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, ROUTE_SHIFT, outcome_name
from loadsim.wire import HttpSettings

from .raw_server import RawServer, Script


class Sample(NamedTuple):
    outcome: str
    route: int
    backend: int
    visitor_class: int
    due: float
    started: float
    ended: float
    received: int
    sent: int


class Sink:
    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.timings: list[tuple[float, bytes]] = []
        self.told_of_caches: list[tuple[float, int, bytes]] = []

    def told(self, due: float, key: int, timing: bytes, caches: bytes) -> None:
        if timing:
            self.timings.append((due, timing))
        if caches:
            self.told_of_caches.append((due, key >> ROUTE_SHIFT, caches))

    def request(self, key: int, due: float, started: float, ended: float, received_bytes: int, sent_bytes: int) -> None:
        self.samples.append(
            Sample(
                outcome_name(key & 0xFFFF),
                key >> ROUTE_SHIFT,
                key >> BACKEND_SHIFT & 0xFF,
                key >> CLASS_SHIFT & 0xFF,
                due,
                started,
                ended,
                received_bytes,
                sent_bytes,
            )
        )

    @property
    def outcomes(self) -> list[str]:
        return [sample.outcome for sample in self.samples]


@dataclass
class User:
    due: float | None = None
    last_ended: float | None = None
    failed: bool = False
    visitor_class: int = 0


@dataclass
class Browsing:
    origin: Origin
    client: Client
    user: User
    sink: Sink = field(default_factory=Sink)

    def another(self) -> Browsing:
        """Return another user of the same origin."""
        user = User()
        return Browsing(self.origin, Client(self.origin, user), user, self.sink)

    @property
    def error(self) -> str:
        """The text of the only kind of error there was."""
        ((_, text),) = self.origin.errors
        return text


@contextmanager
def browsing(url: str, **settings: Any) -> Iterator[Browsing]:
    sink, user = Sink(), User()
    origin = Origin(HttpSettings(**{"url": url, "timeout_s": 10.0, **settings}), sink)
    client = Client(origin, user)
    timer = get_hub().loop.timer(0.02, 0.02)
    timer.start(lambda: origin.sweep(perf_counter()))
    try:
        yield Browsing(origin, client, user, sink)
    finally:
        timer.stop()
        timer.close()
        for connection in list(origin.connections):
            connection.discard()


@contextmanager
def visiting(scripts: Script | list[Script], path: str = "", **settings: Any) -> Iterator[tuple[Browsing, RawServer]]:
    """Serve ``scripts`` and browse them."""
    with RawServer(scripts) as server, browsing(f"http://127.0.0.1:{server.port}{path}", **settings) as visit:
        yield visit, server
