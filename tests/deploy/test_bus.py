"""Services that call each other over the bus, and work that is left to it: real servers, Envoy and Redis."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from loadsim.deploy import Deployment, bring_up, redis, servers, topology
from loadsim.deploy.bus import BusCounts
from loadsim.errors import UsageError

from .test_keeper import eventually, in_session

PIECES = 50
SMALL = {
    "ITEMS": "40",
    "USERS": "40",
    "COMMENTS": "100",
    "STOCK": str(PIECES),
    "PAYMENT_MEDIAN_S": "0.001",
    "CONFIRMATION_MEDIAN_S": "0.3",
    "CONFIRMATION_SIGMA": "0",
}


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        yield


@pytest.fixture(scope="module")
def over_bus(_small: None) -> Iterator[Deployment]:
    """Three services and the heavy work, a server of two slots each; payments are confirmed later."""
    with bring_up(topology("bus", slots=2, confirmation="bus")) as deployment:
        yield deployment


def _hops(response: httpx.Response) -> dict[str, int]:
    """Return how many requests went to each service, and calls in all."""
    return {name: int(count) for name, count in re.findall(r'([\w-]+);dur=[0-9.]+;desc="(\d+) calls"', _told(response))}


def _told(response: httpx.Response) -> str:
    return str(response.headers["server-timing"])


def _get(deployment: Deployment, path: str) -> httpx.Response:
    return httpx.get(deployment.url + path, timeout=60)


def _order(deployment: Deployment, item: int, quantity: int) -> httpx.Response:
    body = {"user": 3, "item": item, "quantity": quantity}
    return httpx.post(f"{deployment.url}/api/orders", json=body, timeout=60)


def _counts(deployment: Deployment) -> BusCounts:
    found = deployment.bus_counts()
    assert found is not None
    return found


def test_calls_are_requests_on_the_bus_with_their_hops_and_the_wait_for_the_other_s_slot(over_bus: Deployment) -> None:
    before = over_bus.balancer_sent()
    dashboard = _get(over_bus, "/dashboard?user=3")
    after = over_bus.balancer_sent()
    assert dashboard.headers["x-backend"] == "presentation-1"
    assert _hops(dashboard) == {"inventory": 1, "payments": 1, "rpc": 20}
    assert {"db", "inner-queue"} <= set(re.findall(r"([\w-]+);dur=", _told(dashboard)))
    assert before is not None
    assert after is not None
    assert after.calls == 0
    assert sum(after.by_server.values()) - sum(before.by_server.values()) == 1


def test_unbatched_a_page_sends_a_request_for_every_call_over_the_bus_too(over_bus: Deployment) -> None:
    with bring_up(topology("bus", calls="parallel")) as deployment:
        dashboard = _get(deployment, "/dashboard?user=3")
        assert _hops(dashboard) == {"inventory": 19, "payments": 1, "rpc": 20}
        assert dashboard.content == _get(over_bus, "/dashboard?user=3").content


def test_six_services_call_each_other_over_the_bus(over_bus: Deployment) -> None:
    with bring_up(topology("micro", transport="bus")) as deployment:
        dashboard = _get(deployment, "/dashboard?user=3")
        assert set(_hops(dashboard)) >= {"users", "comments", "inventory", "payments"}
        assert dashboard.content == _get(over_bus, "/dashboard?user=3").content


def test_a_refusal_comes_over_the_bus_as_what_it_was(over_bus: Deployment) -> None:
    assert _order(over_bus, item=7, quantity=PIECES - 1).status_code == 201
    refused = _order(over_bus, item=7, quantity=2)
    assert (refused.status_code, refused.json()) == (409, {"error": "item 7 is sold out: fewer than 2 left"})
    assert _get(over_bus, "/api/items/7/stock").json()["available"] == 1


def test_a_confirmation_left_to_the_bus_is_done_after_the_answer(over_bus: Deployment) -> None:
    made = _order(over_bus, item=9, quantity=1)
    assert made.status_code == 201
    assert "confirmation;" not in _told(made)
    assert eventually(lambda: 0 < _counts(over_bus).counts["jobs"] == _counts(over_bus).counts["jobs_done"])
    assert _counts(over_bus).waiting_jobs == 0
    assert _counts(over_bus).done_after_s[-1] > 0.3


def test_a_confirmation_inline_is_a_part_of_the_answer_s_time() -> None:
    with bring_up(topology("monolith", confirmation="inline")) as deployment:
        told = re.search(r"confirmation;dur=([0-9.]+)", _told(_order(deployment, item=9, quantity=1)))
        assert deployment.bus_counts() is None
    assert told is not None
    assert float(told[1]) >= 300


def test_the_interfaces_are_not_there_for_who_is_not_on_the_bus() -> None:
    with bring_up(topology("monolith", confirmation="bus")) as deployment:
        call = b'[["inventory.reserve", [9, 1]]]'
        answer = httpx.post(f"{deployment.url}/services/web", content=call, headers={"X-Time-Left": "5"}, timeout=60)
        assert answer.status_code == 404
        assert _get(deployment, "/api/items/9/stock").json()["available"] == PIECES


def test_what_is_lost_on_the_bus_is_counted_at_both_ends_and_what_needs_no_bus_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOADSIM_TARGET_REQUEST_TIMEOUT_S", "2")
    with bring_up(topology("bus")) as deployment:
        deployment.pause("inventory-1")
        time.sleep(0.2)  # nobody tells when it is frozen
        hanging = _get(deployment, "/items/3")
        assert (hanging.status_code, hanging.headers["x-backend"]) == (504, "presentation-1")
        assert re.fullmatch(
            r"the service inventory did not answer in the [01]\.\d+ s that were left", hanging.json()["error"]
        )
        deployment.resume("inventory-1")
        assert eventually(lambda: _counts(deployment).counts["missing"] == _counts(deployment).counts["expired"] == 1)
        deployment.kill("redis")
        assert eventually(lambda: deployment.state("redis") == "ended")
        down = _get(deployment, "/items/3")
        assert (down.status_code, down.headers["x-backend"]) == (503, "presentation-1")
        assert "the bus failed" in down.json()["error"]
        assert _get(deployment, "/api/items/3").status_code == 200
        deployment.start("redis")
        assert eventually(lambda: deployment.state("redis") == "up")
        assert eventually(lambda: _get(deployment, "/items/3").status_code == 200)
        scratch = deployment.scratch
    assert in_session(deployment.keeper_pid) == []
    assert not scratch.exists()


def test_a_bus_is_refused_where_there_is_no_redis_or_no_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        patch.setattr(redis, "_WHEELS", {})
        with pytest.raises(UsageError, match="needs Redis"):
            bring_up(topology("bus"))
    monkeypatch.setitem(servers._NEEDED, "redis", {"no_such_module": "channels"})
    with pytest.raises(UsageError, match="not installed: channels"):
        bring_up(topology("balanced", confirmation="bus"))
