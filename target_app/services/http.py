"""The way to other services: HTTP over one Unix socket, behind which the balancer chooses one of their servers.

Connections are kept. Nothing is sent twice: who reserves stock twice sells it twice. A refusal of the other side comes
back as what it was there, and what keeps an answer from coming is a refusal too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from target_app.errors import DeadlinePassed, Unavailable
from target_app.services.answer import PREFIX, Answer, Response, ask
from target_app.services.operation import Call, encode_calls
from target_app.services.present import TIME_LEFT


class HttpTransport:
    """Sends calls; used by all threads of a server at once."""

    def __init__(self, unix_socket: str) -> None:
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
        transport = httpx.HTTPTransport(uds=unix_socket, limits=unlimited)
        self._client = httpx.Client(transport=transport, base_url="http://services", trust_env=False)

    def send(
        self, service: str, calls: Sequence[Call[Any]], deadline: float, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Have ``service`` perform the calls by the deadline (of ``time.monotonic``)."""
        return ask(service, calls, deadline, partial(self._post, service, encode_calls(calls), headers or {}))

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _post(self, service: str, body: bytes, headers: Mapping[str, str], left_s: float) -> Response:
        try:
            response = self._client.post(
                f"{PREFIX}/{service}",
                content=body,
                headers={**headers, "Content-Type": "application/json", TIME_LEFT: f"{left_s:.6f}"},
                timeout=left_s if math.isfinite(left_s) else None,
            )
        except httpx.TimeoutException:
            raise DeadlinePassed(f"the service {service} did not answer in the {left_s:.3f} s that were left") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"the service {service} cannot be reached: {error or type(error).__name__}") from None
        return Response(response.status_code, response.headers, response.content)
