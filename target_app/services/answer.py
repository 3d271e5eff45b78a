"""What a service answers, however it was asked: results or a refusal, and what its time went into."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from target_app.errors import BadAnswer, DeadlinePassed, Refused, Unavailable, refusal_called
from target_app.services.operation import Call, decode_results

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


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and body, of whichever transport."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(service: str, calls: Sequence[Call[Any]], deadline: float, send: Callable[[float], Response]) -> Answer:
    """Have calls sent that are to be answered by the deadline (of ``time.monotonic``), and read what comes back.

    ``send`` is given the seconds that are left, and raises what keeps an answer from coming as a refusal.
    """
    started = time.monotonic()
    results: list[Any] = []
    refusal, told = None, ""
    try:
        if deadline <= started:
            raise DeadlinePassed(f"no time was left to ask the service {service}")
        response = send(deadline - started)
        told = response.headers.get("Server-Timing", "")
        results = _read(service, response, calls)
    except Refused as refused:
        refusal = refused
    return Answer(results, refusal, time.monotonic() - started, told)


def _read(service: str, response: Response, calls: Sequence[Call[Any]]) -> list[Any]:
    """Return the results; raise the refusal that the answer is."""
    reason = response.headers.get(_BALANCER_ANSWER)
    if reason is not None:
        raise Unavailable(f"the service {service} cannot be reached: {reason}")
    try:
        if response.status == HTTPStatus.OK:
            return decode_results(response.body, calls)
        raise refusal_called(response.headers[REFUSED])(msgspec.json.decode(response.body)["error"])
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
        raise BadAnswer(f"the service {service} failed: status {response.status}") from None
