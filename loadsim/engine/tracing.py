"""The clients that tell every request and answer in full, for ``loadsim try``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import msgspec
from websockets.http11 import Request

from loadsim.engine.cookies import CookieJar
from loadsim.engine.http import Client
from loadsim.engine.origin import Origin
from loadsim.engine.response import Response
from loadsim.engine.websocket_client import Opening, WebSocketClient
from loadsim.measure.sample import outcome_name
from loadsim.redact import HIDDEN, is_secret_name, redact_headers, redact_text, redact_url
from loadsim.wire import Exchange, Kind

if TYPE_CHECKING:
    from loadsim.engine.engine import Engine

_BODY_CHARS = 4000


class TracingClient(Client):
    """A client that sends an :class:`~loadsim.wire.Exchange` after each request; otherwise the same."""

    def __init__(self, engine: Engine, user: Any) -> None:
        super().__init__(engine.origin, user)
        self._outbox = engine.outbox

    def _send(self, wire: bytes, *arguments: Any, **options: Any) -> Response:
        response = super()._send(wire, *arguments, **options)
        lines = wire.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        exchange = Exchange(
            method=method,
            url=redact_url(urljoin(self.origin.url.origin, rest.rpartition(" ")[0])),
            request_headers=_redacted(self.origin, [line.split(": ", 1) for line in lines[1:] if ": " in line]),
            status=response.status_code,
            outcome=response.outcome,
            response_headers=_redacted(self.origin, response.headers.items()),
            body=_text(response),
            service_s=response.elapsed.total_seconds(),
            redirects=len(response.history),
        )
        self._outbox.send(Kind.EXCHANGE, msgspec.json.encode(exchange))
        return response


class TracingWebSocketClient(WebSocketClient):
    """A client of WebSockets that sends an :class:`~loadsim.wire.Exchange` after each handshake."""

    def __init__(self, engine: Engine, user: Any, cookies: CookieJar | None = None) -> None:
        super().__init__(engine.sockets, user, cookies)
        self._origin, self._outbox = engine.origin, engine.outbox

    def _tell(self, request: Request, opening: Opening, service_s: float) -> None:
        response = opening.response
        body = bytes(response.body) if response is not None and response.body else b""
        exchange = Exchange(
            method="GET",
            url=redact_url(urljoin(self._origin.url.origin, request.path)),
            request_headers=_redacted(self._origin, request.headers.raw_items()),
            status=opening.status,
            outcome=outcome_name(opening.outcome),
            response_headers=_redacted(self._origin, response.headers.raw_items() if response is not None else ()),
            body=body.decode("utf-8", "replace")[:_BODY_CHARS],
            service_s=service_s,
        )
        self._outbox.send(Kind.EXCHANGE, msgspec.json.encode(exchange))


def _redacted(origin: Origin, fields: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Hide what a field's name gives away, and whatever the user gave with --header."""
    given = {name.lower() for name, value in redact_headers(origin.settings.headers) if value == HIDDEN}
    return tuple(
        (name, HIDDEN if name.lower() in given or is_secret_name(name) else redact_text(value))
        for name, value in fields
    )


def _text(response: Response) -> str:
    try:
        text = response.text
    except ValueError:
        return f"({len(response.content)} bytes that are no text)"
    return text[:_BODY_CHARS]
