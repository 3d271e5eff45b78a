"""Numbers read before and after, on servers of which is known what they show when."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from loadsim.experiment.counters import Counters, number_in
from loadsim.measure.updates import ENTRY, Update, Updates
from loadsim.wire import CounterSettings, HttpSettings

from ..engine.raw_server import Peer, RawServer, Script, ok

ONE = CounterSettings(paths=("/stock",), number="left", adds=-1)


def sold(count: int) -> Updates:
    updates = Updates()
    updates.add((ENTRY.pack(Update.SENT, 0) + ENTRY.pack(Update.ACKNOWLEDGED, 0)) * count)
    return updates


def shows(*answers: bytes) -> Script:
    """Give one answer after the other, and the last one for ever."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))

    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(next(left))

    return script


def number(value: int) -> bytes:
    return ok(b'{"left": %d}' % value)


def counted(
    script: Script, updates: Updates, is_hurried: Callable[[], bool] = lambda: False
) -> tuple[Counters, int | None]:
    with RawServer(script) as server:
        counters = Counters(ONE, HttpSettings(url=f"http://127.0.0.1:{server.port}"))
        (counter,) = counters.held_against(updates, is_hurried)
    return counters, counter.lost


def test_a_number_that_is_late_has_lost_nothing() -> None:
    counters, lost = counted(shows(number(9), number(8), number(6)), sold(3))
    assert (lost, counters.warnings) == (0, [])


def test_nobody_in_a_hurry_is_kept_waiting_for_it() -> None:
    assert counted(shows(number(9), number(8)), sold(3), lambda: True)[1] == 2


def test_a_number_that_changes_more_than_the_run_made_it_is_somebody_else_s() -> None:
    counters, lost = counted(shows(number(9), number(4)), sold(3))
    assert lost == 0
    assert counters.warnings == ["somebody else changes what is counted: more updates happened than this run sent"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "404"),
        (ok(b"<html>"), "no JSON"),
        (ok(b'{"right": 3}'), "nothing at 'left'"),
        (ok(b'{"left": "3"}'), "no number at 'left'"),
    ],
)
def test_what_cannot_be_read_is_not_known_and_said_once(answer: bytes, said: str) -> None:
    counters, lost = counted(shows(answer), sold(3))
    assert lost is None
    (warning,) = counters.warnings
    assert warning.startswith("what updates came to is not known: GET /stock: ")
    assert said in warning


def test_it_asks_as_the_engine_does_by_the_address_and_with_the_headers_given() -> None:
    with RawServer(shows(number(9))) as server:
        http = HttpSettings(
            url=f"http://shop.example:{server.port}/app/",
            headers=(("X-Token", "t"),),
            resolve=(("shop.example", "127.0.0.1"),),
        )
        Counters(ONE, http)
    (request,) = server.requests
    assert request.target == "/app/stock"
    assert request.fields["host"] == f"shop.example:{server.port}"
    assert request.fields["x-token"] == "t"


@pytest.mark.parametrize(
    ("body", "place", "value"),
    [(b"3", ".", 3.0), (b'{"a": {"b": 2.5}}', "a.b", 2.5), (b'[{"a": -1}]', "0.a", -1.0), (b'{"0": 4}', "0", 4.0)],
)
def test_a_number_is_found_where_it_stands(body: bytes, place: str, value: float) -> None:
    assert number_in(body, place) == value


@pytest.mark.parametrize("place", ["b", "a.b", "a.0", ".", "c.9", "c.x", ""])
def test_what_is_not_there_is_said(place: str) -> None:
    with pytest.raises(ValueError, match="answers no"):
        number_in(b'{"a": true, "c": [1]}', place)
