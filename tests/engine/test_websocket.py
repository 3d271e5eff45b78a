"""WebSockets as a scenario's author meets them: a real server that behaves in every way a socket can end."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadsim.errors import LoadsimError
from loadsim.measure.histogram import quantile
from loadsim.measure.socket_event import Cause, Event
from loadsim.measure.websockets import SocketRecorder
from loadsim.wire import SocketSettings

from .certificates import Authority
from .playing import Played, assert_accounted, outcomes, plan, play, script
from .raw_server import RawServer
from .socket_server import SocketServer
from .test_proxy import tunnelling

LIVES = """
    import json
    from time import perf_counter
    from loadsim import LoadUser, task

    LISTENING = ("/close/1012", "/close/1000", "/drop", "/reset", "/bad-text", "/bad-frame", "/control", "/big")
    results = {}

    def tell(path, socket, **more):
        results[path] = {
            "opened": socket.opened, "ending": socket.ending, "cause": socket.cause, "code": socket.close_code,
            "status": socket.status, "failed": None, **more,
        }

    class Visitor(LoadUser):
        @task
        def live(self):
            for path in ("/refuse/403", "/refuse/503", "/plain"):
                tell(path, self.ws.connect(path))
            for path in LISTENING:
                self.failed = False
                socket = self.ws.connect(path)
                tell(path, socket, messages=[message[:10] for message in socket], failed=self.failed)
            socket = self.ws.connect("/echo", subprotocols=["chat"], headers={"X-Token": "1"})
            sent = [socket.send("hello"), socket.send(b"bytes"), socket.send("ä" * 70_000)]
            answers = [socket.recv(), socket.recv(), socket.recv()]
            before = perf_counter()
            nothing = socket.recv(timeout=0.1)
            waited = perf_counter() - before
            socket.close(1000, "done")
            tell("/echo", socket, sent=sent, answers=[answers[0], answers[1].decode(), len(answers[2])],
                 nothing=nothing, waited=waited, after=[socket.send("late"), socket.recv(), bool(socket)])
            socket = self.ws.connect("/pieces")
            tell("/pieces", socket, messages=[socket.recv()])
            socket = self.ws.connect("/stubborn")
            before = perf_counter()
            socket.close()
            tell("/stubborn", socket, waited=perf_counter() - before)
            socket = self.ws.connect("/echo")
            before = perf_counter()
            held = socket.wait(before + 0.05)
            tell("/held", socket, held=held, waited=perf_counter() - before)
            self.ws.connect("/echo")  # and left open
            with open(FILE, "w") as file:
                json.dump(results, file)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SocketServer]:
    with SocketServer() as running:
        yield running


@pytest.fixture(scope="module")
def lived(server: SocketServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, dict[str, Any]]:
    directory = tmp_path_factory.mktemp("lives")
    path = script(directory, LIVES.replace("FILE", repr(str(directory / "results.json"))))
    given = plan(server.http_url("/"), path, iterations=1, users=1, duration_s=20.0, drain_s=15.0)
    played = play(given)
    return played, json.loads((directory / "results.json").read_text())


def lives(lived: tuple[Played, dict[str, Any]], path: str) -> dict[str, Any]:
    result: dict[str, Any] = lived[1][path]
    return result


def watched(played: Played, until_s: float) -> SocketRecorder:
    """Close and return the recorder, with the account that must always hold."""
    sockets = played.collector.recorder.sockets
    assert sockets is not None
    sockets.close(until_s)
    ended = sum(int(sockets.counts[event]) for event in (4, 5, 6, 7))
    assert sockets.counts[Event.OPENED] + sockets.open_at_start == ended + sockets.open_at_end
    assert [sum(sockets.causes[name].values()) for name in sockets.causes] == [
        int(sockets.counts[event]) for event in (Event.NEVER_OPENED, Event.CLOSED_ON_US, Event.VANISHED, Event.DEAD)
    ]
    return sockets


# -- one socket


@pytest.mark.parametrize(("path", "status"), [("/refuse/403", 403), ("/refuse/503", 503)])
def test_a_refused_handshake_is_a_socket_that_never_opened(
    lived: tuple[Played, dict[str, Any]], path: str, status: int
) -> None:
    life = lives(lived, path)
    assert (life["opened"], life["ending"], life["cause"]) == (False, Event.NEVER_OPENED, status)
    assert life["status"] == status


def test_a_page_where_a_socket_was_expected_is_named_in_words(lived: tuple[Played, dict[str, Any]]) -> None:
    assert lives(lived, "/plain")["ending"] == Event.NEVER_OPENED
    assert "answered 200 OK to a WebSocket handshake" in lived[0].errors["bad_response"]


