"""The bundled target as it is deployed: real servers behind a real balancer."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from loadsim.deploy import Deployment, Topology, bring_up, topology
from loadsim.deploy.deployment import free_port
from loadsim.errors import TargetError, UsageError

from .test_keeper import eventually, in_session

HOLD_S = 0.8
SMALL = {"ITEMS": "40", "USERS": "40", "COMMENTS": "100", "EXPORT_HOLD_S": str(HOLD_S), "PAYMENT_MEDIAN_S": "0.001"}


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        yield


@pytest.fixture(scope="module")
def pair(_small: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two servers of two slots behind Envoy."""
    with bring_up(topology("balanced", servers=2, slots=2)) as deployment:
        yield deployment


def _timings(response: httpx.Response) -> dict[str, float]:
    parts = [part.split(";") for part in response.headers["server-timing"].split(", ")]
    return {part[0]: float(part[1].removeprefix("dur=")) for part in parts}


def _at_once(deployment: Deployment, path: str, count: int) -> list[httpx.Response]:
    with httpx.Client(base_url=deployment.url, timeout=60) as client, ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: client.get(path), range(count)))


@pytest.mark.parametrize("excess", [0, 1, 2])
def test_slow_requests_beyond_the_slots_are_exactly_those_that_queue(pair: Deployment, excess: int) -> None:
    answers = _at_once(pair, "/export?user=1", pair.topology.total_slots + excess)
    assert {answer.status_code for answer in answers} == {200}
    queued = [answer for answer in answers if _timings(answer)["queue"] > HOLD_S * 1000 / 2]
    assert len(queued) == excess


def test_round_robin_gives_each_server_its_share_exactly_and_envoy_counts_the_same(pair: Deployment) -> None:
    before = pair.balancer_sent()
    seen = Counter(httpx.get(f"{pair.url}/api/items/{number}").headers["x-backend"] for number in range(1, 21))
    after = pair.balancer_sent()
    assert seen == {"web-1": 10, "web-2": 10}
    assert before is not None
    assert after is not None
    assert {name: count - before.by_server[name] for name, count in after.by_server.items()} == seen
    assert after.calls == before.calls == 0
    assert pair.pools == {"web": ("web-1", "web-2")}


def test_many_more_connections_than_slots_are_all_served(pair: Deployment) -> None:
    """Granian's backpressure counts connections: were it near the slots, the first idle ones would block the rest."""
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=pair.url, limits=limits, timeout=20) as client, ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: client.get("/healthz").status_code, range(200)))
    assert set(statuses) == {200}


