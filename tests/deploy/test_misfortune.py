"""What can be done to a server of the bundled target while it runs, and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from loadsim.deploy import Deployment, bring_up, topology
from loadsim.experiment.fault_player import FaultPlayer
from loadsim.faults import parse_fault

from .test_keeper import eventually, in_session

SMALL = {"ITEMS": "40", "USERS": "10", "COMMENTS": "20"}


@pytest.fixture(scope="module")
def pair() -> Iterator[Deployment]:
    """Two servers of two slots behind Envoy."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        with bring_up(topology("balanced", servers=2, slots=2)) as deployment:
            yield deployment


def answers(deployment: Deployment, count: int = 20) -> list[httpx.Response]:
    with httpx.Client(base_url=deployment.url, timeout=10) as client:
        return [client.get("/api/items/1") for _ in range(count)]


def statuses(deployment: Deployment) -> Counter[tuple[str, int]]:
    return Counter((answer.headers.get("x-backend", "none"), answer.status_code) for answer in answers(deployment))


def is_silent(client: httpx.Client) -> bool:
    try:
        client.get("/api/items/1")
    except httpx.ReadTimeout:
        return True
    return False


def all_well(deployment: Deployment) -> bool:
    return statuses(deployment) == {("web-1", 200): 10, ("web-2", 200): 10}


def test_a_killed_server_is_the_balancers_503_until_it_is_started_again(pair: Deployment) -> None:
    pids = {process.name: process.pid for process in pair.usage()}
    pair.kill("web-2")
    assert eventually(lambda: "web-2" not in {process.name for process in pair.usage()})
    seen = Counter(answer.status_code for answer in answers(pair))
    assert seen == {200: 10, 503: 10}
    pair.start("web-2")
    assert eventually(lambda: all_well(pair), 15)
    pair.failures()
    assert {process.name: process.pid for process in pair.usage()}["web-2"] != pids["web-2"]
    assert pair.failures() == [], "what was asked for is no failure"


def test_a_paused_server_answers_nothing_until_it_goes_on_and_then_everything(pair: Deployment) -> None:
    pair.pause("web-1")
    with httpx.Client(base_url=pair.url, timeout=0.5) as client:
        silent = [is_silent(client) for _ in range(4)]
    assert silent.count(True) == 2
    pair.resume("web-1")
    assert eventually(lambda: all_well(pair), 10)


def test_a_slow_server_takes_so_much_longer_and_says_why(pair: Deployment) -> None:
    pair.misbehave("web-2", delay_s=0.2)
    slow = [answer for answer in answers(pair, 4) if answer.headers["x-backend"] == "web-2"]
    pair.misbehave("web-2")
    assert len(slow) == 2
    assert all(answer.elapsed.total_seconds() >= 0.2 for answer in slow)
    assert all("fault;dur=20" in answer.headers["server-timing"] for answer in slow)
    assert all("fault" not in answer.headers["server-timing"] for answer in answers(pair, 4))


def test_exactly_the_share_asked_for_is_answered_500(pair: Deployment) -> None:
    pair.misbehave("web-1", error_share=0.2)
    seen = statuses(pair)
    pair.misbehave("web-1")
    assert seen == {("web-1", 200): 8, ("web-1", 500): 2, ("web-2", 200): 10}
    assert all_well(pair)


def test_a_target_with_a_frozen_server_leaves_nothing_behind() -> None:
    with bring_up(topology("monolith")) as deployment:
        keeper = deployment.keeper_pid
        deployment.pause("web-1")
        assert in_session(keeper)
    assert not in_session(keeper)
    assert not deployment.scratch.exists()


def test_each_server_counts_what_it_answers_and_not_the_keeper_s_question_whether_it_is_up(pair: Deployment) -> None:
    before = {name: tally.requests for name, tally in pair.tallies().items()}
    answers(pair, 20)
    pair.kill("web-2")
    assert eventually(lambda: pair.state("web-2") == "ended")
    pair.start("web-2")
    assert eventually(lambda: pair.state("web-2") == "up")
    after = pair.tallies()
    assert {name: tally.requests - before[name] for name, tally in after.items()} == {"web-1": 10, "web-2": 10}
    assert {tally.calls for tally in after.values()} == {0}
    assert pair.is_running("web-1")


def test_while_it_is_read_only_every_server_refuses_to_write_and_reads_go_on(pair: Deployment) -> None:
    def writes() -> set[tuple[int, str]]:
        body = {"user": 1, "item": 3, "quantity": 1}
        told = [httpx.post(f"{pair.url}/api/orders", json=body, timeout=10) for _ in range(4)]
        return {(each.status_code, each.headers.get("retry-after", "")) for each in told}

    with FaultPlayer([parse_fault("read-only(at=1s, for=2s)")], 30.0, pair) as player:
        player.advance(1.1)
        assert writes() == {(503, "1")}
        assert all_well(pair)
        player.advance(3.2)
        assert writes() == {(201, "")}
    record = player.happened[0].record()
    assert (record.kind, record.on, record.start_s, record.end_s) == ("read-only", ["web-1", "web-2"], 1.1, 3.2)
