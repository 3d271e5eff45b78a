"""The account of each request, around Django: who served it, how busy the server was, and where the time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from target_app.services.present import is_call, present
from target_app.tally import CALLS, REQUESTS, Tally
from target_app.timing import timing

StartResponse = Callable[..., Any]
WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
KEEPER = "loadsim-keeper"
"""User-Agent of the process that looks after the target."""
_LONGEST_QUEUE_S = 3600.0
_CHUNK_BYTES, _MOST_UNREAD_BYTES = 1 << 16, 1 << 22


def queued_s(environ: dict[str, Any], now_s: float) -> float | None:
    """Return how long the request waited since the balancer took it; None if no balancer says so, or it says nonsense.

    ``X-Request-Start: t=1700000000.123456`` is the Unix time, in seconds (Envoy here, nginx), milliseconds (Heroku) or
    microseconds (HAProxy here). Balancer and server run on one machine and read one clock.
    """
    text = environ.get("HTTP_X_REQUEST_START", "")
    try:
        told = float(text.removeprefix("t="))
    except ValueError:
        return None
    waits_s = (now_s - told / unit for unit in (1, 1e3, 1e6) if told >= 0)
    return next((max(0.0, waited_s) for waited_s in waits_s if abs(waited_s) < _LONGEST_QUEUE_S), None)


def _read_rest(environ: dict[str, Any]) -> None:
    """Read what nobody read of the request's body, within reason.

    With a body unread the server closes the connection as it answers, and now and then the answer is lost with it.
    """
    if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    left = _MOST_UNREAD_BYTES
    while left > 0 and (chunk := environ["wsgi.input"].read(_CHUNK_BYTES)):
        left -= len(chunk)


def _counts_as(environ: dict[str, Any]) -> int | None:
    """Return what a request counts as; nothing if it is the keeper's question whether this server is up."""
    if environ.get("HTTP_USER_AGENT") == KEEPER:
        return None
    return CALLS if is_call(environ) else REQUESTS


def accounted(inner: WsgiApplication, backend: str, longest_s: float, tally: Tally) -> WsgiApplication:
    """Wrap ``inner`` so that each answer carries ``X-Backend`` and ``Server-Timing``, and is counted in ``tally``.

    ``longest_s`` is how long a request may take with its calls to other services.
    """

    def application(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        waited_s = queued_s(environ, time.time())
        started = time.perf_counter()
        timing.clear()
        present.begin(environ, waited_s or 0.0, longest_s)
        if waited_s is not None:
            timing.add("queue", waited_s)
        head: list[Any] = []
        tally.begin()
        try:
            response = inner(environ, lambda *args: head.append(args))
            # One list of bytes takes the server's short way; nothing here streams.
            body = [b"".join(response)]
            getattr(response, "close", lambda: None)()
        finally:
            _read_rest(environ)
            tally.end(_counts_as(environ))
        status, headers, *_ = head[0]
        timing.add("app", time.perf_counter() - started)
        start_response(status, [*headers, ("X-Backend", backend), ("Server-Timing", timing.header())])
        return body

    return application
