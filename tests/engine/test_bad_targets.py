"""Targets that break the rules: every one is an outcome, none is a traceback or a hang."""

from __future__ import annotations

import socket
import time

import gevent
import pytest

from loadsim.engine.connection import MAX_HEAD_BYTES

from .browsing import browsing, visiting
from .raw_server import Peer, RawServer, Script, answering, ok

GARBAGE = [
    b"\x00\xff\xfe garbage\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x16",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"HTTP/1.1 000 Nothing\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
]


def outcome(script: Script, **settings: object) -> tuple[str, str]:
    """Return the outcome of one request, and its text."""
    with visiting(script, **settings) as (visit, _):
        response = visit.client.get("/")
        assert not response
        assert visit.user.failed
        assert visit.sink.outcomes == [response.outcome]
        assert visit.origin.errors[0][0] == response.outcome
        return response.outcome, visit.error


@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_a_bad_response(answer: bytes):
    name, text = outcome(answering(answer))
    assert name == "bad_response"
    assert text.isprintable()


def test_a_connection_closed_without_a_word_is_closed_early():
    assert outcome(Peer.request) == ("closed_early", "GET /: the server closed the connection before an answer")


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
)
def test_a_truncated_answer_is_closed_early(beginning: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(beginning)

    assert outcome(script)[0] == "closed_early"


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"])
def test_a_reset_is_a_reset(beginning: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(beginning)
        time.sleep(0.05)
        peer.reset()

    assert outcome(script) == ("reset", "GET /: Connection reset by peer")


def test_a_server_that_never_answers_is_a_timeout_at_the_deadline():
    began = time.perf_counter()
    name, text = outcome(Peer.wait_for_hang_up, timeout_s=0.2)
    assert name == "timeout"
    assert "0 bytes came" in text
    assert 0.2 <= time.perf_counter() - began < 5


def test_a_slow_drip_does_not_push_the_deadline_back():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            peer.send(b"x", pause_s=0.01)

    assert outcome(script, timeout_s=0.3)[0] == "timeout"


def test_a_timeout_of_one_request_is_for_that_request():
    with visiting([Peer.wait_for_hang_up, answering(ok())]) as (visit, _):
        assert visit.client.get("/", timeout=0.1).outcome == "timeout"
        assert visit.client.get("/").ok


def test_an_endless_head_is_a_bad_response():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        for n in range(1 << 20):
            peer.send(b"X-%d: %b\r\n" % (n, b"y" * 1000))

    name, text = outcome(script)
    assert (name, str(MAX_HEAD_BYTES) in text) == ("bad_response", True)


def test_endless_interim_answers_are_a_bad_response():
    def script(peer: Peer) -> None:
        peer.request()
        for _ in range(1 << 20):
            peer.send(b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" * 100)

    assert outcome(script)[0] == "bad_response"


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 99999999999\r\n"])
def test_an_endless_body_is_too_large_and_ends_the_connection_at_once(framing: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
        while True:
            peer.send(b"x" * 65536)

    with visiting([script, answering(ok())], max_body_bytes=1 << 20) as (visit, server):
        assert visit.client.get("/").outcome == "too_large"
        assert visit.sink.samples[0].received < 2 << 20
        assert visit.client.get("/").ok
        assert server.connections == 2


def test_an_endless_chunked_body_is_too_large():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    assert outcome(script, max_body_bytes=1 << 20)[0] == "too_large"


def test_endless_chunk_extensions_are_a_bad_response():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")
        while True:
            peer.send(b"x" * 4096)

    assert outcome(script, max_body_bytes=1 << 16)[0] == "bad_response"


@pytest.mark.parametrize(("size", "expected"), [(1000, "ok"), (1001, "too_large")])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_the_bound_on_bodies_is_exact(size: int, expected: str, framing: str):
    body = b"x" * size
    answer = {
        "length": b"Content-Length: %d\r\n\r\n%b" % (size, body),
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * size + b"0\r\n\r\n",
        "close": b"\r\n" + body,
    }[framing]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n" + answer)

    with visiting(script, max_body_bytes=1000) as (visit, _):
        assert visit.client.get("/").outcome == expected


@pytest.mark.parametrize("surplus", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"more", b"HTT"])
def test_more_than_the_answer_is_a_bad_response_and_never_the_next_answer(surplus: bytes):
    with visiting([answering(ok() + surplus), answering(ok(b"second"))]) as (visit, server):
        assert visit.client.get("/").outcome == "bad_response"
        assert visit.client.get("/").content == b"second"
        assert server.connections == 2


def test_a_refused_connection_is_an_outcome_and_costs_no_exception():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with browsing(f"http://127.0.0.1:{port}") as visit:
        response = visit.client.get("/a?token=sesame", name="/a")
        assert (response.status_code, response.outcome, response.text, bool(response)) == (
            0,
            "connect_refused",
            "",
            False,
        )
        assert visit.error == "GET /a: Connection refused"
        assert visit.sink.samples[0].received == visit.sink.samples[0].sent == 0


def test_a_connection_that_is_not_taken_is_a_connect_timeout():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        fillers = []
        try:
            for _ in range(4):  # beyond the backlog the kernel drops what would connect
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(place)
                fillers.append(filler)
            time.sleep(0.1)
            with browsing(f"http://127.0.0.1:{place[1]}", connect_timeout_s=0.2) as visit:
                assert visit.client.get("/").outcome == "connect_timeout"
                assert visit.sink.samples[0].ended - visit.sink.samples[0].started >= 0.2
        finally:
            for filler in fillers:
                filler.close()


def test_a_target_that_dies_half_way_is_counted_to_the_end():
    with RawServer(answering(ok())) as server, browsing(f"http://127.0.0.1:{server.port}") as visit:
        assert visit.client.get("/").ok
        server.__exit__(None, None, None)
        gevent.sleep(0.05)
        for _ in range(20):
            assert visit.client.get("/").outcome == "connect_refused"
        assert [name for name, _ in visit.origin.errors] == ["connect_refused"]


def test_what_a_target_says_cannot_write_on_the_terminal():
    _, text = outcome(answering(b"\x1b[2J\x1b]0;owned\x07 <script>\r\n\r\n"))
    assert text.isprintable()
    assert len(text) <= 300
