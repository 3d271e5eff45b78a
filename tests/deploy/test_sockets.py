"""The bundled target of WebSockets as it is deployed: real servers behind a real balancer."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from loadsim.deploy import Deployment, bring_up, topology
from loadsim.errors import UsageError


@pytest.fixture(scope="module")
def pair() -> Iterator[Deployment]:
    """Two servers behind Envoy; the feed comes fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADSIM_TARGET_FEED_INTERVAL_S", "0.05")
        with bring_up(topology("sockets", servers=2)) as deployment:
            yield deployment


def opened(deployment: Deployment, path: str) -> ClientConnection:
    return connect(f"ws{deployment.url[4:]}{path}", compression=None, ping_interval=None, proxy=None)


def backend(socket: ClientConnection) -> str:
    assert socket.response is not None
    return socket.response.headers["X-Backend"]


def test_sockets_are_shared_out_and_each_names_its_server(pair: Deployment) -> None:
    with opened(pair, "/echo") as first, opened(pair, "/echo") as second:
        assert {backend(first), backend(second)} == {"web-1", "web-2"}
        for message in ("hello", b"bytes", "x" * 100_000):
            first.send(message)
            assert first.recv(timeout=5) == message


def test_one_feed_is_heard_through_every_server(pair: Deployment) -> None:
    with opened(pair, "/feed") as first, opened(pair, "/feed") as second:
        assert backend(first) != backend(second)
        heard = {str(first.recv(timeout=5)) for _ in range(12)} & {str(second.recv(timeout=5)) for _ in range(12)}
    assert len(heard) >= 8


def test_the_root_both_echoes_and_feeds(pair: Deployment) -> None:
    with opened(pair, "/") as socket:
        socket.send("mine")
        heard = [str(socket.recv(timeout=5)) for _ in range(5)]
    assert "mine" in heard
    assert any(message.startswith("loadsim-feed ") for message in heard)


def test_a_feed_that_was_lost_goes_on_where_it_was_left_by_a_socket_or_by_a_read(pair: Deployment) -> None:
    with opened(pair, "/feed") as socket:
        last = int(str(socket.recv(timeout=5)).split()[1])
    time.sleep(0.3)
    read = httpx.get(f"{pair.url}/feed/messages?after={last}").text.splitlines()
    with opened(pair, f"/feed?after={last}") as socket:
        told = [str(socket.recv(timeout=5)) for _ in read]
    assert [text.split()[:2] for text in read[:4]] == [["loadsim-missed", str(last + n)] for n in (1, 2, 3, 4)]
    assert told == read


def test_a_long_poll_is_answered_when_there_is_news_or_the_wait_is_over(pair: Deployment) -> None:
    newest = int(httpx.get(f"{pair.url}/feed/messages").text.split()[1])
    later = httpx.get(f"{pair.url}/feed/messages?after={newest + 3}&wait=10")
    assert later.text.split()[:2] == ["loadsim-feed", str(newest + 4)]
    assert httpx.get(f"{pair.url}/feed/messages?after={newest + 1000}&wait=0.1").text == ""


def told(pair: Deployment, **orders: float) -> None:
    for server in ("web-1", "web-2"):
        pair.misbehave(server, **orders)
    time.sleep(0.3)  # servers look out for orders 20 times a second


def test_a_share_of_handshakes_is_refused_with_the_status_that_was_asked_for(pair: Deployment) -> None:
    told(pair, error_share=1.0, error_status=503)
    with pytest.raises(InvalidStatus, match="503"):
        opened(pair, "/echo")
    assert httpx.get(f"{pair.url}/feed/messages").status_code == 503
    told(pair)
    with opened(pair, "/echo") as socket:
        assert backend(socket)


def endings(sockets: list[ClientConnection]) -> list[int | None]:
    """Wait for each to end, a second at most; return the codes of their close frames, 0 for none, None if alive."""
    codes: list[int | None] = []
    for socket in sockets:
        try:
            socket.recv(timeout=1)
        except TimeoutError:
            codes.append(None)
        except ConnectionClosed as closed:
            codes.append(closed.rcvd.code if closed.rcvd else 0)
    return codes


