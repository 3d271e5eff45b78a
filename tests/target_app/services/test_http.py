"""The way to other services against a real socket, with a server that says what a test tells it to."""

from __future__ import annotations

import http.server
import math
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from target_app import errors
from target_app.errors import BadAnswer, DeadlinePassed, Refused, Unavailable
from target_app.services.http import HttpTransport
from target_app.services.operation import OPERATIONS, Call, decode_calls


@dataclass
class Far:
    """A server on a Unix socket: what it answers (status 0: it closes the connection), and what it saw."""

    status: int = 200
    body: bytes = b"null"
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serving(far: Far, path: Path) -> Iterator[HttpTransport]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            far.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            far.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            far.before()
            if not far.status:
                self.close_connection = True
                return
            self.send_response(far.status)
            for name, value in {"Content-Length": str(len(far.body)), **far.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(far.body)

        def log_message(self, *_: Any) -> None:
            pass

        def address_string(self) -> str:
            return "unix"

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Somebody who no longer waits for an answer is what some tests are about."""

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        transport = HttpTransport(str(path))
        try:
            yield transport
        finally:
            transport.close()
            server.shutdown()
            thread.join()


@pytest.fixture
def stock() -> Call[Any]:
    return OPERATIONS["inventory.stock"].call(5)


def _soon(seconds: float = 10) -> float:
    return time.monotonic() + seconds


def test_calls_go_to_the_service_and_their_results_come_back_with_their_time(tmp_path: Path, stock: Call[Any]) -> None:
    far = Far(body=b'[{"item_id": 5, "available": 7}]', headers={"Server-Timing": "db;dur=2.5"})
    with serving(far, tmp_path / "s") as transport:
        answer = transport.send("inventory", [stock], _soon(), {"X-User": "4"})
        transport.send("inventory", [stock], math.inf)
    assert (answer.results[0].available, answer.refusal, answer.server_timing) == (7, None, "db;dur=2.5")
    assert answer.seconds > 0
    path, headers, body = far.seen[0]
    assert (path, headers["x-user"], decode_calls(body)) == ("/services/inventory", "4", [stock])
    assert 9 < float(headers["x-time-left"]) <= 10
    assert far.connections == 1


@pytest.mark.parametrize("kind", Refused.__subclasses__())
def test_a_refusal_comes_back_as_what_it_was_there(tmp_path: Path, stock: Call[Any], kind: type[Refused]) -> None:
    far = Far(kind.status, b'{"error": "because"}', {"X-Refused": kind.__name__, "Server-Timing": "db;dur=1"})
    with serving(far, tmp_path / "s") as transport:
        answer = transport.send("inventory", [stock], _soon())
    assert type(answer.refusal) is kind
    assert (str(answer.refusal), answer.server_timing) == ("because", "db;dur=1")


@pytest.mark.parametrize(
    "far",
    [
        Far(500, b'{"error": "internal error"}'),
        Far(404, b"<html>"),
        Far(409, b"<html>", {"X-Refused": "SoldOut"}),
        Far(409, b"[]", {"X-Refused": "SoldOut"}),
        Far(409, b'{"error": "x"}', {"X-Refused": "SystemExit"}),
        Far(200, b"<html>"),
        Far(200, b"[]"),
        Far(200, b"[5]"),
    ],
)
def test_an_answer_that_makes_no_sense_is_a_refusal_that_names_the_service(
    tmp_path: Path, stock: Call[Any], far: Far
) -> None:
    with serving(far, tmp_path / "s") as transport:
        refusal = transport.send("inventory", [stock], _soon()).refusal
    assert isinstance(refusal, BadAnswer)
    assert str(refusal) == f"the service inventory failed: status {far.status}"


def test_an_answer_of_the_balancer_s_own_says_that_nobody_was_there(tmp_path: Path, stock: Call[Any]) -> None:
    far = Far(503, b"{}", {"X-Balancer-Answer": "UpstreamConnectionFailure"})
    with serving(far, tmp_path / "s") as transport:
        refusal = transport.send("inventory", [stock], _soon()).refusal
    assert isinstance(refusal, Unavailable)
    assert str(refusal) == "the service inventory cannot be reached: UpstreamConnectionFailure"


def test_a_call_whose_connection_breaks_is_not_sent_again(tmp_path: Path, stock: Call[Any]) -> None:
    far = Far(status=0)
    with serving(far, tmp_path / "s") as transport:
        refusal = transport.send("inventory", [stock], _soon()).refusal
    assert isinstance(refusal, Unavailable)
    assert str(refusal).startswith("the service inventory cannot be reached: ")
    assert len(far.seen) == 1


def test_who_does_not_answer_in_time_is_not_waited_for(tmp_path: Path, stock: Call[Any]) -> None:
    gate = threading.Event()
    with serving(Far(before=lambda: gate.wait(20)), tmp_path / "s") as transport:
        answer = transport.send("inventory", [stock], _soon(0.2))
        gate.set()
    assert isinstance(answer.refusal, DeadlinePassed)
    assert answer.seconds < 10


def test_a_call_that_has_no_time_left_is_not_made(tmp_path: Path, stock: Call[Any]) -> None:
    far = Far()
    with serving(far, tmp_path / "s") as transport:
        refusal = transport.send("inventory", [stock], time.monotonic() - 1).refusal
    assert isinstance(refusal, DeadlinePassed)
    assert far.seen == []


def test_every_refusal_is_in_the_list_of_its_module() -> None:
    assert errors.__doc__ is not None
    for kind in Refused.__subclasses__():
        assert f"{kind.__name__:<15} {kind.status} " in errors.__doc__
