"""The client that tells every request and answer in full, for ``loadsim try``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from loadsim.engine.http import Client
from loadsim.engine.notes import HIDDEN
from loadsim.engine.response import Response
from loadsim.wire import Exchange, Kind

if TYPE_CHECKING:
    from loadsim.engine.engine import Engine

_BODY_CHARS = 4000
_SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"})


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
            url=self.origin.notes.clean(self.origin.url.origin + rest.rpartition(" ")[0]),
            request_headers=_redacted([tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]),
            status=response.status_code,
            outcome=response.outcome,
            response_headers=_redacted(list(response.headers.items())),
            body=_text(response),
            service_s=response.elapsed.total_seconds(),
            redirects=len(response.history),
        )
        self._outbox.send(Kind.EXCHANGE, msgspec.json.encode(exchange))
        return response


def _redacted(fields: list[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, HIDDEN if name.lower() in _SECRET_FIELDS else value) for name, value in fields)


def _text(response: Response) -> str:
    try:
        text = response.text
    except ValueError:
        return f"({len(response.content)} bytes that are no text)"
    return text[:_BODY_CHARS]
