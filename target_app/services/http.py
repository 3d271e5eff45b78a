"""The way to other services: HTTP over one Unix socket, behind which the balancer chooses one of their servers.

Connections are kept. Nothing is sent twice: who reserves stock twice sells it twice. A refusal of the other side comes
back as what it was there, and what keeps an answer from coming is a refusal too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from target_app.errors import BadAnswer, DeadlinePassed, Refused, Unavailable, refusal_called
from target_app.services.operation import Call, decode_results, encode_calls
from target_app.services.present import TIME_LEFT

PREFIX = "/services"
"""Calls go to ``POST /services/SERVICE``."""
REFUSED = "X-Refused"
"""Names the class of the refusal that an answer is."""
_BALANCER_ANSWER = "X-Balancer-Answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of some calls: their results, or the refusal that ended them; how long, and what took the time."""

    results: list[Any]
    refusal: Refused | None
    seconds: float
    server_timing: str = ""


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
        started = time.monotonic()
        results: list[Any] = []
        refusal, told = None, ""
        try:
            response = self._post(service, calls, deadline - started, headers or {})
            told = response.headers.get("Server-Timing", "")
            results = _read(service, response, calls)
        except Refused as refused:
            refusal = refused
        return Answer(results, refusal, time.monotonic() - started, told)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _post(
        self, service: str, calls: Sequence[Call[Any]], left_s: float, headers: Mapping[str, str]
    ) -> httpx.Response:
        if left_s <= 0:
            raise DeadlinePassed(f"no time was left to ask the service {service}")
        try:
            return self._client.post(
                f"{PREFIX}/{service}",
                content=encode_calls(calls),
                headers={**headers, "Content-Type": "application/json", TIME_LEFT: f"{left_s:.6f}"},
                timeout=left_s if math.isfinite(left_s) else None,
            )
        except httpx.TimeoutException:
            raise DeadlinePassed(f"the service {service} did not answer in the {left_s:.3f} s that were left") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"the service {service} cannot be reached: {error or type(error).__name__}") from None


def _read(service: str, response: httpx.Response, calls: Sequence[Call[Any]]) -> list[Any]:
    """Return the results; raise the refusal that the answer is."""
    reason = response.headers.get(_BALANCER_ANSWER)
    if reason is not None:
        raise Unavailable(f"the service {service} cannot be reached: {reason}")
    try:
        if response.status_code == httpx.codes.OK:
            return decode_results(response.content, calls)
        raise refusal_called(response.headers[REFUSED])(response.json()["error"])
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
        raise BadAnswer(f"the service {service} failed: status {response.status_code}") from None
