"""Names and texts of strangers: numbered, bounded, printable, without secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.headers import Headers
from loadsim.engine.names import Backends, Names, Routes, printable
from loadsim.engine.notes import MAX_NOTE_CHARS, ErrorNotes
from loadsim.engine.scan import HeadScanner
from loadsim.measure.sample import BACKEND_SHIFT, OTHER, ROUTE_SHIFT


def test_names_are_numbered_in_order_of_appearance_and_the_rest_share_one():
    names = Names(2)
    assert [names.number(name) for name in ("a", "b", "a", "c", "d", "b")] == [1, 2, 1, 3, 3, 2]
    assert list(names) == ["a", "b", OTHER]


def test_fresh_names_are_told_once():
    names = Names(10)
    names.number("a")
    assert names.fresh() == ("a",)
    assert names.fresh() == ()
    names.number("b")
    names.number("a")
    assert names.fresh() == ("b",)


def test_tables_do_not_grow_with_what_strangers_send():
    names = Names(3)
    routes, backends = Routes("GET", names), Backends(Names(3))
    for n in range(10_000):
        assert routes[f"/{n}"] >> ROUTE_SHIFT <= 4
        assert backends[b"%d" % n] >> BACKEND_SHIFT <= 4
    assert len(names) == 4
    assert len(routes) < 5000
    assert len(backends) < 5000


def test_a_backend_name_is_bounded_and_printable():
    names = Names(10)
    backends = Backends(names)
    assert backends[b"   "] == 0
    assert backends[b" web\x1b[31m-1\x85 " + b"x" * 100] >> BACKEND_SHIFT == 1
    (name,) = names
    assert name.startswith("web\\x1b[31m-1\\x85")
    assert len(name) == 64


@given(st.text(max_size=100), st.integers(1, 40))
def test_printable_text_is_printable_and_short(text: str, limit: int):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.replace("\u00ad", "").replace("\u3000", "").isprintable() or not text.isprintable()
    assert "\n" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET http://me:pass@host/?a=1", "pass"),
        ("see /x?token=abcdef&b=c", "abcdef"),
        ("Authorization: Basic bWU6cGFzcw==", "bWU6"),
        ("sent Bearer abc.def-ghi", "abc.def"),
        ('{"password": "hunter2", "a": 1}', "hunter2"),
        ("Set-Cookie: sessionid=xyz123; Path=/", "xyz123"),
        ("api_key=k3y", "k3y"),
        ("it said my-own-secret-value here", "my-own-secret-value"),
    ],
)
def test_secrets_are_hidden_in_texts(text: str, hidden: str):
    notes = ErrorNotes(["my-own-secret-value"])
    assert hidden not in notes.clean(text)
    assert "***" in notes.clean(text)


def test_only_the_first_example_of_an_outcome_is_kept():
    notes = ErrorNotes()
    notes.add(503, "first\nline " + "x" * 1000)
    notes.add(503, "second")
    notes.add(3, "slow")
    assert [name for name, _ in notes.errors] == ["http_503", "timeout"]
    assert notes.errors[0][1].startswith("first\\nline")
    assert len(notes.errors[0][1]) <= MAX_NOTE_CHARS
    assert len(notes.fresh()) == 2
    assert notes.fresh() == ()


def test_the_scanner_stops_at_the_end_of_the_head():
    names = Names(10)
    scanner = HeadScanner(("x-backend", "x-served-by"), Backends(names))
    raw = b"HTTP/1.1 200 OK\r\nServer: x\r\nX-Backend-Not: a\r\n\r\nbody\nX-Backend: b\r\nSet-Cookie: c\r\n"
    match = scanner.search(raw)
    assert match is not None
    assert match.lastindex is None
    assert scanner.read(raw, match) == (0, [], b"", b"")
    raw = b"HTTP/1.1 200 OK\r\nset-cookie: c=d\r\nX-Served-By: s\r\nX-BACKEND:b\r\nSet-Cookie: e\r\n\r\n"
    number, cookies, *_ = scanner.read(raw, scanner.search(raw))
    assert (number >> BACKEND_SHIFT, cookies, list(names)) == (1, [b" c=d", b" e"], ["b"])


def test_without_backend_headers_only_cookies_are_found():
    scanner = HeadScanner((), Backends(Names(1)))
    raw = b"HTTP/1.1 200 OK\r\nX-Backend: a\r\nSet-Cookie: b\r\n\r\n"
    assert scanner.read(raw, scanner.search(raw)) == (0, [b" b"], b"", b"")


def test_headers_are_found_in_any_case_and_joined():
    headers = Headers.parse(b"HTTP/1.1 200 OK\r\nA: 1\r\na:\t2 \r\nSet-Cookie: x, y\r\nno colon\r\nB:")
    assert headers["A"] == headers["a"] == "1, 2"
    assert headers.get_all("SET-COOKIE") == ["x, y"]
    assert ("b" in headers, "c" in headers, 7 in headers, len(headers)) == (True, False, False, 3)
    assert list(headers) == ["A", "Set-Cookie", "B"]
    assert repr(headers) == "Headers({'A': '1, 2', 'Set-Cookie': 'x, y', 'B': ''})"
    with pytest.raises(KeyError):
        headers["c"]


def test_where_the_time_went_is_found_beside_the_backend_and_the_cookies_and_joined():
    scanner = HeadScanner(("x-backend",), Backends(Names(4)))
    fields = [b"Server-Timing: app;dur=2", b"X-Backend: web-1", b"Set-Cookie: a=b", b"server-timing:db;dur=1"]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *fields, b"", b""])
    raw = head + b"Server-Timing: not;dur=9\r\n"
    number, cookies, timing, caches = scanner.read(raw, scanner.search(raw))
    assert (number >> BACKEND_SHIFT, cookies, timing, caches) == (1, [b" a=b"], b" app;dur=2,db;dur=1", b"")


@pytest.mark.parametrize(
    "field",
    [
        b"Age: 3",
        b"age:0",
        b"Cache-Status: web-1; hit",
        b"CF-Cache-Status: HIT",
        b"X-Cache: MISS",
        b"X-PROXY-CACHE: HIT",
    ],
)
def test_what_caches_say_is_found_as_it_stands(field: bytes) -> None:
    scanner = HeadScanner(("x-backend",), Backends(Names(4)))
    raw = b"\r\n".join(
        [b"HTTP/1.1 200 OK", b"Cache-Control: max-age=5", field, b"X-Cache-Status: HIT", b"Ages: 1", b"", b""]
    )
    assert scanner.read(raw, scanner.search(raw))[3] == field + b"\nX-Cache-Status: HIT"
