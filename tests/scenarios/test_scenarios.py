"""The built-in scenarios: their shapes as values, and their mixes as a server saw them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from loadsim.profiles import parse_profile
from loadsim.scenarios import SCENARIOS

from ..engine.loopback import Loopback, Seen
from ..engine.playing import Played, assert_accounted, plan, play


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_each_has_a_shape_a_mix_and_sources(scenario) -> None:
    profile = parse_profile(scenario.profile)
    assert profile.expected(scenario.duration_s) > 500
    assert 0.5 <= scenario.reads <= 1
    assert scenario.summary.endswith(".")
    assert scenario.sources
    assert SCENARIOS[scenario.name] is scenario


def test_spiky_is_a_base_a_tenfold_spike_and_a_recovery() -> None:
    spiky = SCENARIOS["spiky"]
    profile = parse_profile(spiky.profile)
    assert [phase.name for phase in profile.phases(spiky.duration_s)] == ["base", "spike", "recovery"]
    assert profile.peak(spiky.duration_s) == pytest.approx(10 * float(profile.rate(0.0)))


def test_predictable_is_one_whole_day_seven_times_as_busy_at_noon_as_at_night() -> None:
    day = SCENARIOS["predictable"]
    profile = parse_profile(day.profile)
    rates = np.asarray(profile.rate(np.linspace(0, day.duration_s, 1000)))
    assert rates.max() / rates.min() == pytest.approx(7, rel=0.01)
    assert rates[0] == pytest.approx(rates[-1], rel=0.01)
    assert day.compression == 86_400 / day.duration_s


def visit(name: str, count: int, **statuses: int) -> tuple[Played, list[Seen]]:
    """Play ``count`` arrivals within half a second on something that answers as the bundled target does."""
    with Loopback(statuses={f"/api/{path}": status for path, status in statuses.items()}) as server:
        played = play(
            plan(server.url, name, bundled=True, users=50, profile=f"constant({2 * count}/s)", duration_s=0.5)
        )
    assert assert_accounted(played).completed == count
    return played, server.seen[1:]


def test_read_heavy_reads_95_of_100_and_items_have_their_popularity() -> None:
    played, seen = visit("read-heavy", 800)
    methods = Counter(request.method for request in seen)
    assert 0.93 < methods["GET"] / 800 < 0.97
    exports = [request for request in seen if request.path.startswith("/export")]
    assert 10 < len(exports) < 45
    assert {request.headers["x-user-class"] for request in exports} == {"heavy"}
    assert Counter(request.headers["x-user-class"] for request in seen)["light"] > 700
    assert len({request.headers["x-user"] for request in seen}) > 150
    assert set(played.routes) == {
        "GET /", "GET /items", "GET /items/:id", "GET /images/:id/thumbnail", "GET /api/items/:id/comments",
        "POST /api/items/:id/comments", "POST /api/orders", "GET /export",
    }  # fmt: skip
    items = Counter(request.path for request in seen if request.path.startswith("/items/"))
    assert items.most_common(1)[0][0] == "/items/1"
    assert all(1 <= int(path.rpartition("/")[2]) <= 1000 for path in items)


def test_write_heavy_writes_half_and_a_declined_order_is_an_answer() -> None:
    _, seen = visit("write-heavy", 600, orders=409)
    methods = Counter(request.method for request in seen)
    assert 0.44 < methods["POST"] / 600 < 0.56


def test_spiky_visitors_look_and_a_fifth_of_them_buys() -> None:
    _, seen = visit("spiky", 600, orders=402)
    bought = sum(request.path == "/api/orders" for request in seen)
    assert 0.15 < bought / 600 < 0.25


def test_chatty_makes_twenty_calls_or_one() -> None:
    played, seen = visit("chatty", 60)
    dashboards = sum(request.path.startswith("/dashboard") for request in seen)
    assert 15 < dashboards < 45
    assert len(seen) == dashboards + 20 * (60 - dashboards)
    assert {request.method for request in seen} == {"GET"}
    assert all(
        request.headers["x-user"] == request.path.partition("user=")[2] for request in seen if "?user" in request.path
    )
    assert set(played.routes) == {
        "GET /", "GET /images/:id/thumbnail", "GET /api/items/:id", "GET /dashboard"
    }  # fmt: skip
