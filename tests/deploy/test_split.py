"""The target cut into services and pools: real servers, real Envoy, and calls over real HTTP between them."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from loadsim.deploy import Deployment, bring_up, topology
from loadsim.deploy.usage import descendants, process_table

from .test_keeper import eventually, in_session

HOLD_S = 0.8
PIECES = 50
SMALL = {
    "ITEMS": "40",
    "USERS": "40",
    "COMMENTS": "100",
    "STOCK": str(PIECES),
    "EXPORT_HOLD_S": str(HOLD_S),
    "PAYMENT_MEDIAN_S": "0.001",
    "REQUEST_TIMEOUT_S": "10",
}
HOMES = {
    "/": "presentation",
    "/items/3": "presentation",
    "/dashboard?user=3": "presentation",
    "/healthz": "presentation",
    "/nowhere": "presentation",
    "/items": "inventory",
    "/items?page=2": "inventory",
    "/api/items/3": "inventory",
    "/api/items/3/stock": "inventory",
    "/api/items/3/comments": "inventory",
    "/api/users/3": "inventory",
    "/images/3/thumbnail?size=64": "inventory",
    "/api/orders": "payments",
    "/api/orders/1": "payments",
    "/export?user=3": "heavy",
    "/export?user=3&format=csv": "heavy",
}
IN_SIX = {"/api/items/3/comments": "comments", "/api/users/3": "users", "/images/3/thumbnail?size=64": "images"}
PAGES = [path for path in HOMES if path not in ("/healthz", "/nowhere", "/api/orders", "/api/orders/1")]


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        yield


@pytest.fixture(scope="module")
def split(_small: None) -> Iterator[Deployment]:
    """Three services and the heavy work, a server of two slots each; batched calls."""
    with bring_up(topology("split", slots=2)) as deployment:
        yield deployment


def _pool(response: httpx.Response) -> str:
    return response.headers["x-backend"].rpartition("-")[0]


def _hops(response: httpx.Response) -> dict[str, int]:
    """Return the requests to each service behind one request, and under ``rpc`` the interface calls."""
    return {name: int(count) for name, count in re.findall(r'(\w+);dur=[0-9.]+;desc="(\d+) calls"', _told(response))}


def _told(response: httpx.Response) -> str:
    return response.headers["server-timing"]


def _pid(deployment: Deployment, name: str) -> int:
    return next(each.pid for each in deployment.usage() if each.name == name)


def _signal(deployment: Deployment, name: str, number: signal.Signals) -> None:
    """Send a signal to a server and to the workers below it."""
    pid = _pid(deployment, name)
    for each in (pid, *descendants(process_table(), pid)):
        os.kill(each, number)


def _order(deployment: Deployment, item: int, quantity: int) -> httpx.Response:
    return httpx.post(f"{deployment.url}/api/orders", json={"user": 1, "item": item, "quantity": quantity}, timeout=60)


def test_every_path_goes_to_the_pool_of_its_service(split: Deployment) -> None:
    with httpx.Client(base_url=split.url, timeout=60) as client:
        assert {path: _pool(client.get(path)) for path in HOMES} == HOMES
    assert split.pools == {
        "presentation": ("presentation-1",),
        "inventory": ("inventory-1",),
        "payments": ("payments-1",),
        "heavy": ("heavy-1",),
    }


def test_one_code_gives_the_same_answers_in_one_piece_in_three_and_in_six(split: Deployment) -> None:
    def answers(deployment: Deployment) -> dict[str, tuple[int, bytes]]:
        with httpx.Client(base_url=deployment.url, timeout=60) as client:
            found = {path: client.get(path) for path in [*PAGES, "/items/41", "/dashboard?user=41", "/items/x"]}
        return {path: (response.status_code, response.content) for path, response in found.items()}

    expected = answers(split)
    with bring_up(topology("monolith")) as whole:
        assert answers(whole) == expected
    with bring_up(topology("micro", servers=7, slots=2)) as micro:
        assert answers(micro) == expected
        assert {path: _pool(httpx.get(micro.url + path, timeout=60)) for path in HOMES} == HOMES | IN_SIX
        assert _hops(httpx.get(f"{micro.url}/dashboard?user=3")) == {
            "users": 1, "payments": 1, "comments": 1, "inventory": 1, "images": 1, "rpc": 20,
        }  # fmt: skip


def test_batched_a_page_sends_one_request_to_each_service_it_needs(split: Deployment) -> None:
    dashboard = httpx.get(f"{split.url}/dashboard?user=3")
    assert _hops(dashboard) == {"inventory": 1, "payments": 1, "rpc": 20}
    assert "db;dur=" in _told(dashboard)


@pytest.mark.parametrize("calls", ["serial", "parallel"])
def test_unbatched_a_page_sends_a_request_for_every_call(split: Deployment, calls: str) -> None:
    with bring_up(topology("split", calls=calls)) as deployment:
        dashboard = httpx.get(f"{deployment.url}/dashboard?user=3")
        assert _hops(dashboard) == {"inventory": 19, "payments": 1, "rpc": 20}
        assert dashboard.content == httpx.get(f"{split.url}/dashboard?user=3").content
        missing = httpx.get(f"{deployment.url}/dashboard?user=41")
        assert (missing.status_code, missing.json()) == (404, {"error": "no user 41"})


def test_an_order_takes_stock_through_inventory_s_interface_and_sold_out_is_the_same_409(split: Deployment) -> None:
    made = _order(split, item=7, quantity=PIECES - 1)
    assert (made.status_code, _pool(made)) == (201, "payments")
    assert _hops(made) == {"inventory": 2, "rpc": 3}
    assert httpx.get(f"{split.url}/api/items/7/stock").json()["available"] == 1
    refused = _order(split, item=7, quantity=2)
    assert (refused.status_code, _pool(refused)) == (409, "payments")
    assert refused.json() == {"error": "item 7 is sold out: fewer than 2 left"}
    assert httpx.get(f"{split.url}/api/items/7/stock").json()["available"] == 1


@pytest.mark.parametrize("excess", [0, 1])
def test_heavy_requests_beyond_the_heavy_slots_are_those_that_queue_and_light_ones_do_not(
    split: Deployment, excess: int
) -> None:
    def queued_s(path: str) -> float:
        told = re.search(r"queue;dur=([0-9.]+)", _told(httpx.get(split.url + path, timeout=60)))
        assert told
        return float(told[1]) / 1000

    with ThreadPoolExecutor(split.topology.slots + excess + 1) as pool:
        heavy = [pool.submit(queued_s, "/export?user=1") for _ in range(split.topology.slots + excess)]
        assert queued_s("/items/3") < HOLD_S / 2
        waited = [future.result() for future in heavy]
    assert sum(each > HOLD_S / 2 for each in waited) == excess


@pytest.mark.parametrize("path", ["/services/inventory", "/services%2Finventory", "//services/inventory"])
def test_the_interfaces_are_not_there_for_others_than_the_services(split: Deployment, path: str) -> None:
    call = b'[["inventory.reserve", [9, 1]]]'
    answer = httpx.post(split.url + path, content=call, headers={"X-Time-Left": "5"})
    assert answer.status_code == 404
    assert httpx.get(f"{split.url}/api/items/9/stock").json()["available"] == PIECES


def test_the_sockets_between_services_are_this_user_s_alone(split: Deployment) -> None:
    assert split.scratch.stat().st_mode & 0o077 == 0
    assert "services.sock" in {path.name for path in split.scratch.glob("*.sock")}


def test_a_service_that_hangs_is_a_504_one_that_is_down_a_503_and_what_needs_it_not_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOADSIM_TARGET_REQUEST_TIMEOUT_S", "2")
    with bring_up(topology("split")) as deployment:
        assert httpx.get(f"{deployment.url}/items/3").status_code == 200
        _signal(deployment, "inventory-1", signal.SIGSTOP)
        hanging = httpx.get(f"{deployment.url}/items/3", timeout=60)
        assert (hanging.status_code, _pool(hanging)) == (504, "presentation")
        assert re.fullmatch(
            r"the service inventory did not answer in the [01]\.\d+ s that were left", hanging.json()["error"]
        )
        _signal(deployment, "inventory-1", signal.SIGKILL)
        assert eventually(lambda: bool(deployment.failures()))
        down = httpx.get(f"{deployment.url}/items/3", timeout=60)
        assert (down.status_code, _pool(down)) == (503, "presentation")
        assert down.json() == {"error": "the service inventory cannot be reached: UpstreamConnectionFailure"}
        assert _order(deployment, item=3, quantity=1).status_code == 503
        assert httpx.get(f"{deployment.url}/api/orders/1").status_code == 404
        scratch = deployment.scratch
    assert in_session(deployment.keeper_pid) == []
    assert not scratch.exists()


def test_a_heavy_user_never_reaches_the_light_pool_nor_a_light_one_the_heavy() -> None:
    with bring_up(topology("split-users", slots=2)) as deployment, httpx.Client(base_url=deployment.url) as client:
        assert deployment.pools == {"web": ("web-1", "web-2", "web-3"), "heavy": ("heavy-1",)}
        paths = [path for path in HOMES if not path.startswith("/export")] * 2
        heavy = Counter(client.get(path, headers={"X-User-Class": "heavy"}).headers["x-backend"] for path in paths)
        light = Counter(client.get(path).headers["x-backend"] for path in paths)
        other = client.get("/", headers={"X-User-Class": "light"})
    assert heavy == {"heavy-1": len(paths)}
    assert set(light) == {"web-1", "web-2", "web-3"}
    assert max(light.values()) - min(light.values()) <= 1
    assert _pool(other) == "web"


def _counted(deployment: Deployment, path: str, count: int, **headers: str) -> dict[str, int]:
    """Return what Envoy counted for each server while ``path`` was asked for, the calls between services included."""
    before = deployment.balancer_sent()
    with httpx.Client(base_url=deployment.url, timeout=60) as client:
        assert {client.get(path, headers=headers).status_code for _ in range(count)} == {200}
    after = deployment.balancer_sent()
    assert before is not None
    assert after is not None
    counts = {name: total - before.by_server[name] for name, total in after.by_server.items()}
    assert sum(counts.values()) == count + after.calls - before.calls
    return {name: number for name, number in counts.items() if number}


def _in_pairs(**changed: Any) -> Any:
    return topology("split", servers=6, slots=1, heavy="shared", **changed)


def test_round_robin_shares_requests_and_calls_evenly_in_each_pool() -> None:
    with bring_up(_in_pairs()) as deployment:
        assert _counted(deployment, "/", 10) == {
            "presentation-1": 5, "presentation-2": 5, "inventory-1": 5, "inventory-2": 5,
        }  # fmt: skip


def test_a_ring_hash_keeps_each_user_on_one_server_of_each_pool_calls_included() -> None:
    with bring_up(_in_pairs(policy="ring_hash")) as deployment:
        counts = [_counted(deployment, "/", 3, **{"X-User": str(user)}) for user in range(12)]
    assert all(sorted(each.values()) == [3, 3] for each in counts)
    assert {name for each in counts for name in each} == {
        "presentation-1", "presentation-2", "inventory-1", "inventory-2",
    }  # fmt: skip


@pytest.mark.parametrize("policy", ["least_request", "random"])
def test_the_other_policies_reach_every_server_of_a_pool_with_requests_and_calls(policy: str) -> None:
    with bring_up(_in_pairs(policy=policy)) as deployment:
        counts = _counted(deployment, "/", 40)
    assert set(counts) == {"presentation-1", "presentation-2", "inventory-1", "inventory-2"}
    assert sum(counts.values()) == 80


def test_weights_are_the_shares_of_round_robin() -> None:
    with bring_up(topology("balanced", servers=2, slots=1, weights={"web-1": 3})) as deployment:
        counts = _counted(deployment, "/api/items/1", 40)
    assert counts == {"web-1": 30, "web-2": 10}
