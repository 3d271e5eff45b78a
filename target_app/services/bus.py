"""The way to other services over the bus, and the way to leave them work that nobody waits for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

from django.conf import settings

from target_app.bus.link import Link
from target_app.services.answer import Answer, Response, ask
from target_app.services.operation import Call, encode_calls
from target_app.services.present import TIME_LEFT

_REQUEST_START = "X-Request-Start"
"""As the balancer says it: when the wait for a slot began."""


class BusTransport:
    """Sends calls; used by all threads of a server at once."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def send(
        self, service: str, calls: Sequence[Call[Any]], deadline: float, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Have ``service`` perform the calls by the deadline (of ``time.monotonic``)."""
        body = encode_calls(calls)
        return ask(service, calls, deadline, partial(self._ask, service, body, headers or {}, deadline))

    def _ask(self, service: str, body: bytes, headers: Mapping[str, str], deadline: float, left_s: float) -> Response:
        return self._link.ask(service, {**headers, **_times(f"{left_s:.6f}")}, body, deadline)


def leave(service: str, call: Call[Any], began: float) -> bool:
    """Leave a call to ``service``, whose cause happened at ``began`` (of ``time.monotonic``), and do not wait for it.

    Returns whether the bus took it; that it did not is counted.
    """
    return link().tell(service, _times("inf"), encode_calls([call]), began)


def _times(left_s: str) -> dict[str, str]:
    return {TIME_LEFT: left_s, _REQUEST_START: f"t={time.time():.6f}"}


@cache
def link() -> Link:
    """Return this process's place on the bus; the first time before any request, since it is made but once."""
    return Link(settings.CONFIG.redis, settings.CONFIG.bus_capacity, settings.CONFIG.backend)
