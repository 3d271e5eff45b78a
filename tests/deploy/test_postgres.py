"""PostgreSQL as the target has it: real servers that really replicate, and of which nothing is left."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from loadsim.deploy import Deployment, bring_up, postgres, topology
from loadsim.deploy.databases import Databases
from loadsim.deploy.keeper_link import KeeperLink
from loadsim.deploy.plan import Plan, Stage
from loadsim.deploy.replication import Behind, ReplicaWatch
from loadsim.deploy.usage import descendants, identity, process_table
from loadsim.errors import TargetError
from loadsim.experiment.fault_player import FaultPlayer
from loadsim.faults import parse_fault

from .test_keeper import eventually

LAG_S = 2.0
COMMENTS = "/api/items/3/comments"


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"ITEMS": "40", "USERS": "10", "COMMENTS": "100", "PAYMENT_MEDIAN_S": "0.001"}.items():
            patch.setenv(f"LOADSIM_TARGET_{name}", value)
        yield


@pytest.fixture(scope="module")
def replicated(_small: None) -> Iterator[Deployment]:
    """Two servers; two replicas that are behind, and users who read the primary after they have written."""
    shape = topology("replicas", servers=2, slots=2, lag=f"{LAG_S:g}s", sticky="60s")
    with bring_up(shape) as deployment:
        yield deployment


def connect(deployment: Deployment, server: str) -> psycopg.Connection[tuple[int]]:
    host = str(deployment.scratch / server)
    return psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)


def one(deployment: Deployment, server: str, query: str) -> object:
    with connect(deployment, server) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def comment(deployment: Deployment, user: int) -> int:
    body = {"user": user, "text": "as good as new"}
    answer = httpx.post(deployment.url + COMMENTS, json=body, headers={"X-User": str(user)}, timeout=20)
    assert answer.status_code == 201
    return int(answer.json()["id"])


def sees(deployment: Deployment, user: int, written: int) -> bool:
    answer = httpx.get(deployment.url + COMMENTS, headers={"X-User": str(user)}, timeout=20)
    return written in {each["id"] for each in answer.json()["comments"]}


def everything(keeper: int) -> dict[int, str]:
    """Return the keeper and all its descendants; PostgreSQL's are of sessions of their own."""
    found = (keeper, *descendants(process_table(), keeper))
    return {pid: began for pid in found if (began := identity(pid))}


def alive(processes: dict[int, str]) -> list[int]:
    return [pid for pid, began in processes.items() if identity(pid) == began]


def test_a_user_sees_its_own_writes_at_once_and_others_when_replicas_have_it(replicated: Deployment) -> None:
    began = time.monotonic()
    written = comment(replicated, user=1)
    assert all(sees(replicated, 1, written) for _ in range(8))
    seen_by_others = [sees(replicated, 2, written) for _ in range(8)]
    if time.monotonic() - began < LAG_S:  # else this machine was too slow to see it
        assert not any(seen_by_others)
    assert eventually(lambda: all(sees(replicated, 2, written) for _ in range(4)))
    assert time.monotonic() - began > LAG_S


def test_the_time_in_replicas_and_in_the_primary_is_told_apart(replicated: Deployment) -> None:
    read = httpx.get(replicated.url + COMMENTS, headers={"X-User": "9"}).headers["server-timing"]
    assert "db-replica;" in read
    assert "db;" not in read
    body = {"user": 3, "item": 3, "quantity": 1}
    assert "db;" in httpx.post(f"{replicated.url}/api/orders", json=body, timeout=20).headers["server-timing"]


def test_both_replicas_stream_from_the_primary_and_take_no_writes(replicated: Deployment) -> None:
    names = "array_agg(application_name ORDER BY application_name)"
    streaming = one(replicated, "primary", f"SELECT {names} FROM pg_stat_replication WHERE state = 'streaming'")
    assert streaming == ["replica-1", "replica-2"]
    with connect(replicated, "replica-2") as replica, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        replica.execute("DELETE FROM comments_comment")


def test_a_replica_that_is_cut_off_serves_old_data_until_it_is_healed(replicated: Deployment) -> None:
    def has(server: str, written: int) -> bool:
        return one(replicated, server, f"SELECT count(*) FROM comments_comment WHERE id = {written}") == 1

    replicated.partition("replica-1")
    try:
        written = comment(replicated, user=4)
        assert eventually(lambda: has("replica-2", written))
        time.sleep(0.1)
        assert not has("replica-1", written)
    finally:
        replicated.heal("replica-1")
    assert eventually(lambda: has("replica-1", written))


