"""Faults in text form, and what of them can be done to which target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadsim.errors import SpecError, UsageError
from loadsim.faults import Fault, Parts, check_faults, parse_fault

PARTS = Parts({"web": ["web-1", "web-2"], "heavy": ["heavy-1"]}, ["replica-1", "replica-2"])
DATABASES = replace(PARTS, databases=["primary", "replica-1", "replica-2"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kill(web-2, at=10s, for=5s)", Fault("", "kill", "web-2", 10.0, 15.0)),
        ("pause(web, at=1m)", Fault("", "pause", "web", 60.0)),
        ("slow(web-*, by=200ms, at=10s, for=5s)", Fault("", "slow", "web-*", 10.0, 15.0, by_s=0.2)),
        ("slow(web-2, 200ms, 10s, 5s)", Fault("", "slow", "web-2", 10.0, 15.0, by_s=0.2)),
        ("errors(web-2, share=20%, at=0s)", Fault("", "errors", "web-2", 0.0, share=0.2)),
        ("errors(web-2, share=20%, at=0s, status=503)", Fault("", "errors", "web-2", 0.0, share=0.2, status=503)),
        ("close(web, share=50%, at=1s)", Fault("", "close", "web", 1.0, share=0.5, code=1011)),
        ("close(web, share=50%, at=1s, code=1013)", Fault("", "close", "web", 1.0, share=0.5, code=1013)),
        ("drop(web-2, share=50%, at=1s, for=2s)", Fault("", "drop", "web-2", 1.0, 3.0, share=0.5)),
        ("partition(replica-1, at=10s, for=5s)", Fault("", "partition", "replica-1", 10.0, 15.0)),
        ("restart(web, at=10s)", Fault("", "restart", "web", 10.0, drain_s=5.0)),
        ("restart(web-2, 10s, drain=0s)", Fault("", "restart", "web-2", 10.0, drain_s=0.0)),
        ("read-only(at=10s, for=5s)", Fault("", "read-only", "", 10.0, 15.0)),
        ("exec('echo a, b (c)', at=2s)", Fault("", "exec", "echo a, b (c)", 2.0)),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    read = parse_fault(f"  {text} ")
    assert read == replace(fault, spec=text)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("kil(web-2, at=1s)", 0, "Did you mean 'kill'?"),
        ("", 0, "expected a fault"),
        ("kill web-2", 4, "expected '('"),
        ("kill(web-2)", 10, "kill needs at"),
        ("slow(web-2, at=1s)", 17, "slow needs by"),
        ("read-only(web-2, at=1s)", 17, "given twice"),
        ("read-onl(at=1s)", 0, "Did you mean 'read-only'?"),
        ("kill(web-2, at=1)", 16, "unit"),
        ("kill(web-2, at=1s, for=0s)", 23, "no time to speak of"),
        ("slow(web-2, by=0s, at=1s)", 15, "no delay"),
        ("errors(web-2, share=120%, at=1s)", 20, "no share"),
        ("errors(web-2, share=1%, at=1s, status=200)", 38, "no status of an error"),
        ("close(web-2, share=1%, at=1s, code=1)", 35, "no close code"),
        ("kill(web-2, when=1s)", 12, "kill has no 'when'"),
        ("kill(web-2, at=1s", 4, "never closed"),
        ("kill(web-2, at=1s) kill(web-1, at=2s)", 19, "nothing can follow"),
        ("exec('', at=1s)", 5, "done to nothing"),
        ("exec('x', at=1s, for=2s)", 17, "exec has no 'for'"),
        ("restart(web, at=1s, for=2s)", 20, "restart has no 'for'"),
        ("restart(web, at=1s, drain=2h)", 26, "no time to drain in"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_is_known(text: str, at: int, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_fault(text)
    assert caught.value.position == at
    assert words in f"{caught.value.problem} {caught.value.hint}"


@pytest.mark.parametrize(
    ("on", "servers"),
    [
        ("web-2", ("web-2",)),
        ("web", ("web-1", "web-2")),
        ("*-1", ("web-1", "heavy-1")),
        ("*", ("web-1", "web-2", "heavy-1")),
    ],
)
def test_a_fault_is_done_to_a_server_a_pool_or_all_that_fit_a_pattern(on: str, servers: tuple[str, ...]) -> None:
    assert PARTS.hit_by(Fault("", "kill", on, 0.0)) == servers


@pytest.mark.parametrize(
    ("on", "replicas"),
    [("replica-2", ("replica-2",)), ("replicas", ("replica-1", "replica-2")), ("*", ("replica-1", "replica-2"))],
)
def test_only_replicas_are_cut_off(on: str, replicas: tuple[str, ...]) -> None:
    assert PARTS.hit_by(Fault("", "partition", on, 0.0)) == replicas


def test_only_the_whole_target_is_read_only() -> None:
    assert DATABASES.hit_by(Fault("", "read-only", "", 0.0)) == ("web-1", "web-2", "heavy-1")


def test_a_database_can_be_killed_and_by_nothing_else_be_hit() -> None:
    assert DATABASES.hit_by(Fault("", "kill", "primary", 0.0)) == ("primary",)
    assert DATABASES.hit_by(Fault("", "kill", "databases", 0.0)) == ("primary", "replica-1", "replica-2")
    with pytest.raises(UsageError, match="no server 'primary'"):
        DATABASES.hit_by(Fault("", "slow", "primary", 0.0))
    with pytest.raises(UsageError, match="no server 'primary'"):
        PARTS.hit_by(Fault("", "kill", "primary", 0.0))


@pytest.mark.parametrize("on", ["redis", "bus"])
def test_the_bus_can_be_killed_where_there_is_one(on: str) -> None:
    assert replace(PARTS, bus=["redis"]).hit_by(Fault("", "kill", on, 0.0)) == ("redis",)
    with pytest.raises(UsageError):
        PARTS.hit_by(Fault("", "kill", on, 0.0))


def checked(*texts: str, parts: Parts | None = PARTS) -> None:
    check_faults([parse_fault(text) for text in texts], 30.0, parts)


@pytest.mark.parametrize(
    ("text", "parts", "hint"),
    [
        ("partition(web-1, at=1s)", PARTS, "replica-1"),
        ("partition(replica-1, at=1s)", Parts({"web": ["web-1"]}), "--topology replicas has some"),
    ],
)
def test_what_is_no_replica_cannot_be_cut_off(text: str, parts: Parts, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no replica") as caught:
        checked(text, parts=parts)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "serves"), [("close(web-1, share=1%, at=1s)", "pages"), ("read-only(at=1s)", "sockets")]
)
def test_what_servers_of_another_kind_take_is_refused(text: str, serves: str) -> None:
    with pytest.raises(UsageError, match=f"and these are of {serves}"):
        checked(text, parts=replace(PARTS, serves=serves))


def test_a_server_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no server 'web-3'") as caught:
        checked("kill(web-3, at=1s)")
    assert "web-" in caught.value.hint


def test_a_fault_after_the_end_is_refused() -> None:
    with pytest.raises(UsageError, match="after the run"):
        checked("kill(web-1, at=30s)")


def test_only_commands_can_be_done_to_a_system_of_ones_own() -> None:
    checked("exec(true, at=1s)", parts=None)
    with pytest.raises(UsageError, match="bundled target") as caught:
        checked("kill(web-1, at=1s)", parts=None)
    assert "exec(" in caught.value.hint


def test_two_faults_on_one_server_at_one_time_are_refused() -> None:
    checked("kill(web-1, at=1s, for=5s)", "pause(web-1, at=6s)", "slow(web-2, by=1s, at=1s)")
    with pytest.raises(UsageError, match="overlap on web-1"):
        checked("kill(web-1, at=1s, for=5s)", "pause(web, at=5s)")
    with pytest.raises(UsageError, match="overlap on web-1"):
        checked("kill(web-1, at=1s)", "pause(web, at=20s)")


def test_a_fault_without_an_end_lasts_as_long_as_the_run() -> None:
    assert parse_fault("kill(web-1, at=1s)").until(30.0) == 30.0
    assert parse_fault("kill(web-1, at=1s, for=60s)").until(30.0) == 30.0
    assert parse_fault("kill(web-1, at=1s, for=2s)").until(30.0) == 3.0
