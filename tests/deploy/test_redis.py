"""Redis as the target has it: a real server, of which nothing is left."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path

import pytest
from redis import Redis

from loadsim.deploy import redis
from loadsim.deploy.keeper_link import KeeperLink
from loadsim.deploy.plan import Plan, Process, Stage
from loadsim.deploy.usage import identity
from loadsim.errors import TargetError, UsageError

from .test_keeper import eventually


def _kept(scratch: Path, process: Process) -> KeeperLink:
    return KeeperLink(Plan(str(scratch), (Stage("starting Redis", (process,)),), timeout_s=20))


def test_it_keeps_what_it_is_given_in_memory_alone_and_only_this_user_reaches_it(tmp_path: Path) -> None:
    scratch = tmp_path / "private"
    link = _kept(scratch, redis.server(scratch))
    try:
        link.wait_until_up(30, lambda _: None)
        with Redis(unix_socket_path=str(redis.socket_path(scratch))) as client:
            client.set("a", "b")
            assert client.get("a") == b"b"
            assert client.config_get("port") == {"port": "0"}
        assert redis.socket_path(scratch).stat().st_mode & 0o077 == 0
        assert {path.name for path in scratch.iterdir()} == {"redis.sock", "redis.log"}
    finally:
        link.close()
    assert not scratch.exists()


def test_it_ends_even_if_its_keeper_is_killed(tmp_path: Path) -> None:
    scratch = tmp_path / "private"
    link = _kept(scratch, redis.server(scratch))
    try:
        link.wait_until_up(30, lambda _: None)
        began = identity(link.pids["redis"])
        os.kill(link.pid, signal.SIGKILL)
        assert eventually(lambda: identity(link.pids["redis"]) != began)
    finally:
        link.close()
    assert not scratch.exists()


def test_its_last_lines_are_shown_if_it_does_not_come_up(tmp_path: Path) -> None:
    scratch = tmp_path / "private"
    process = redis.server(scratch)
    link = _kept(scratch, dataclasses.replace(process, argv=(*process.argv, "--appendfsync", "perhaps")))
    try:
        with pytest.raises(TargetError, match=r"(?s)redis ended with code 1; the last lines it wrote:.*perhaps"):
            link.wait_until_up(30, lambda _: None)
    finally:
        link.close()


def test_the_wheel_serves_where_the_path_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert redis.find().name in ("redis-server", "valkey-server")


def test_without_a_server_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(redis, "_WHEELS", {})
    with pytest.raises(UsageError, match="needs Redis") as caught:
        redis.find()
    assert "redis-server" in caught.value.hint