def test_a_fault_of_a_run_cuts_replicas_off_and_heals_them(replicated: Deployment) -> None:
    def are_cut_off() -> list[object]:
        query = "SELECT pg_get_wal_replay_pause_state() <> 'not paused'"
        return [one(replicated, replica, query) for replica in ("replica-1", "replica-2")]

    with FaultPlayer([parse_fault("partition(replicas, at=1s, for=2s)")], 30.0, replicated) as player:
        player.advance(0.5)
        assert are_cut_off() == [False, False]
        player.advance(1.1)
        assert are_cut_off() == [True, True]
        player.advance(3.2)
        assert are_cut_off() == [False, False]
    assert player.warnings == []
    record = player.happened[0].record()
    assert (record.kind, record.on, record.start_s, record.end_s) == ("partition", ["replica-1", "replica-2"], 1.1, 3.2)


def test_a_replica_that_is_not_there_cannot_be_cut_off(replicated: Deployment) -> None:
    with pytest.raises(TargetError, match="replica-7 cannot be told to stop or go on replaying: .*No such file"):
        replicated.partition("replica-7")


def test_each_database_s_use_is_told_and_its_directory_is_its_own(replicated: Deployment) -> None:
    assert {each.name for each in replicated.usage()} == {
        *("primary", "replica-1", "replica-2"),
        *("web-1", "web-2", "balancer"),
    }
    for server in ("primary", "replica-1", "replica-2"):
        assert (replicated.scratch / server).stat().st_mode & 0o077 == 0
    assert replicated.failures() == []


def test_of_a_replica_that_cannot_be_asked_nothing_is_known(replicated: Deployment) -> None:
    with ReplicaWatch(replicated.scratch, ["replica-7"]) as watch:
        assert eventually(lambda: [found for _, found in watch.readings()] == [{"replica-7": Behind(None, None)}])


@pytest.fixture(scope="module")
def consistent(_small: None) -> Iterator[Deployment]:
    """One replica that is a little behind, and is waited for or not read at all."""
    shape = topology("monolith", slots=2, databases="replicas", replicas=1, lag="200ms", prefers="consistency")
    with bring_up(shape) as deployment:
        yield deployment


def answer_to_read(deployment: Deployment) -> httpx.Response:
    return httpx.get(deployment.url + COMMENTS, timeout=20)


def test_with_consistency_preferred_every_read_shows_what_was_written_however_late_replicas_are(
    consistent: Deployment,
) -> None:
    for _ in range(4):
        written = comment(consistent, user=5)
        answer = answer_to_read(consistent)
        assert written in {each["id"] for each in answer.json()["comments"]}
        assert "catch-up;" in answer.headers["server-timing"]


def test_with_consistency_preferred_a_replica_that_is_cut_off_refuses_until_it_is_healed(
    consistent: Deployment,
) -> None:
    consistent.partition("replica-1")
    try:
        comment(consistent, user=6)
        refused = answer_to_read(consistent)
    finally:
        consistent.heal("replica-1")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json() == {"error": "replica-1 lacks what was written, and old data is not to be served"}
    assert eventually(lambda: answer_to_read(consistent).status_code == 200)


def test_how_far_a_replica_is_behind_is_asked_beside_everything_else(consistent: Deployment) -> None:
    def newest(watch: ReplicaWatch) -> Behind:
        readings = watch.readings()
        return readings[-1][1]["replica-1"] if readings else Behind(None, None)

    def is_behind(found: Behind) -> bool:
        return bool(found.log_bytes) and (found.lag_s or 0.0) > 0.5

    comment(consistent, user=8)  # of this one a replica that is cut off tells how long ago it was
    with ReplicaWatch(consistent.scratch, ["replica-1"]) as watch:
        assert eventually(lambda: newest(watch) == Behind(0.0, 0))
        consistent.partition("replica-1")
        try:
            comment(consistent, user=8)
            assert eventually(lambda: is_behind(newest(watch)))
        finally:
            consistent.heal("replica-1")
        assert eventually(lambda: newest(watch) == Behind(0.0, 0))


