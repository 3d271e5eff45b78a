"""The bundled target of WebSockets as it is deployed: real servers behind a real balancer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

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


def test_sockets_know_no_services_and_no_databases() -> None:
    with pytest.raises(UsageError, match="sockets know no services"):
        topology("sockets", databases="postgres")
    with pytest.raises(UsageError, match="Did you mean 'sockets'"):
        topology("balanced", serves="socket")