@pytest.mark.parametrize(
    ("orders", "code"), [({"close_share": 0.5, "close_code": 1013}, 1013), ({"drop_share": 0.5}, 0)]
)
def test_a_share_of_sockets_is_closed_with_a_code_or_dropped(
    pair: Deployment, orders: dict[str, float], code: int
) -> None:
    with ExitStack() as stack:
        before = [stack.enter_context(opened(pair, "/echo")) for _ in range(4)]
        told(pair, **orders)
        assert Counter(endings(before)) == {code: 2, None: 2}
        later = [stack.enter_context(opened(pair, "/echo")) for _ in range(4)]
        assert Counter(endings(later)) == {code: 2, None: 2}, "and of those that open while it lasts"
        told(pair)


def test_what_is_no_socket_is_told_so(pair: Deployment) -> None:
    assert httpx.get(f"{pair.url}/echo").status_code == 426
    with pytest.raises(InvalidStatus, match="403"):
        opened(pair, "/elsewhere")


def test_a_server_that_is_stopped_says_that_it_restarts() -> None:
    with bring_up(topology("sockets", servers=1, slots=1, balancer="none")) as deployment:
        assert not any(process.name == "seed" for process in deployment.usage())
        with opened(deployment, "/echo") as socket:
            own = next(process for process in deployment.usage() if process.name == "web-1")
            os.kill(own.pid, signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                socket.recv(timeout=10)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012


def test_a_server_ends_its_sockets_at_an_age() -> None:
    shape = topology("sockets", servers=1, slots=1, balancer="none", socket_max_age="0.5s~0.1s")
    with bring_up(shape) as deployment, opened(deployment, "/echo") as socket:
        began = time.monotonic()
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=10)
        assert time.monotonic() - began > 0.3
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001


def test_a_setting_of_sockets_is_refused_where_there_are_none() -> None:
    with pytest.raises(UsageError, match="its servers hold no sockets"):
        topology("balanced", socket_max_age="5s")
    with pytest.raises(UsageError, match="the jitter is more than the age"):
        topology("sockets", socket_max_age="5s~6s")


@pytest.fixture(scope="module")
def over_channels() -> Iterator[Deployment]:
    """Two servers whose feed goes over a channel layer that holds next to nothing."""
    pytest.importorskip("channels_redis")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADSIM_TARGET_FEED_INTERVAL_S", "0.05")
        with bring_up(topology("sockets", servers=2, feed="channels", bus_capacity=3)) as deployment:
            yield deployment


def numbers(socket: ClientConnection, count: int) -> list[int]:
    return [int(str(socket.recv(timeout=5)).split()[1]) for _ in range(count)]


def test_channels_echo_and_send_one_feed_over_all_servers(over_channels: Deployment) -> None:
    with opened(over_channels, "/echo") as echo:
        echo.send("mine")
        assert echo.recv(timeout=5) == "mine"
    with opened(over_channels, "/feed") as first, opened(over_channels, "/feed") as second:
        assert backend(first) != backend(second)
        assert len(set(numbers(first, 12)) & set(numbers(second, 12))) >= 3
        last = numbers(first, 1)[0]
    with opened(over_channels, f"/feed?after={last}") as again:
        assert str(again.recv(timeout=5)).split()[:2] == ["loadsim-missed", str(last + 1)]


def test_a_full_channel_layer_drops_in_silence(over_channels: Deployment) -> None:
    with opened(over_channels, "/feed") as first, opened(over_channels, "/feed") as second:
        frozen = backend(first)
        numbers(first, 1)
        over_channels.pause(frozen)
        time.sleep(1.0)  # 20 messages, of which the layer keeps 3
        over_channels.resume(frozen)
        heard, on_the_other = numbers(first, 20), numbers(second, 40)
    gap = max(itertools.pairwise(heard), key=lambda pair: pair[1] - pair[0])
    assert gap[1] - gap[0] > 5
    assert set(range(gap[0] + 1, gap[1])) & set(on_the_other), "whose server was not frozen heard of what was dropped"


def test_sockets_know_no_services_and_no_databases() -> None:
    with pytest.raises(UsageError, match="sockets know no services"):
        topology("sockets", databases="postgres")
    with pytest.raises(UsageError, match="Did you mean 'sockets'"):
        topology("balanced", serves="socket")
