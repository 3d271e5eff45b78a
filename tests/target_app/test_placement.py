"""Where data is placed: pure decisions, and what a request that has written sees."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from target_app.config import DATABASES, Config, ConfigError
from target_app.last_writes import LastWrites
from target_app.placement import Intent, homes, place, primaries, replicas, role, server

APPS = ("inventory", "payments", "users", "images", "comments")


def laid_out(databases: str, **changed: int) -> Config:
    return replace(Config(), databases=databases, postgres="/nowhere", **changed)  # type: ignore[arg-type] - all whole


@pytest.mark.parametrize("databases", ["single", "postgres"])
@pytest.mark.parametrize("app", APPS)
def test_one_database_holds_everything(databases: str, app: str) -> None:
    config = laid_out(databases)
    assert {place(config, app, intent, 7, 3) for intent in get_args(Intent)} == {"default"}
    assert (primaries(config), replicas(config)) == (("default",), ())


def test_writes_go_to_the_primary_and_reads_to_the_replicas_by_turns() -> None:
    config = laid_out("replicas", replicas=3)
    assert place(config, "comments", "write", 7) == "default"
    reads = Counter(place(config, "comments", "read", 7, turn) for turn in range(30))
    assert reads == {"replica-1": 10, "replica-2": 10, "replica-3": 10}
    assert (primaries(config), replicas(config)) == (("default",), ("replica-1", "replica-2", "replica-3"))


def test_a_vertical_partition_keeps_each_app_whole_in_one_database() -> None:
    config = laid_out("partitioned")
    assert {app: homes(config, app) for app in APPS} == {
        "inventory": ("default",),
        "payments": ("default",),
        "users": ("users",),
        "images": ("images",),
        "comments": ("comments",),
    }
    assert primaries(config) == ("default", "users", "images", "comments")


def test_shards_take_every_key_each_and_reads_look_where_writes_went() -> None:
    config = laid_out("sharded", shards=4)
    written = [place(config, "comments", "write", key) for key in range(400)]
    assert Counter(written) == {f"comments-{number}": 100 for number in range(1, 5)}
    assert [place(config, "comments", "read", key, turn=key) for key in range(400)] == written
    assert homes(config, "comments") == tuple(f"comments-{number}" for number in range(1, 5))
    assert place(config, "users", "write") == "default"


def test_rows_that_are_cut_up_are_not_looked_for_without_their_key() -> None:
    with pytest.raises(LookupError, match="comments are cut up over 3 databases"):
        place(laid_out("sharded"), "comments", "read")


@pytest.mark.parametrize("databases", DATABASES)
@pytest.mark.parametrize("app", APPS)
def test_nothing_is_placed_where_there_is_no_database(databases: str, app: str) -> None:
    config = laid_out(databases)
    there = {*primaries(config), *replicas(config)}
    assert {place(config, app, intent, key, key) for intent in get_args(Intent) for key in range(20)} <= there


def test_the_servers_and_what_their_time_is_called() -> None:
    assert [server(name) for name in ("default", "replica-2", "users")] == ["primary", "replica-2", "db-users"]
    told = [role(name) for name in ("default", "replica-2", "users", "comments-10")]
    assert told == ["db", "db-replica", "db-users", "db-comments"]


def test_postgresql_needs_to_be_somewhere() -> None:
    with pytest.raises(ConfigError, match="LOADSIM_TARGET_DATABASES='replicas' needs LOADSIM_TARGET_POSTGRES"):
        Config.from_environment({"LOADSIM_TARGET_DATABASES": "replicas"})


@pytest.fixture
def two_servers(tmp_path: Path) -> tuple[LastWrites, LastWrites]:
    return LastWrites(tmp_path / "last-writes"), LastWrites(tmp_path / "last-writes")


def test_what_a_user_wrote_at_one_server_every_other_knows_of(two_servers: tuple[LastWrites, LastWrites]) -> None:
    one, other = two_servers
    assert other.ago_s("17") > 1e9
    one.note("17")
    assert 0 <= other.ago_s("17") < 60
    assert other.ago_s("18") > 1e9


def test_the_time_since_a_write_passes(two_servers: tuple[LastWrites, LastWrites]) -> None:
    one, other = two_servers
    one.note("Ada of Lima")
    before = other.ago_s("Ada of Lima")
    time.sleep(0.02)
    assert other.ago_s("Ada of Lima") >= before + 0.01
