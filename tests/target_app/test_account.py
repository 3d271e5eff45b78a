from __future__ import annotations

import io
import time
from typing import Any

import httpx
import pytest

from target_app.account import accounted, queued_s
from target_app.tally import Tally

from .conftest import timings


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("t=1000.25", 0.75),
        ("1000.25", 0.75),
        ("t=1002", 0.0),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("t=nan", None),
        ("t=-inf", None),
        ("t=0", 1001.0),
        ("t=-1e9", None),
    ],
)
def test_the_queue_is_what_lies_between_the_balancer_and_the_slot(header: str | None, expected: float | None) -> None:
    environ = {} if header is None else {"HTTP_X_REQUEST_START": header}
    assert queued_s(environ, now_s=1001.0) == expected


@pytest.mark.parametrize("header", ["t=1700000000.25", "1700000000250", "t=1700000000250000"])
def test_the_balancer_may_tell_seconds_milliseconds_or_microseconds(header: str) -> None:
    assert queued_s({"HTTP_X_REQUEST_START": header}, now_s=1_700_000_001.0) == pytest.approx(0.75)


def test_no_queue_is_told_where_no_balancer_says_when_it_began(client: httpx.Client) -> None:
    assert "queue" not in timings(client.get("/healthz"))
    told = timings(client.get("/healthz", headers={"x-request-start": f"t={time.time() - 2:.6f}"}))
    assert told["queue"] >= 2000


def test_the_parts_of_a_request_are_within_the_whole(client: httpx.Client) -> None:
    told = timings(client.post("/api/orders", json={"user": 1, "item": 8, "quantity": 1}))
    parts = [told[name] for name in ("db", "lock", "provider")]
    assert all(part > 0 for part in parts)
    assert sum(parts) <= told["app"]


@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": "200000"}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
def test_a_body_that_the_application_left_is_read_before_the_answer(length: dict[str, str]) -> None:
    body = io.BytesIO(b"x" * 200_000)

    def inner(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        assert environ["wsgi.input"].read(10) == b"x" * 10
        start_response("404 Not Found", [])
        return [b"no"]

    answered: list[int] = []
    application = accounted(inner, "web-1", 30, Tally())
    assert application({"wsgi.input": body, **length}, lambda *_: answered.append(body.tell())) == [b"no"]
    assert answered == [200_000]


def test_the_account_of_one_request_does_not_reach_into_the_next(client: httpx.Client) -> None:
    assert "provider" in timings(client.post("/api/orders", json={"user": 1, "item": 8, "quantity": 1}))
    assert set(timings(client.get("/healthz"))) == {"app"}
