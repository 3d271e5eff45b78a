"""Whole runs of the real engine against targets of known behaviour: every kind of scenario, every way to go wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from loadsim.errors import ExitCode
from loadsim.experiment.runs import Result, run
from loadsim.record import RunRecord
from loadsim.settings import RunSettings
from loadsim.wire import Route

from ..endtoend.runs import assert_adds_up, read_record
from ..engine.loopback import Loopback
from ..engine.playing import script, user_file
from ..engine.raw_server import HungUpError, Peer, RawServer, Script, ok


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., Result]:
    def measure(url: str, scenario: str | Path = "read-heavy", **given: Any) -> Result:
        basis: dict[str, Any] = {
            "profile": "constant(50/s)", "arrivals": "uniform", "duration_s": 1.0, "warmup_s": 0.0, "seed": 7,
            "max_in_flight": 50, "drain_s": 5.0, "out": tmp_path / "run",
        }  # fmt: skip
        settings = RunSettings(scenario=str(scenario), name=str(scenario), target=url, **{**basis, **given})
        result = run(settings, Console(file=io.StringIO(), width=100), quiet=True, report=False)
        assert msgspec.to_builtins(result.record) == read_record(tmp_path / "run")
        assert result.record.requests.count == sum(result.record.outcomes.values())
        return result

    return measure


Measure = Callable[..., Result]


def unsound(record: RunRecord) -> list[str]:
    """Return why the verdict is invalid, but for a generator that was late on a busy machine."""
    return [reason for reason in record.reasons if not reason.startswith("the generator was ")]


# -- what a scenario may be


@pytest.mark.parametrize(
    ("base", "body"),
    [
        ("LoadUser", 'self.client.get("/ok"); self.client.post("/ok/two", json={"a": 1})'),
        ("HttpUser", 'self.client.get("/ok"); self.client.post("/ok/two", json={"a": 1})'),
        ("FastHttpUser", 'self.client.get("/ok"); self.client.post("/ok/two", json={"a": 1})'),
    ],
)
def test_a_users_own_locustfile_runs_as_it_is(base: str, body: str, measure: Measure, tmp_path: Path) -> None:
    path = user_file(tmp_path, body, base=base)
    with Loopback() as server:
        record = measure(server.url, path, max_in_flight=10).record
    assert record.complete
    assert record.load.scheduled == record.load.completed == 50
    first, second = record.routes["GET /ok"].count, record.routes["POST /ok/two"].count
    assert first == 50
    assert 40 <= second <= 50  # on a slow machine the last are due when the run is over
    assert record.backends["here"].count == first + second == record.requests.count
    assert any("Locust's own client" in warning for warning in record.warnings) == (base != "LoadUser")


def test_the_closed_model_counts_what_its_users_started_and_knows_no_response_time(measure: Measure) -> None:
    with Loopback() as server:
        record = measure(
            server.url, routes=(Route(path="/wait/20"),), model="closed", users=5, profile=None, duration_s=1.0
        ).record
        assert len({seen.connection for seen in server.seen}) <= 7
    assert (record.complete, record.manifest.model, record.response_time_s) == (True, "closed", None)
    assert 20 <= record.load.scheduled <= 5 * 50
    assert record.load.scheduled == record.service_time_s.count


@pytest.mark.parametrize("model", ["open", "closed"])
def test_a_number_of_iterations_ends_a_run_that_is_whole_and_whose_rates_are_of_its_time(
    model: str, measure: Measure
) -> None:
    users: dict[str, Any] = {"users": 2, "profile": None} if model == "closed" else {}
    with Loopback() as server:
        record = measure(
            server.url, routes=(Route(path="/wait/20"),), model=model, iterations=20, duration_s=30.0, **users
        ).record
        assert len(server.paths) == 20
    assert record.complete
    assert record.load.scheduled == record.load.completed == 20
    assert record.load.offered_rate is not None
    assert record.load.offered_rate > 5


def test_a_scenario_that_ends_the_test_cuts_the_run_short(measure: Measure, tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/ok"); raise StopTest()')
    with Loopback() as server:
        record = measure(server.url, path, duration_s=30.0).record
    assert not record.complete
    assert record.load.scheduled < 100


def test_what_a_scenario_raises_is_counted_and_its_place_told(measure: Measure, tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/ok"); {}["price"]')
    with Loopback() as server:
        record = measure(server.url, path).record
    assert (record.load.failed, record.load.completed) == (50, 0)
    assert record.errors[0].outcome == "exception"
    assert "KeyError: 'price' at visitors.py" in record.errors[0].first


# -- a stranger's target


def test_a_target_without_routes_gets_only_get_of_its_url_and_that_is_said(measure: Measure) -> None:
    with Loopback() as server:
        record = measure(f"{server.url}/ok/shop?a=b", "write-heavy").record
        assert {(seen.method, seen.path) for seen in server.seen} == {("GET", "/ok/shop?a=b")}
    assert any("only GET /ok/shop is sent" in warning for warning in record.warnings)
    assert record.load.completed == 50


def test_no_secret_reaches_what_is_kept(measure: Measure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hunter22"
    path = user_file(tmp_path, f'self.client.get("/status/404?token={secret}"); raise ValueError("token={secret}")')
    argv = ["--target", f"http://joe:{secret}@h/?token={secret}", "-H", f"X-Any: {secret}", "--env", f"K={secret}"]
    monkeypatch.setattr("sys.argv", ["loadsim", "run", "x", *argv])
    with Loopback() as server:
        url = server.url.replace("//", f"//joe:{secret}@") + f"/ok?token={secret}"
        headers = (("Authorization", f"Bearer {secret}"), ("X-Any", secret))
        measure(url, path, headers=headers, env=(("K", secret),), duration_s=0.5)
        assert server.seen[-1].headers["x-any"] == secret
    files = [file for file in (tmp_path / "run").iterdir() if file.is_file()]
    assert len(files) >= 5
    assert [file.name for file in files if secret.encode() in file.read_bytes()] == []


# -- targets that break the rules


def garbage(peer: Peer) -> None:
    peer.send(b"\x00\xff\xfe \x1b[2J garbage\r\n\r\n")
    raise HungUpError


def truncated(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    raise HungUpError


def endless_head(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.send(b"X: %b\r\n" % (b"y" * 1000))


def endless_body(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"10\r\n" + b"x" * 16 + b"\r\n", pause_s=0.02)


def silence(peer: Peer) -> None:
    peer.wait_for_hang_up()
    raise HungUpError


BAD = {
    "/garbage": (garbage, "bad_response"),
    "/truncated": (truncated, "closed_early"),
    "/endless-head": (endless_head, "bad_response"),
    "/endless-body": (endless_body, "timeout"),
    "/silence": (silence, "timeout"),
}


def misbehaving() -> Script:
    def serve(peer: Peer) -> None:
        while True:
            target = peer.request().target
            if target in BAD:
                BAD[target][0](peer)
            peer.send(ok())

    return serve


def test_a_target_that_breaks_the_rules_is_counted_by_outcome_and_the_run_ends_on_time(measure: Measure) -> None:
    routes = tuple(Route(path=path) for path in ("/good", *BAD))
    with RawServer(misbehaving()) as server:
        result = measure(f"http://127.0.0.1:{server.port}", routes=routes, timeout_s=1.5, profile="constant(60/s)")
    record = result.record
    assert record.complete
    assert unsound(record) == []
    assert record.load.scheduled == 60
    assert set(record.routes) == {"GET /good", *(f"GET {path}" for path in BAD)}
    for path, (_, outcome) in BAD.items():
        assert record.routes[f"GET {path}"].outcomes == {outcome: record.routes[f"GET {path}"].count}
    assert record.load.completed == record.outcomes["ok"] == record.routes["GET /good"].count
    assert all(kind.first.isprintable() for kind in record.errors)


def test_a_target_that_dies_half_way_is_measured_to_the_end(measure: Measure) -> None:
    with Loopback(refuse_after=20) as server:
        record = measure(server.url, routes=(Route(path="/ok"),)).record
    assert record.complete
    assert unsound(record) == []
    assert record.load.scheduled == 50
    assert 15 <= record.load.completed <= 20  # whoever was being served goes down with it
    assert record.outcomes["connect_refused"] >= 20
    assert record.outcomes["ok"] + record.outcomes["connect_refused"] <= 50


def test_what_is_in_flight_when_the_drain_ends_is_aborted_and_the_run_invalid(measure: Measure) -> None:
    with Loopback() as server:
        result = measure(server.url, routes=(Route(path="/never"),), max_in_flight=10, drain_s=0.2)
    load = result.record.load
    assert (load.aborted, load.dropped, load.completed) == (10, 40, 0)
    assert (result.record.verdict, result.exit_code) == ("invalid", ExitCode.UNKNOWN)
    assert any("raise --drain" in reason for reason in result.record.reasons)


# -- the bundled target


def test_the_balanced_target_is_brought_up_measured_and_taken_down_and_its_counts_agree(
    tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short_path))
    settings = RunSettings(
        scenario="read-heavy", name="read-heavy", topology="balanced", topology_overrides={"servers": 2}, rate=40.0,
        duration_s=2.0, warmup_s=0.5, out=tmp_path / "run",
    )  # fmt: skip
    result = run(settings, Console(file=io.StringIO(), width=100), quiet=True, report=False)
    record = result.record
    assert_adds_up(msgspec.to_builtins(record.load))
    assert (record.complete, record.manifest.topology) == (True, "balanced")
    assert unsound(record) == []
    assert record.manifest.pools == {"web": ["web-1", "web-2"]}
    assert set(record.backends) == {"web-1", "web-2"}
    assert sum(backend.count for backend in record.backends.values()) == record.requests.count
    assert {process.name for process in record.target_processes} == {"web-1", "web-2", "balancer"}
    assert [warning for warning in record.warnings if "the balancer" in warning or "own count" in warning] == []
    for count in record.counts.values():
        assert count.server == count.balancer
        assert 0 <= (count.server or 0) - count.client <= 1  # the engine's first look
    assert {server.name for server in record.servers} == {"web-1", "web-2"}
    assert list(short_path.iterdir()) == []


# -- objectives


def test_a_broken_abort_objective_ends_the_run_early_as_a_failure(measure: Measure) -> None:
    """In the closed model, in which a busy machine makes no generator late."""
    with Loopback() as server:
        result = measure(
            server.url, routes=(Route(path="/wait/300"),), duration_s=30.0, profile=None, model="closed", users=20,
            objectives=("abort p50(service) < 5ms over 1s", "error_rate < 50%"),
        )  # fmt: skip
    record = result.record
    assert (record.complete, record.verdict, result.exit_code) == (False, "fail", ExitCode.FAILED)
    assert record.load.scheduled < 30 * 20 / 0.3
    assert record.load.offered_rate is not None
    assert record.load.offered_rate > record.load.scheduled / 30
    assert [objective.verdict for objective in record.objectives] == ["fail", "pass"]
    assert "empty" not in record.objectives[0].reason  # windows that never came are none
    assert len(record.reasons) == 1
    assert record.reasons[0].startswith("ended early, after ")
    assert "abort p50(service) < 5ms over 1s" in record.reasons[0]


def test_a_script_that_cannot_be_read_is_refused_and_nothing_is_left(measure: Measure, tmp_path: Path) -> None:
    path = script(tmp_path, "def (:")
    with Loopback() as server, pytest.raises(Exception, match="cannot be imported") as caught:
        measure(server.url, path)
    assert caught.value.exit_code == ExitCode.USAGE  # type: ignore[attr-defined]
    assert server.seen == []
    assert not (tmp_path / "run").exists()