def test_a_primary_that_cannot_be_reached_is_a_503_that_says_when_to_come_again(consistent: Deployment) -> None:
    body = {"user": 7, "text": "is anybody there?"}
    comment(consistent, user=7)
    consistent.kill("primary")
    try:
        assert eventually(lambda: consistent.state("primary") == "ended")
        refused = [
            httpx.post(consistent.url + COMMENTS, json=body, timeout=20),  # on a connection that was open
            httpx.post(consistent.url + COMMENTS, json=body, timeout=20),
            answer_to_read(consistent),
        ]
    finally:
        consistent.start("primary")
    told = [(each.status_code, each.headers["retry-after"], each.json()["error"]) for each in refused]
    assert told == [(503, "1", "a database cannot be reached")] * 3
    assert eventually(lambda: httpx.post(consistent.url + COMMENTS, json=body, timeout=20).status_code == 201)
    assert eventually(lambda: answer_to_read(consistent).status_code == 200)


def test_shards_have_the_comments_of_their_items_and_a_user_s_are_gathered_from_all() -> None:
    with bring_up(topology("monolith", slots=2, databases="sharded", shards=2)) as deployment:
        items = "SELECT array_agg(DISTINCT item_id % 2) FROM comments_comment"
        assert [one(deployment, shard, items) for shard in ("db-comments-1", "db-comments-2")] == [[0], [1]]
        written = [
            httpx.post(
                f"{deployment.url}/api/items/{item}/comments", json={"user": 7, "text": "new"}, timeout=20
            ).json()
            for item in (1, 2, 3, 4)
        ]
        assert len({each["id"] for each in written}) == 4
        shown = httpx.get(f"{deployment.url}/api/items/3/comments", timeout=20).json()["comments"]
        assert shown[0] == written[2]
        answer = httpx.get(f"{deployment.url}/export?user=7", timeout=20)
        newest = answer.json()["comments"][:4]
        assert sorted(newest, key=lambda each: each["item_id"]) == written
        assert "db-comments;" in answer.headers["server-timing"]


def test_a_vertical_partition_has_users_images_and_comments_where_they_belong() -> None:
    def tables(server: str) -> object:
        names = "array_agg(tablename::text ORDER BY tablename)"
        return one(deployment, server, f"SELECT {names} FROM pg_tables WHERE tablename ~ '^(inv|pay|use|ima|com).*_'")

    with bring_up(topology("monolith", slots=2, databases="partitioned")) as deployment:
        assert {server: tables(server) for server in ("primary", "db-users", "db-images", "db-comments")} == {
            "primary": ["inventory_item", "inventory_stock", "payments_order"],
            "db-users": ["users_user"],
            "db-images": ["images_image"],
            "db-comments": ["comments_comment"],
        }
        for path in ("/", "/items/3", "/dashboard?user=1", "/images/3/thumbnail?size=32"):
            assert httpx.get(deployment.url + path, timeout=20).status_code == 200
        body = {"user": 1, "item": 3, "quantity": 1}
        assert httpx.post(f"{deployment.url}/api/orders", json=body, timeout=20).status_code == 201


def test_nothing_is_left_when_the_target_is_closed() -> None:
    steps: list[str] = []
    with bring_up(topology("monolith", slots=2, databases="replicas", replicas=1), on_step=steps.append) as deployment:
        processes = everything(deployment.keeper_pid)
        assert len(processes) > 10  # of PostgreSQL alone: two servers with some five processes each
        scratch = deployment.scratch
    assert alive(processes) == []
    assert not scratch.exists()
    assert steps[:2] == ["making the databases", "starting PostgreSQL"]
    assert steps[-1] == "starting 1 server of 2 slots, no balancer; PostgreSQL with 1 replica"


RUN = """
import time
from loadsim.deploy import bring_up, topology
deployment = bring_up(topology("monolith", slots=2, databases="replicas", replicas=1))
print(deployment.keeper_pid, deployment.scratch, flush=True)
time.sleep(60)
"""


def test_nothing_is_left_when_the_command_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        keeper, scratch = parent.stdout.readline().split()
        processes = everything(int(keeper))
        assert len(processes) > 10
        parent.kill()
    assert eventually(lambda: alive(processes) == [] and not Path(scratch).exists())


def test_a_server_that_does_not_start_shows_its_last_lines(tmp_path: Path) -> None:
    scratch = tmp_path / "target"
    made, started = postgres.parts(Databases("postgres"), scratch, slots=2).before
    (server,) = started.processes
    wrong = dataclasses.replace(server, argv=(*server.argv, "-c", "shared_buffers=none"))
    keeper = KeeperLink(Plan(str(scratch), (made, Stage("starting", (wrong,)))))
    with pytest.raises(TargetError, match=r"primary ended with code 1.*\n.*\"shared_buffers\": \"none\""):
        keeper.wait_until_up(60, lambda _: None)
    keeper.close()
    assert not scratch.exists()
