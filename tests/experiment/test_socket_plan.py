"""From the options of sockets to the engine's plan, and what is refused before any traffic."""

from __future__ import annotations

from typing import Any

import pytest

from loadsim.errors import UsageError
from loadsim.experiment.machine import Cpus
from loadsim.experiment.prepare import find_scenario, http_settings, make_plan, shape_of
from loadsim.experiment.socket_plan import default_topology
from loadsim.scenarios import SCENARIOS
from loadsim.settings import load_settings
from loadsim.wire import Plan

ECHO = "ws://127.0.0.1:9/echo"


def made(scenario: str = "sockets", **flags: Any) -> Plan:
    settings = load_settings(scenario, {"target": ECHO, **flags})
    shape = shape_of(settings, find_scenario(settings))
    http = http_settings(settings, settings.target or "", stranger=True)
    return make_plan(settings, shape, 1, http, Cpus((), ()), bundled=False)


def test_a_ws_url_is_an_http_url_once_the_handshake_is_a_request() -> None:
    assert made().http.url == "http://127.0.0.1:9/echo"
    assert made(target="wss://shop.example/feed").http.url == "https://shop.example/feed"


def test_by_default_sockets_come_by_a_profile_send_nothing_and_live_a_while() -> None:
    plan = made()
    assert plan.sockets is not None
    assert (plan.model, plan.sockets.lifetime, plan.sockets.message) == ("open", "exponential(30s)", "")
    assert (plan.sockets.heartbeat_s, plan.sockets.reconnect) == (None, "none")


def test_a_stranger_gets_no_message_that_was_not_given_and_the_bundled_target_one_of_ours() -> None:
    stranger, bundled = made().sockets, made(target=None).sockets
    assert stranger is not None
    assert bundled is not None
    assert (stranger.message, bundled.message) == ("", "loadsim {n}")
    assert default_topology(SCENARIOS["sockets"], "balanced") == "sockets"
    assert default_topology(SCENARIOS["spiky"], "balanced") == "balanced"


def test_every_option_reaches_the_plan() -> None:
    sockets = made(
        lifetime="constant(5s)",
        message="hi",
        message_rate="2/s",
        heartbeat="3s",
        max_age="60s~20s",
        reconnect="backoff",
        time_scale="10",
    ).sockets
    assert sockets is not None
    assert (sockets.lifetime, sockets.message, sockets.message_rate, sockets.heartbeat_s) == (
        "constant(5s)",
        "hi",
        2,
        3,
    )
    assert (sockets.max_age_s, sockets.max_age_jitter_s) == (60.0, 20.0)
    assert (sockets.reconnect, sockets.time_scale) == ("backoff", 10.0)


def test_a_number_of_connections_is_held_open_by_so_many_users_who_begin_one_after_the_other() -> None:
    plan = made(connections="1000")
    assert (plan.model, plan.users, plan.ramp_s) == ("closed", 1000, 2.0)
    assert plan.sockets is not None
    assert plan.sockets.lifetime is None  # as long as the run
    assert made(connections="1000", rate="100/s").ramp_s == 10.0


@pytest.mark.parametrize(
    ("scenario", "flags", "words"),
    [
        ("spiky", {"target": "http://x", "lifetime": "constant(1s)"}, "--lifetime is for WebSockets"),
        ("spiky", {"target": "http://x", "connections": "50"}, "expected reuse or visitor"),
        ("spiky", {"target": ECHO}, "the target is a WebSocket endpoint"),
        (
            "sockets",
            {"target": None, "topology": "balanced"},
            "serves pages, and the scenario 'sockets' is for sockets",
        ),
        ("spiky", {"target": None, "topology": "sockets"}, "serves sockets, and the scenario 'spiky' is for pages"),
        ("sockets", {"model": "closed"}, "--model closed does not go with sockets"),
        ("sockets", {"connections": "50", "profile": "constant(1/s)"}, "exclude each other"),
        ("sockets", {"rate": "1000/s"}, "--max-in-flight is 1,000"),
        ("sockets", {"max_age": "5s~6s"}, "the jitter is more than the age"),
        ("sockets", {"lifetime": "soon"}, "--lifetime: unknown distribution 'soon'"),
        ("sockets", {"reconnect": "never"}, "'never' is not one of none, now, backoff"),
        ("sockets", {"over": "long-polls", "target": "http://x", "message": "hi"}, "which only hear"),
        ("sockets", {"over": "long-polls"}, "the target is a WebSocket endpoint"),
        ("sockets", {"resume": "http", "reconnect": "now"}, "of yours it is not known where it is"),
        ("sockets", {"resume": "socket"}, "of no use where nobody comes back"),
        ("sockets", {"time_scale": "0"}, "expected a number above 0"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(scenario: str, flags: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        made(scenario, **flags)
