"""Where one engine's requests go: addresses, the shared TLS context, the constant part of requests, names."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from loadsim.engine.address import TargetUrl, address_text, resolve
from loadsim.engine.compose import METHODS, RequestHead, is_token
from loadsim.engine.names import Backends, Routes, new_backend_names, new_route_names
from loadsim.engine.notes import ErrorNotes
from loadsim.engine.proxy import connect_request
from loadsim.engine.scan import HeadScanner
from loadsim.engine.tls import build_context
from loadsim.errors import UsageError
from loadsim.redact import OPEN_HEADERS
from loadsim.wire import HttpSettings

if TYPE_CHECKING:
    from loadsim.engine.connection import Connection

_MOST_BYTES = (1 << 32) - (1 << 20)
"""A sample counts bytes in 32 bits."""


class Sink(Protocol):
    """Takes samples: ``request`` gets key, due, started, ended (seconds, ``perf_counter``), received and sent bytes."""

    def request(self, key: int, due: float, started: float, ended: float, received_bytes: int, sent_bytes: int) -> None:
        """Take one."""

    def told(self, due: float, key: int, timing: bytes, caches: bytes) -> None:
        """Take the Server-Timing header, and the fields that caches have set, of the answer to a request due then."""


class Origin:
    """One target, as every user of an engine shares it."""

    def __init__(self, settings: HttpSettings, sink: Sink) -> None:
        """Resolve and check everything that can be without connecting. Raises UsageError, TargetError."""
        self.settings = settings
        self.sink = sink
        self.url = url = TargetUrl.parse(settings.url)
        self.proxy = TargetUrl.parse(settings.proxy, what="the proxy", schemes=("http",)) if settings.proxy else None
        self.head = RequestHead(url, settings.headers, self.proxy)
        self.plain, self.leads = self.head.plain, self.head.leads
        if not 0 < settings.max_body_bytes <= _MOST_BYTES:
            raise UsageError(f"the bound on bodies is {settings.max_body_bytes} bytes: expected 1 to {_MOST_BYTES}")
        self.max_body_bytes = settings.max_body_bytes
        self.timeout_s = settings.timeout_s
        self.connect_timeout_s = settings.connect_timeout_s
        self.context = build_context(settings) if url.scheme == "https" else None
        self.tunnel = connect_request(url, self.proxy) if self.proxy and self.context else b""
        place = self.proxy or url
        self.use(resolve(place.host, place.port, settings.resolve))
        self.connections: set[Connection] = set()
        self.routes, self.backends = new_route_names(), new_backend_names()
        self.route_numbers = {method: Routes(method, self.routes) for method in METHODS}
        self.backend_numbers = Backends(self.backends)
        self.scanner = HeadScanner(settings.backend_headers, self.backend_numbers)
        self.notes = ErrorNotes(_secrets(settings, url, self.proxy))

    def numbers_for(self, method: str) -> Routes:
        """Return the table of route numbers for ``method``; raises ValueError for what cannot be one."""
        routes = self.route_numbers.get(method)
        if routes is None:
            if not is_token(method) or len(method) > 32 or method == "CONNECT":
                raise ValueError(f"not a request method: {method!r}")
            routes = self.route_numbers[method] = Routes(method, self.routes)
        return routes

    def use(self, addresses: tuple[tuple[int, tuple[str, int] | tuple[str, int, int, int]], ...]) -> None:
        """Spread the connections made from now on over ``addresses``, in turns."""
        self.socket_addresses = addresses
        self.next_address = itertools.cycle(addresses).__next__

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses in use, for people: the proxy's where there is one."""
        return tuple(address_text(address) for address in self.socket_addresses)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Pairs (outcome name, first example), without secrets and safe to print."""
        return self.notes.errors

    def fresh_errors(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs added since this was last called."""
        return self.notes.fresh()

    def sweep(self, now: float) -> None:
        """End every exchange whose deadline is before ``now``. Called in the hub; the users wake here."""
        for connection in [connection for connection in self.connections if connection.deadline < now]:
            connection.expire(now)

    def check(self, *, get: bool = True) -> tuple[str, ...]:
        """Ask the target for its URL once, before any traffic; see :func:`loadsim.engine.check.check`."""
        from loadsim.engine.check import check  # it makes connections, which know this module

        return check(self, get=get)

    def check_sockets(self) -> tuple[str, ...]:
        """Open a WebSocket at the target's URL once, before any traffic."""
        from loadsim.engine.check import check
        from loadsim.engine.websocket_client import check_handshake

        return (*check(self, get=False), *check_handshake(self))


def _secrets(settings: HttpSettings, url: TargetUrl, proxy: TargetUrl | None) -> set[str]:
    found = {value for name, value in settings.headers if name.lower() not in OPEN_HEADERS}
    found |= {word for value in found for word in value.split() if len(word) >= 8}
    for place in (url, proxy):
        if place is not None and place.userinfo is not None:
            found.add(place.userinfo[1])
    return found
