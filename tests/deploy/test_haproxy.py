from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadsim.deploy import POLICIES, TOPOLOGIES, Sent, bring_up, haproxy, topology
from loadsim.errors import UsageError

needs_haproxy = pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is used where it is installed")
BALANCED = [name for name, shape in TOPOLOGIES.items() if shape.has_balancer]


@needs_haproxy
@pytest.mark.parametrize("shape", BALANCED)
@pytest.mark.parametrize("policy", POLICIES)
def test_haproxy_itself_finds_the_configuration_valid(tmp_path: Path, shape: str, policy: str) -> None:
    file = tmp_path / haproxy.CONFIG_FILE
    file.write_text(haproxy.configuration(topology(shape, policy=policy), tmp_path, 20_001))
    checked = subprocess.run(["haproxy", "-c", "-f", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_no_retry_queue_or_timeout_of_its_own_stands_between_client_and_server() -> None:
    text = haproxy.configuration(topology("split"), Path("/tmp/loadsim-x"), 20_001)
    assert "retries 0" in text
    assert "timeout server 20d" in text
    assert not any("maxconn" in line for line in text.splitlines() if line.startswith("  server"))


def test_counts_are_read_by_the_server_s_name() -> None:
    told = (
        "# pxname,svname,stot,req_tot,\nrequests,FRONTEND,9,7,\ncalls,FRONTEND,1,3,\n"
        "web,web-1,5,,\nweb,web-2,0,,\nweb,BACKEND,5,7,\n\n"
    )
    assert haproxy.parse_statistics(told) == Sent({"web-1": 5, "web-2": 0}, calls=3)


def test_without_haproxy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install haproxy"):
        bring_up(topology("balanced", balancer="haproxy"))


@pytest.fixture(scope="module")
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "ITEMS": "40",
            "USERS": "40",
            "COMMENTS": "100",
            "EXPORT_HOLD_S": "0.2",
            "PAYMENT_MEDIAN_S": "0.001",
        }.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        yield


@needs_haproxy
@pytest.mark.usefixtures("_small")
def test_behind_haproxy_the_split_is_the_same_split() -> None:
    shape = topology("split", servers=7, slots=1, balancer="haproxy", weights={"presentation-1": 3})
    with bring_up(shape) as deployment, httpx.Client(base_url=deployment.url, timeout=60) as client:
        before = deployment.balancer_sent()
        pages = [client.get("/items/3") for _ in range(8)]
        after = deployment.balancer_sent()
        assert Counter(page.headers["x-backend"] for page in pages) == {"presentation-1": 6, "presentation-2": 2}
        assert before is not None
        assert after is not None
        counts = {name: count - before.by_server[name] for name, count in after.by_server.items()}
        assert {name: count for name, count in counts.items() if count} == {
            "presentation-1": 6,
            "presentation-2": 2,
            "inventory-1": 8,
            "inventory-2": 8,
        }
        assert after.calls - before.calls == 16
        assert all("queue;dur=" in page.headers["server-timing"] for page in pages)
        assert client.get("/export?user=1").headers["x-backend"] == "heavy-1"
        assert client.post("/services/inventory", content=b"[]", headers={"X-Time-Left": "5"}).status_code == 404
        order = client.post("/api/orders", json={"user": 1, "item": 3, "quantity": 100})
        assert order.status_code == 201
        assert order.headers["x-backend"].startswith("payments-")


@needs_haproxy
@pytest.mark.usefixtures("_small")
def test_an_answer_of_haproxy_s_own_is_told_and_ring_hash_keeps_a_user_on_a_server() -> None:
    with bring_up(topology("balanced", servers=2, slots=1, balancer="haproxy", policy="ring_hash")) as deployment:
        places = {}
        for user in range(20):
            seen = {
                httpx.get(f"{deployment.url}/healthz", headers={"x-user": str(user)}).headers["x-backend"]
                for _ in "abc"
            }
            assert len(seen) == 1
            places[user] = seen.pop()
        assert set(places.values()) == {"web-1", "web-2"}
        deployment.kill("web-1")
        orphan = next(user for user, place in places.items() if place == "web-1")
        answer = httpx.get(f"{deployment.url}/healthz", headers={"x-user": str(orphan)})
    assert answer.status_code == 503
    assert answer.json() == {"error": "the balancer got no answer: no server answers"}
    assert answer.headers["x-balancer-answer"] == "no server answers"
    assert "x-backend" not in answer.headers
