"""``loadsim try``: one iteration shown, on any kind of scenario and target."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.trial import try_once
from loadsim.settings import RunSettings
from loadsim.wire import Route

from ..engine.loopback import Loopback
from ..engine.playing import user_file
from ..engine.raw_server import Peer, RawServer, answering, ok
from ..engine.socket_server import SocketServer


def shown(url: str | None, scenario: str | Path = "read-heavy", **given: Any) -> str:
    """Try once, and return what was printed."""
    out = io.StringIO()
    settings = RunSettings(scenario=str(scenario), name=str(scenario), target=url, **{"seed": 1, **given})
    assert try_once(settings, Console(file=out, width=120)) == ExitCode.OK
    return out.getvalue()


def test_one_iteration_is_played_and_each_of_its_exchanges_shown(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/ok/one"); self.client.post("/status/503", json={"a": 1})')
    with Loopback() as server:
        text = shown(server.url, path)
        assert server.paths == ["/ok/one", "/status/503"]
    assert "/ok/one" in text
    assert text.index("/ok/one") < text.index("/status/503")
    assert "http_503" in text


def test_the_handshake_of_a_websocket_is_shown_as_the_request_it_is() -> None:
    with SocketServer() as server:
        text = shown(server.url("/echo"), "sockets")
        assert "> GET " in text
        assert "> Upgrade: websocket" in text
        assert "< 101" in text
        assert "< X-Backend: socket-1" in text
        assert "not today" in shown(server.url("/refuse/403"), "sockets")


def test_the_closed_model_and_a_shape_of_its_own_do_not_matter_to_one_iteration() -> None:
    with Loopback() as server:
        shown(server.url, routes=(Route(path="/ok"),), model="closed", users=50)
        assert server.paths == ["/ok"]


def test_what_the_scenario_prints_is_shown_and_what_it_raises_told_with_its_place(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'print("total", 6 * 7, chr(27) + "[2J"); {}["price"]')
    with Loopback() as server:
        text = shown(server.url, path)
    assert "total 42 \\x1b[2J" in text
    assert "exception: KeyError: 'price' at visitors.py" in text
    assert "Traceback" not in text


def test_a_target_of_which_no_route_is_known_gets_one_get_and_that_is_said() -> None:
    with Loopback() as server:
        text = shown(f"{server.url}/ok/shop", "write-heavy")
        assert {(seen.method, seen.path) for seen in server.seen} == {("GET", "/ok/shop")}
    assert "only GET /ok/shop is sent" in text


def test_a_target_that_goes_silent_is_a_timeout_in_words() -> None:
    with RawServer([answering(ok()), Peer.wait_for_hang_up]) as server:
        text = shown(f"http://127.0.0.1:{server.port}", timeout_s=0.5, routes=(Route(path="/a"),))
    assert "timeout: GET /a" in text


def test_what_a_target_writes_cannot_move_the_cursor() -> None:
    evil = b"\x1b]0;owned\x07\x1b[2J"
    with RawServer(answering(ok(evil))) as server:
        text = shown(f"http://127.0.0.1:{server.port}", routes=(Route(path="/a"),))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_script_that_cannot_begin_is_refused(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/ok")', above="import no_such_module")
    with Loopback() as server, pytest.raises(LoadsimError, match="No module named 'no_such_module'") as caught:
        shown(server.url, path)
    assert caught.value.exit_code == ExitCode.USAGE
    assert server.seen == []


def test_the_bundled_target_is_brought_up_for_it_and_taken_down(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short_path))
    text = shown(None)
    assert "bringing up the bundled target" in text
    assert "x-backend: web-1" in text
    assert "warning" not in text
    assert list(short_path.iterdir()) == []