def test_the_wait_for_sqlite_s_writer_is_told_apart_from_the_query(pair: Deployment) -> None:
    (database,) = pair.scratch.glob("*.sqlite3")
    held_s = 0.4
    with closing(sqlite3.connect(database, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(httpx.post, f"{pair.url}/api/items/1/comments", json={"user": 1, "text": "x"}, timeout=60)
        # Until the request is in a server, the lock's time has not begun.
        assert eventually(lambda: any(httpx.get(f"{pair.url}/healthz").json()["busy"] > 1 for _ in range(2)))
        time.sleep(held_s)
        other.execute("ROLLBACK")
        told = _timings(waiting.result())
    assert told["lock"] >= held_s * 1000 / 2
    assert told["db"] < told["lock"]


def test_concurrent_writers_all_get_through(pair: Deployment) -> None:
    def order(number: int) -> int:
        body = {"user": 1, "item": 3, "quantity": 1}
        path = "/api/orders" if number % 2 else "/api/items/3/comments"
        return httpx.post(pair.url + path, json=body | {"text": "hello"}, timeout=60).status_code

    before = httpx.get(f"{pair.url}/api/items/3/stock").json()["available"]
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(order, range(80))) == {201}
    assert httpx.get(f"{pair.url}/api/items/3/stock").json()["available"] == before - 40


def test_a_body_that_no_page_wants_costs_nobody_an_answer(pair: Deployment) -> None:
    with httpx.Client(base_url=pair.url) as client:
        assert {client.post("/nowhere", content=b"x" * 2000).status_code for _ in range(300)} == {404}


def test_every_process_s_use_is_told_and_grows(pair: Deployment) -> None:
    before = {each.name: each for each in pair.usage()}
    assert set(before) == {"web-1", "web-2", "balancer"}
    assert all(each.rss_bytes > 10_000_000 for each in before.values())
    _at_once(pair, "/dashboard?user=1", 100)
    after = {each.name: each.cpu_s for each in pair.usage()}
    assert after["web-1"] > before["web-1"].cpu_s
    assert pair.failures() == []


def test_inner_hops_are_unix_sockets_that_only_this_user_reaches(pair: Deployment) -> None:
    assert pair.scratch.stat().st_mode & 0o077 == 0
    assert {path.name for path in pair.scratch.glob("*.sock")} == {"web-1.sock", "web-2.sock", "admin.sock"}


def test_the_queue_header_of_a_client_does_not_pass_for_the_balancer_s(pair: Deployment) -> None:
    told = _timings(httpx.get(f"{pair.url}/healthz", headers={"x-request-start": f"t={time.time() - 500}"}))
    assert told["queue"] < 400_000


def test_an_answer_of_the_balancer_s_own_is_told_from_a_server_s_and_a_death_is_reported() -> None:
    with bring_up(topology("balanced", servers=2, slots=2)) as deployment:
        victim = next(each.pid for each in deployment.usage() if each.name == "web-1")
        (worker,) = subprocess.run(
            ["pgrep", "-P", str(victim)], capture_output=True, text=True, check=True
        ).stdout.split()
        os.kill(int(worker), signal.SIGKILL)
        assert eventually(lambda: bool(deployment.failures()))
        answers = [httpx.get(f"{deployment.url}/healthz") for _ in range(10)]
        assert Counter(answer.headers.get("x-backend") for answer in answers) == {"web-2": 5, None: 5}
        own = [answer for answer in answers if "x-backend" not in answer.headers]
        assert {answer.status_code for answer in own} == {503}
        assert all(answer.headers["x-balancer-answer"] == "UpstreamConnectionFailure" for answer in own)
        assert not any("x-balancer-answer" in answer.headers for answer in answers if answer not in own)
        (failure,) = deployment.failures()
        assert failure.startswith("web-1 ended with code 1; the last lines it wrote:")
        assert {each.name for each in deployment.usage()} == {"web-2", "balancer"}


def test_a_ring_hash_keeps_each_user_on_one_server() -> None:
    with bring_up(topology("balanced", servers=3, slots=1, policy="ring_hash")) as deployment:
        places = {
            user: {
                httpx.get(f"{deployment.url}/healthz", headers={"x-user": str(user)}).headers["x-backend"]
                for _ in "abc"
            }
            for user in range(30)
        }
    assert {len(backends) for backends in places.values()} == {1}
    assert set().union(*places.values()) == {"web-1", "web-2", "web-3"}


@pytest.mark.parametrize("policy", ["least_request", "random"])
def test_the_other_policies_reach_every_server(policy: str) -> None:
    with bring_up(topology("balanced", servers=2, slots=1, policy=policy)) as deployment:
        seen = Counter(answer.headers["x-backend"] for answer in _at_once(deployment, "/healthz", 60))
    assert set(seen) == {"web-1", "web-2"}


def test_the_monolith_is_one_server_without_a_balancer_and_leaves_nothing() -> None:
    steps: list[str] = []
    with bring_up(topology("monolith", slots=2), on_step=steps.append) as deployment:
        answer = httpx.get(f"{deployment.url}/items/3")
        assert answer.headers["x-backend"] == "web-1"
        assert "queue" not in _timings(answer)
        assert deployment.balancer_sent() is None
        assert {each.name for each in deployment.usage()} == {"web-1"}
        assert deployment.started_s > 0
        scratch = deployment.scratch
        processes = in_session(deployment.keeper_pid)
        assert len(processes) >= 3  # the keeper, granian and its worker
    assert steps == ["seeding the database", "starting 1 server of 2 slots, no balancer"]
    assert in_session(deployment.keeper_pid) == []
    assert not scratch.exists()
    deployment.close()


def test_the_port_is_the_one_that_was_asked_for() -> None:
    port = free_port()
    with bring_up(topology("monolith"), port=port) as deployment:
        assert deployment.url == f"http://127.0.0.1:{port}"
        with pytest.raises(TargetError, match=f"port {port} of 127.0.0.1 cannot be listened on"):
            bring_up(topology("monolith"), port=port)


@pytest.mark.parametrize("shape", ["monolith", "balanced"])
def test_a_port_that_is_taken_is_named(shape: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TargetError, match="Address already in use"):
            bring_up(topology(shape), port=taken.getsockname()[1])


def test_a_start_that_fails_shows_the_last_lines_of_what_failed(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSIM_TARGET_ITEMS", "none")
    with pytest.raises(TargetError, match=r"seed ended with code 2.*\n  LOADSIM_TARGET_ITEMS='none': expected a whole"):
        bring_up(topology("monolith"), scratch=short_path)
    assert list(short_path.iterdir()) == []


def test_settings_of_the_caller_s_own_django_and_granian_do_not_reach_the_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "somebody.elses")
    monkeypatch.setenv("GRANIAN_URL_PATH_PREFIX", "/elsewhere")
    with bring_up(topology("monolith")) as deployment:
        assert httpx.get(f"{deployment.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"port": 0}, "port 0: expected 1 to 65535"), ({"cpus": set()}, "CPUs"), ({"cpus": {100_000}}, "CPUs")],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_starts(changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bring_up(topology("monolith"), **changed)  # type: ignore[arg-type] - the wrong values are the test


def test_a_directory_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long for a Unix socket"):
        bring_up(topology("balanced"), scratch=tmp_path / ("d" * 90))


RUN = """
import time
from loadsim.deploy import bring_up, topology
deployment = bring_up(topology("balanced", servers=2, slots=1))
print(deployment.keeper_pid, deployment.scratch, flush=True)
time.sleep(60)
"""


def test_kill_9_of_the_command_leaves_no_server_no_balancer_and_no_file() -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        keeper, scratch = parent.stdout.readline().split()
        assert len(in_session(int(keeper))) >= 6  # keeper, twice granian and its worker, Envoy
        parent.kill()
    assert eventually(lambda: in_session(int(keeper)) == [] and not Path(scratch).exists())


def test_importing_deploy_loads_neither_django_nor_gevent_nor_locust() -> None:
    text = "import sys, loadsim.deploy; print({'django', 'gevent', 'locust', 'httpx', 'granian'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
    assert Topology("x", servers=1, slots=1).total_slots == 1
