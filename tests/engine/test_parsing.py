"""The same bytes are the same answer, however the network cuts them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadsim.engine.connection import MAX_HEAD_BYTES, Connection
from loadsim.engine.origin import Origin
from loadsim.measure.sample import outcome_name
from loadsim.wire import HttpSettings

from .browsing import Sink

ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Backend: a\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: u\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nto the end",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n",
    b"garbage",
]


class Seen(NamedTuple):
    outcome: str
    status: int
    head: bytes
    body: bytes
    received: int
    keep: bool


class Replay:
    """Stands in for the socket: hands out pieces, then the end of the stream."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece, rest = self._pieces[0][:size], self._pieces[0][size:]
        self._pieces[:1] = [rest] if rest else []
        return piece


ORIGIN = Origin(HttpSettings(url="http://127.0.0.1:1", max_body_bytes=1 << 16), Sink())


def receive(pieces: Iterable[bytes], *, head_only: bool = False) -> Seen:
    """Run the connection's receiving side over ``pieces``, as the hub would."""
    connection = Connection(ORIGIN)
    connection._recv = Replay(piece for piece in pieces if piece).recv
    connection._parser = httptools.HttpResponseParser(connection)
    connection.head_only = head_only
    connection.busy = connection.keep = True  # as `exchange` leaves it while it waits
    connection._whole = False
    connection.outcome = connection.status = connection.received = connection.sent = 0
    connection.raw, connection.parts, connection._limit = b"", [], MAX_HEAD_BYTES
    while not connection._whole:
        connection._readable()
    ORIGIN.connections.clear()
    head = connection.raw.partition(b"\r\n\r\n")[0] if connection.status else b""
    body = b"".join(connection.parts)
    return Seen(outcome_name(connection.outcome), connection.status, head, body, connection.received, connection.keep)


@pytest.mark.parametrize("answer", ANSWERS)
def test_one_cut_anywhere_changes_nothing(answer: bytes):
    whole = receive([answer])
    for at in range(1, len(answer)):
        seen = receive([answer[:at], answer[at:]])
        assert seen[:4] == whole[:4], at
        assert seen.keep == whole.keep


@pytest.mark.parametrize("answer", ANSWERS)
def test_single_bytes_are_as_good_as_one_piece(answer: bytes):
    assert receive(answer[at : at + 1] for at in range(len(answer)))[:4] == receive([answer])[:4]


@pytest.mark.parametrize("answer", ANSWERS[:5])
def test_heads_of_answers_to_head_can_be_cut_too(answer: bytes):
    whole = receive([answer[: answer.rindex(b"\r\n\r\n") + 4]], head_only=True)
    assert whole.body == b""
    if answer.count(b"\r\n\r\n") == 1:
        end = answer.index(b"\r\n\r\n") + 4
        for at in range(1, end):
            assert receive([answer[:at], answer[at:end]], head_only=True)[:4] == whole[:4]


@given(
    status=st.sampled_from([200, 201, 404, 500]),
    body=st.binary(max_size=300),
    chunk_sizes=st.lists(st.integers(1, 50), max_size=10),
    chunked=st.booleans(),
    cuts=st.lists(st.integers(0, 1000), max_size=20),
)
def test_any_body_in_any_chunks_and_any_cuts_arrives(
    status: int, body: bytes, chunk_sizes: list[int], chunked: bool, cuts: list[int]
):
    head = b"HTTP/1.1 %d Word\r\nX-Backend: w\r\n" % status
    if chunked:
        rest, framed = body, b""
        for size in [*chunk_sizes, 1 << 20]:
            piece, rest = rest[:size], rest[size:]
            framed += b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
        answer = head + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"
    else:
        answer = head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    places = sorted({0, len(answer), *(cut % len(answer) for cut in cuts)})
    seen = receive(answer[a:b] for a, b in itertools.pairwise(places))
    assert seen.outcome == "ok"
    assert (seen.status, seen.body, seen.received, seen.keep) == (status, body, len(answer), True)


@given(pieces=st.lists(st.binary(max_size=200), max_size=20))
@example(pieces=[b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000])
def test_no_bytes_at_all_can_make_it_raise(pieces: list[bytes]):
    seen = receive(pieces)
    assert seen.outcome in {"ok", "bad_response", "closed_early", "too_large"}


@given(
    beginning=st.sampled_from([answer[:end] for answer in ANSWERS for end in range(0, len(answer), 7)]),
    noise=st.binary(max_size=100),
)
def test_noise_after_a_good_beginning_cannot_make_it_raise(beginning: bytes, noise: bytes):
    assert receive([beginning, noise]).outcome in {"ok", "bad_response", "closed_early"}