def test_a_close_by_the_target_keeps_its_code_and_who_began(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/close/1012")
    assert (life["ending"], life["code"], life["failed"]) == (Event.CLOSED_ON_US, 1012, True)


def test_a_target_that_is_done_ends_a_socket_without_a_failure(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/close/1000")
    assert (life["ending"], life["code"], life["failed"]) == (Event.FINISHED, 1000, False)


def test_a_connection_that_ends_without_a_close_frame_has_vanished(lived: tuple[Played, dict[str, Any]]) -> None:
    assert (lives(lived, "/drop")["ending"], lives(lived, "/drop")["cause"]) == (Event.VANISHED, Cause.END_OF_FILE)
    assert (lives(lived, "/reset")["ending"], lives(lived, "/reset")["cause"]) == (Event.VANISHED, Cause.RESET)


@pytest.mark.parametrize(
    ("path", "code"), [("/bad-text", 1007), ("/bad-frame", 1002), ("/control", 1002), ("/big", 1009)]
)
def test_a_target_that_breaks_the_protocol_is_closed_with_the_code_that_says_how(
    lived: tuple[Played, dict[str, Any]], path: str, code: int
) -> None:
    life = lives(lived, path)
    assert (life["ending"], life["code"], life["messages"]) == (Event.CLOSED_ON_US, code, [])


def test_messages_come_back_as_they_were_sent(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/echo")
    assert (life["sent"], life["answers"]) == ([True] * 3, ["hello", "bytes", 70_000])
    assert (life["ending"], life["code"]) == (Event.FINISHED, 1000)


def test_a_wait_for_a_message_ends_in_time_and_a_closed_socket_takes_none(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/echo")
    assert life["nothing"] is None
    assert 0.1 <= life["waited"] < 2
    assert life["after"] == [False, None, False]


def test_a_message_in_several_frames_is_one(lived: tuple[Played, dict[str, Any]]) -> None:
    assert lives(lived, "/pieces")["messages"] == ["one two three"]


def test_a_target_that_does_not_answer_a_close_is_dead(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/stubborn")
    assert (life["ending"], life["cause"]) == (Event.DEAD, Cause.NO_CLOSE)
    assert 5 <= life["waited"] < 7


def test_a_socket_is_held_for_as_long_as_was_asked(lived: tuple[Played, dict[str, Any]]) -> None:
    life = lives(lived, "/held")
    assert life["held"] is True
    assert 0.05 <= life["waited"] < 2


def test_every_handshake_is_a_request_with_route_and_backend(lived: tuple[Played, dict[str, Any]]) -> None:
    played = lived[0]
    assert outcomes(played.requests) == {"ok": 13, "http_403": 1, "http_503": 1, "bad_response": 1}
    assert "GET /close/1012" in played.routes
    assert played.backends == ["socket-1"]


def test_all_that_happened_adds_up(lived: tuple[Played, dict[str, Any]]) -> None:
    played = lived[0]
    assert_accounted(played)
    sockets = watched(played, 20.0)
    assert dict(sockets.causes["never_opened"]) == {"http_403": 1, "http_503": 1, "bad_response": 1}
    assert dict(sockets.causes["closed_on_us"]) == {"1012": 1, "bad_text": 1, "bad_frame": 2, "too_large": 1}
    assert dict(sockets.causes["vanished"]) == {"end_of_file": 1, "reset": 1}
    assert dict(sockets.causes["dead"]) == {"no_close": 1}
    assert sockets.close_codes["target"] == {1012: 1, 1000: 1}
    assert sockets.open_at_end == 3  # pieces, held, and the one left open


# -- the scenario


def hold(url: str, *, duration_s: float = 1.2, watch: Any = None, users: int = 5, **settings: Any) -> Played:
    """Hold ``users`` sockets open."""
    basis: dict[str, Any] = {"model": "closed", "users": users, "duration_s": duration_s, "timeout_s": 1.0}
    given = plan(url, "sockets", sockets=SocketSettings(**settings), **basis)
    return play(given, watch)


def test_sockets_speak_at_their_rate_and_every_echo_is_accounted_for(server: SocketServer) -> None:
    played = hold(server.http_url("/echo"), message="hello {n}", message_rate=10.0)
    end = assert_accounted(played)
    assert (end.scheduled, end.completed) == (5, 5)  # open at the end is completed
    sockets = watched(played, 1.2)
    assert sockets.open_at_end == 5
    messages = sockets.messages
    assert 5 * 6 <= messages.sent <= 5 * 12
    assert messages.sent == messages.received + messages.unanswered
    assert (messages.lost, messages.duplicated, messages.corrupt, messages.out_of_order) == (0, 0, 0, 0)


def test_what_a_target_says_twice_is_found(server: SocketServer) -> None:
    doubled = watched(hold(server.http_url("/twice"), message="a{n}b", message_rate=5.0), 1.2).messages
    assert doubled.duplicated == doubled.received // 2


def test_a_target_that_never_answers_is_not_said_to_lose_anything(server: SocketServer) -> None:
    messages = watched(hold(server.http_url("/mute"), message="hello", message_rate=5.0), 1.2).messages
    assert messages.sent > 0
    assert (messages.received, messages.lost, messages.late) == (0, None, None)


def test_a_numbered_feed_is_checked_message_by_message(server: SocketServer) -> None:
    sockets = watched(hold(server.http_url("/holes"), users=1), 1.2)
    messages = sockets.messages
    assert (messages.received, messages.lost, messages.duplicated) == (8, 2, 1)
    assert (messages.corrupt, messages.out_of_order, messages.late) == (1, 1, 1)


def test_a_lost_socket_is_opened_again_and_how_long_that_took_is_known(server: SocketServer) -> None:
    played = hold(server.http_url("/close/1012"), reconnect="now", users=2)
    sockets = watched(played, 1.2)
    lost = int(sockets.counts[Event.CLOSED_ON_US])
    assert lost >= 4
    assert abs(int(sockets.counts[Event.RECOVERED]) - lost) <= 2
    assert dict(sockets.close_codes["target"]) == {1012: lost}
    assert assert_accounted(played).failed == 2  # a visitor who lost a socket was not served well, however it went on


def test_sockets_that_we_end_ourselves_early_are_no_failures(server: SocketServer) -> None:
    played = hold(server.http_url("/echo"), max_age_s=0.3, max_age_jitter_s=0.1, reconnect="now")
    sockets = watched(played, 1.2)
    assert sockets.counts[Event.FINISHED] >= 5
    assert sockets.counts[Event.RECOVERED] == 0
    assert assert_accounted(played).failed == 0


def test_a_frozen_target_is_noticed_by_its_silence() -> None:
    with SocketServer() as own:
        frozen: list[float] = []

        def freeze(played: Played, engine: Any) -> None:
            del engine
            if not frozen and played.ticks and played.ticks[-1].time_s > 0.7:
                own.freeze()
                frozen.append(played.ticks[-1].time_s)

        played = hold(own.http_url("/echo"), heartbeat_s=0.4, duration_s=3.0, watch=freeze)
        own.thaw()
    sockets = watched(played, 3.0)
    assert dict(sockets.causes["dead"]) == {"no_pong": 5}
    detected = quantile(sockets.times("detection"), 1.0)
    assert detected is not None
    assert 0.4 <= detected < 2.0  # the next ping, as long again for its answer, and what a busy machine adds
    assert sockets.counts[Event.NEVER_OPENED] == 0 or "timeout" in sockets.causes["never_opened"]


def test_a_killed_target_leaves_vanished_sockets_and_refused_ones() -> None:
    with SocketServer() as own:

        def kill(played: Played, engine: Any) -> None:
            del engine
            if played.ticks and played.ticks[-1].time_s > 0.5:
                own.kill()

        played = hold(own.http_url("/echo"), reconnect="backoff", duration_s=2.0, watch=kill)
    sockets = watched(played, 2.0)
    assert sum(sockets.causes["vanished"].values()) == 5
    assert sockets.causes["never_opened"]["connect_refused"] >= 5
    assert_accounted(played)


def test_wss_speaks_tls_with_the_engines_own_settings(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with SocketServer(authority.issue("127.0.0.1")) as own:
        given = plan(
            own.http_url("/echo"),
            "sockets",
            model="closed",
            users=3,
            cacert=str(authority.path),
            sockets=SocketSettings(message="x" * 40_000, message_rate=5.0, heartbeat_s=0.3),
        )
        sockets = watched(play(given), 1.0)
    assert sockets.open_at_end == 3
    assert sockets.messages.received >= 9
    assert not any(sockets.causes.values())


def test_sockets_go_through_a_proxys_tunnel_even_without_tls(server: SocketServer) -> None:
    with RawServer(tunnelling) as proxy:
        given = plan(
            server.http_url("/echo"),
            "sockets",
            model="closed",
            users=2,
            proxy=f"http://127.0.0.1:{proxy.port}",
            sockets=SocketSettings(message="hello", message_rate=5.0),
        )
        sockets = watched(play(given), 1.0)
    assert sockets.messages.received > 0
    assert sockets.open_at_end == 2
    assert {request.method for request in proxy.requests} == {"CONNECT"}


def test_a_target_that_does_not_read_is_dead_and_the_run_ends_on_time(server: SocketServer) -> None:
    played = hold(server.http_url("/stubborn"), message="x" * 1_000_000, message_rate=50.0, users=2, duration_s=2.5)
    assert set(watched(played, 2.5).causes["dead"]) == {"not_reading"}
    assert_accounted(played)


def test_a_target_that_never_answers_is_said_before_the_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(LoadsimError, match="does not answer a WebSocket handshake: no answer to the handshake"):
            play(plan(url, "sockets", timeout_s=0.5, sockets=SocketSettings()))


def test_what_is_no_websocket_endpoint_is_said_before_the_run(server: SocketServer) -> None:
    given = plan(server.http_url("/plain"), "sockets", sockets=SocketSettings())
    with pytest.raises(LoadsimError, match="is no WebSocket endpoint: answered 200 OK") as caught:
        play(given)
    assert "--target ws://" in str(caught.value)


def test_a_refusal_at_first_sight_is_a_remark_and_the_run_counts_the_others(server: SocketServer) -> None:
    played = hold(server.http_url("/refuse/503"), duration_s=1.0, reconnect="backoff")
    assert played.collector.ready is not None
    assert any("answered 503" in note for note in played.collector.ready.notes)
    assert set(watched(played, 1.0).causes["never_opened"]) == {"http_503"}
