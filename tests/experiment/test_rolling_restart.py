"""A rolling restart as it comes about: real servers behind real balancers, and requests that go on meanwhile."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from loadsim.deploy import Deployment, bring_up, topology
from loadsim.experiment.fault_player import FaultPlayer
from loadsim.faults import parse_fault

from ..deploy.test_keeper import eventually

RUN_S = 120.0
needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is used where it is installed")


@contextmanager
def pair(name: str = "balanced", **settings: Any) -> Iterator[Deployment]:
    """Two servers; a payment takes long enough to be met by a restart."""
    with pytest.MonkeyPatch.context() as patch:
        for setting, value in {"ITEMS": "40", "USERS": "10", "COMMENTS": "20", "PAYMENT_MEDIAN_S": "0.2"}.items():
            patch.setenv(f"LOADSIM_TARGET_{setting}", value)
        with bring_up(topology(name, servers=2, slots=4, **settings)) as deployment:
            yield deployment


def player(deployment: Deployment, spec: str, duration_s: float = RUN_S) -> FaultPlayer:
    return FaultPlayer([parse_fault(spec)], duration_s, deployment)


def play(faults: FaultPlayer) -> None:
    """Let the faults come about until they are over."""
    began = time.monotonic()

    def is_over() -> bool:
        faults.advance(time.monotonic() - began)
        return faults.happened[0].end_s is not None

    assert eventually(is_over, 60)


@contextmanager
def load(deployment: Deployment) -> Iterator[Counter[int]]:
    """Ask and buy without a pause; yield how many answers there were with each status."""
    seen: Counter[int] = Counter()
    over = threading.Event()

    def visit(user: int) -> None:
        order = {"user": user, "item": user, "quantity": 1}
        with httpx.Client(base_url=deployment.url, timeout=30) as client:
            while not over.is_set():
                answer = client.post("/api/orders", json=order) if user % 2 else client.get("/api/items/1")
                seen[answer.status_code] += 1

    visitors = [threading.Thread(target=visit, args=(user,)) for user in range(1, 5)]
    for visitor in visitors:
        visitor.start()
    try:
        yield seen
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()


def pids(deployment: Deployment) -> dict[str, int]:
    return {process.name: process.pid for process in deployment.usage()}


def lost_in_a_restart(deployment: Deployment, spec: str) -> int:
    before = pids(deployment)
    with load(deployment) as seen, player(deployment, spec) as faults:
        play(faults)
    assert faults.warnings + deployment.failures() == []
    after = pids(deployment)
    assert {name for name in before if before[name] != after[name]} == {"web-1", "web-2"}
    assert seen[200] > 10
    assert seen[201] > 1
    return seen.total() - seen[200] - seen[201]


def test_behind_envoy_a_drained_restart_loses_no_request_and_an_undrained_one_does() -> None:
    with pair() as deployment:
        assert lost_in_a_restart(deployment, "restart(web, at=0s, drain=30s)") == 0
        assert lost_in_a_restart(deployment, "restart(web, at=0s, drain=0s)") > 0


@needs_haproxy
def test_behind_haproxy_a_drained_restart_loses_no_request() -> None:
    with pair(balancer="haproxy") as deployment:
        assert lost_in_a_restart(deployment, "restart(web, at=0s, drain=30s)") == 0


@contextmanager
def opened(deployment: Deployment) -> Iterator[dict[str, ClientConnection]]:
    """Open two sockets, and yield them by their servers."""
    url = f"ws{deployment.url[4:]}/echo"
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(connect(url, compression=None, ping_interval=None, proxy=None)) for _ in range(2)
        ]
        yield {socket.response.headers["X-Backend"]: socket for socket in sockets if socket.response}


def test_one_server_can_be_restarted_and_what_outlives_its_drain_is_closed_by_the_server() -> None:
    with (
        pair("sockets") as deployment,
        opened(deployment) as sockets,
        player(deployment, "restart(web-1, at=0s, drain=300ms)") as faults,
    ):
        faults.advance(0.0)
        with opened(deployment) as others:
            assert set(others) == {"web-2"}, "nothing new comes to it while it drains"
        play(faults)
        with pytest.raises(ConnectionClosed) as caught:
            sockets["web-1"].recv(timeout=10)
        sockets["web-2"].send("still there")
        assert sockets["web-2"].recv(timeout=10) == "still there"
        with opened(deployment) as later:
            assert set(later) == {"web-1", "web-2"}, "it is back"
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012
    record = faults.happened[0].record()
    assert (record.kind, record.on) == ("restart", ["web-1"])
    (restart,) = record.restarts
    assert restart.server == "web-1"
    assert restart.stopped_s is not None
    assert restart.stopped_s >= restart.out_s + 0.3, "the socket was open for all of the drain"
    assert record.end_s == restart.back_s


def test_when_the_run_ends_the_server_at_hand_comes_back_and_the_others_are_named() -> None:
    with pair() as deployment, player(deployment, "restart(web, at=0s)", duration_s=0.1) as faults:
        faults.advance(0.0)
        play(faults)
        assert {httpx.get(f"{deployment.url}/healthz").headers["x-backend"] for _ in range(4)} == {"web-1", "web-2"}
    assert faults.warnings == ["restart(web, at=0s): the run ended before it came to web-2"]
    assert [restart.server for restart in faults.happened[0].record().restarts] == ["web-1"]


def test_a_server_that_does_not_come_up_ends_the_restart_and_gets_no_requests() -> None:
    with pair() as deployment, player(deployment, "restart(web, at=0s)") as faults:
        (deployment.scratch / "web-1.log").unlink()
        (deployment.scratch / "web-1.log").mkdir()  # so that it cannot be started
        play(faults)
        assert {httpx.get(f"{deployment.url}/healthz").headers["x-backend"] for _ in range(4)} == {"web-2"}
    assert faults.warnings == ["restart(web, at=0s): web-1 did not come up again; not restarted: web-2"]
    (restart,) = faults.happened[0].record().restarts
    assert restart.back_s is None
