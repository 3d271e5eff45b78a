"""Declared routes on a system of one's own: their mix, their placeholders, and what a stranger is never sent."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from loadsim.wire import Route

from ..engine.loopback import Loopback
from ..engine.playing import assert_accounted, plan, play
from ..engine.raw_server import Peer, RawServer, ok


@pytest.mark.parametrize("path", ["/", "/ok/base/", "/ok/base?page=2"])
def test_a_stranger_without_declared_routes_gets_only_a_get_of_the_given_url(path: str) -> None:
    with Loopback() as server:
        played = play(plan(f"{server.url}{path}", "write-heavy", profile="constant(50/s)", duration_s=0.2))
    assert assert_accounted(played).completed == 10
    assert {seen.method for seen in server.seen} == {"GET"}
    assert {seen.path for seen in server.seen} == {path or "/"}
    assert len(server.seen) == 11


def test_a_scenario_gives_reads_their_share_and_weights_count_among_them() -> None:
    routes = (
        Route(path="/ok/often", weight=3.0),
        Route(path="/ok/seldom"),
        Route(method="PUT", path="/ok/written", body="x=1", weight=100.0),
    )
    with Loopback() as server:
        played = play(
            plan(server.url, "read-heavy", routes=routes, profile="constant(1600/s)", duration_s=0.5, users=50)
        )
    assert assert_accounted(played).completed == 800
    seen = Counter(seen.path for seen in server.seen)
    assert 20 < seen["/ok/written"] < 65
    assert 0.7 < seen["/ok/often"] / (seen["/ok/often"] + seen["/ok/seldom"]) < 0.8


def test_a_scenario_that_only_reads_leaves_declared_writes_out() -> None:
    routes = (Route(path="/ok/read"), Route(method="DELETE", path="/ok/gone"))
    with Loopback() as server:
        played = play(plan(server.url, "chatty", routes=routes, profile="constant(400/s)", duration_s=0.25))
    assert assert_accounted(played).completed == 100
    assert set(server.paths) == {"/ok/read"}


def test_placeholders_are_filled_within_their_bounds_and_grouped_by_a_name() -> None:
    routes = (Route(path="/ok/{zipf:20}/of/{uniform:5}?q={uniform:2}", weight=1.0),)
    with Loopback() as server:
        played = play(plan(server.url, routes=routes, profile="constant(1200/s)", duration_s=0.5, users=50))
    assert assert_accounted(played).completed == 600
    assert played.routes == ["GET /ok/:id/of/:id"]
    popular = Counter(int(path.split("/")[2]) for path in server.paths)
    even = Counter(int(path.split("/")[4].partition("?")[0]) for path in server.paths)
    assert popular.most_common(1)[0][0] == 1
    assert set(popular) <= set(range(1, 21))
    assert set(even) == set(range(1, 6))
    assert max(even.values()) < 2 * min(even.values())
    assert {path.partition("q=")[2] for path in server.paths} == {"1", "2"}


def test_placeholders_in_json_and_bodies_are_drawn_after_those_of_the_path() -> None:
    routes = (
        Route(method="PUT", path="/ok/{uniform:9}", json={"id": "{uniform:9}", "text": "no. {uniform:9}", "n": 1}),
        Route(method="POST", path="/ok/form", body="id={uniform:9}"),
    )
    with RawServer(agreeing) as server:
        url = f"http://127.0.0.1:{server.port}"
        played = play(plan(url, "write-heavy", routes=routes, profile="constant(400/s)", duration_s=0.25))
    assert assert_accounted(played).completed == 100
    forms = [request.body for request in server.requests if request.method == "POST"]
    notes = [json.loads(request.body) for request in server.requests if request.method == "PUT"]
    assert {int(form.partition(b"=")[2]) for form in forms} <= set(range(1, 10))
    assert {note["id"] for note in notes} <= set(range(1, 10))
    assert len({note["id"] for note in notes}) > 3
    assert all(note["n"] == 1 and note["text"].startswith("no. ") for note in notes)


def agreeing(peer: Peer) -> None:
    while True:
        peer.request()
        peer.send(ok())
