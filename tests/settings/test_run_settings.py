"""Flags over the named scenario over the file over the defaults, and what excludes each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadsim.errors import SpecError, UsageError
from loadsim.settings import RunSettings, load_settings
from loadsim.wire import Route

FILE = """
objectives = ["p99 < 250ms"]

[run]
duration = "30s"
rate = "100/s"
seed = 3
objective = ["p50 < 20ms"]

[target]
url = "http://shop.example"
headers = { X-Shop = "north" }

[routes]
"GET /items/{zipf:1000}" = 5
"POST /orders" = { weight = 1.5, name = "order", json = { item = 1 }, headers = { X-A = "b" } }

[scenarios.checkout]
base = "spiky"
rate = "200/s"
objective = "error_rate < 1%"
routes = { "GET /checkout" = 1 }
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loadsim.toml above the working directory."""
    below = tmp_path / "project" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    path = tmp_path / "project" / "loadsim.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_file_and_flags_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings("spiky", {"rate": None, "objective": [], "header": (), "insecure": False})
    assert settings == RunSettings(scenario="spiky", name="spiky")
    assert (settings.max_in_flight, settings.give_up_s, settings.timeout_s, settings.drain_s) == (
        1000,
        30.0,
        30.0,
        30.0,
    )
    assert (settings.arrivals, settings.connections, settings.model) == ("poisson", "reuse", "open")


def test_the_file_is_found_upward_and_stands_before_the_defaults(config: Path) -> None:
    settings = load_settings("spiky", {})
    assert settings.config == config
    assert (settings.duration_s, settings.rate, settings.seed) == (30.0, 100.0, 3)
    assert settings.target == "http://shop.example"
    assert settings.headers == (("X-Shop", "north"),)
    assert settings.objectives == ("p99 < 250ms", "p50 < 20ms")
    assert settings.routes == (
        Route(path="/items/{zipf:1000}", weight=5.0),
        Route(method="POST", path="/orders", name="order", weight=1.5, json={"item": 1}, headers={"X-A": "b"}),
    )


def test_a_named_scenario_stands_before_the_file_and_flags_before_both(config: Path) -> None:
    named = load_settings("checkout", {})
    assert (named.scenario, named.name, named.rate, named.duration_s) == ("spiky", "checkout", 200.0, 30.0)
    assert named.routes == (Route(path="/checkout"),)
    assert named.objectives == ("p99 < 250ms", "p50 < 20ms", "error_rate < 1%")
    flags = {"rate": "7/s", "seed": 0, "objective": ["rate >= 5/s"]}
    flagged = load_settings("checkout", flags, requests=["GET /flag weight=2 name=flagged"], config=config)
    assert (flagged.rate, flagged.seed) == (7.0, 0)
    assert flagged.routes == (Route(path="/flag", weight=2.0, name="flagged"),)
    assert flagged.objectives[-1] == "rate >= 5/s"


def test_every_option_can_be_given_by_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flags: dict[str, Any] = {
        "target": "http://h",
        "profile": "constant(1/s)",
        "warmup": "1s",
        "give_up": "2s",
        "timeout": "3s",
        "drain": "0s",
        "backend_header": ["X-B"],
        "header": ["A: b"],
        "insecure": True,
        "cert": "c.pem",
        "key": "k.pem",
        "env": ["K=v"],
        "resolve": ["h:127.0.0.1"],
        "out": Path("there"),
    }
    settings = load_settings("spiky", flags)
    assert settings == RunSettings(
        scenario="spiky",
        name="spiky",
        target="http://h",
        profile="constant(1/s)",
        warmup_s=1.0,
        give_up_s=2.0,
        timeout_s=3.0,
        drain_s=0.0,
        backend_headers=("X-B",),
        headers=(("A", "b"),),
        insecure=True,
        cert="c.pem",
        key="k.pem",
        env=(("K", "v"),),
        resolve=(("h", "127.0.0.1"),),
        out=Path("there"),
    )


def test_asking_for_the_bundled_target_leaves_the_files_system_alone(config: Path) -> None:
    settings = load_settings("spiky", {"topology": "balanced", "servers": 3})
    assert (settings.target, settings.topology, settings.routes) == (None, "balanced", ())
    assert settings.topology_overrides == {"servers": 3}


def test_asking_for_a_system_of_ones_own_leaves_the_files_topology_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "a.toml", '[target]\ntopology = "balanced"\nslots = 4\n')
    settings = load_settings("spiky", {"target": "http://h"}, config=path)
    assert (settings.target, settings.topology, settings.topology_overrides) == ("http://h", None, {})


def test_the_model_asked_for_leaves_what_contradicts_it_in_the_file_alone(config: Path, tmp_path: Path) -> None:
    closed = load_settings("spiky", {"model": "closed", "users": 5}, config=config)
    assert (closed.model, closed.users, closed.rate) == ("closed", 5, None)
    path = written(tmp_path / "a.toml", '[run]\nmodel = "closed"\nusers = 5\n')
    assert load_settings("spiky", {"model": "open", "rate": "5/s"}, config=path).model == "open"


@pytest.mark.parametrize(
    ("flags", "requests", "message"),
    [
        ({"target": "http://h", "topology": "balanced"}, (), "--target and --topology exclude each other"),
        ({"target": "http://h", "slots": 3}, (), "--target and --slots exclude each other"),
        ({}, ("GET /a",), "routes are declared, but there is no target"),
        ({"model": "closed", "rate": "5/s"}, (), "--rate needs the open model (--model is closed)"),
        ({"model": "closed", "profile": "constant(5/s)"}, (), "--profile needs the open model"),
        ({"users": 5}, (), "--users needs --model closed"),
        ({"key": "k.pem"}, (), "--key needs --cert"),
        ({"max_in_flight": 0}, (), "--max-in-flight: 0 is not a whole number from 1 on"),
        ({"give_up": "soon"}, (), "--give-up: 'soon' is not a duration"),
    ],
)
def test_what_excludes_each_other_is_refused_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: dict[str, Any], requests: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_settings("spiky", flags, requests=requests)
    assert message in caught.value.message


def test_a_flag_that_the_file_excludes_names_the_file(config: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings("spiky", {"servers": 3})
    assert f"target in {config} and --servers exclude each other" in caught.value.message
    path = written(tmp_path / "a.toml", '[run]\nmodel = "closed"\n')
    with pytest.raises(UsageError) as caught:
        load_settings("spiky", {"rate": "5/s"}, config=path)
    assert f"--rate needs the open model (model in {path} is closed)" in caught.value.message


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[rum]", "unknown key 'rum'", "Did you mean 'run'?"),
        ("[run]\ndurations = '1s'", "[run]: unknown key 'durations'", "Did you mean 'duration'?"),
        ("[run]\nduration = 'long'", "[run] duration: 'long' is not a duration", ""),
        ("[run]\narrivals = 'unifrom'", "[run] arrivals: 'unifrom' is not one of", "Did you mean 'uniform'?"),
        ("[run]\nseed = inf", "[run] seed: inf is not a whole number", ""),
        ("[target]\nurll = 'http://h'", "[target]: unknown key 'urll'", "Did you mean 'url'?"),
        ("[target]\nurl = 'shop'", "[target] url: 'shop' is no URL of a target", ""),
        (
            "[run]\ntarget='http://a'\n[target]\nurl = 'http://b'",
            "[target] url and [run] target say the same",
            "Keep one.",
        ),
        ("run = 3", "'run' is 3, expected a table: [run]", ""),
        ("objectives = 3", "objectives: 3 is not a list of texts", ""),
        ("[routes]\n'GET items' = 1", "[routes] 'GET items': 'items' is no path", ""),
        ("[routes]\n'GET /a' = 0", "[routes] 'GET /a': weight is 0, expected a number above 0", ""),
        ("[routes]\n'GET /a' = {wieght = 1}", "[routes] 'GET /a': unknown key 'wieght'", "Did you mean 'weight'?"),
        ("[routes]\n'GET /a' = {headers = 1}", "headers is 1, expected a table of texts", ""),
        ("[routes]\n'GET /a' = {body = 1}", "body is 1, expected a text", ""),
        ("[routes]\n'GET /a' = {adds = 1}", "adds is 1, expected of a write", ""),
        ("[routes]\n'PUT /a' = {adds = 0}", "adds is 0, expected of a write", ""),
        ("[routes]\n'PUT /a' = {adds = '1'}", "adds is '1', expected of a write", ""),
        ("[routes]\n'PUT /a' = {number = 'n'}", "number says where in the JSON of a GET", ""),
        ("[routes]\n'GET /a' = {number = ''}", "number says where in the JSON of a GET", ""),
        ("[scenarios]\nx = 1", "[scenarios.x] is 1, expected a table", ""),
        ("[scenarios.x]\nbase = 1", "[scenarios.x] base is 1, expected the name of a scenario", ""),
        ("[scenarios.x]\nroutes = 1", "[scenarios.x] routes is 1, expected a table", ""),
        ("[scenarios.x]\nrates = '1/s'", "[scenarios.x]: unknown key 'rates'", "Did you mean 'rate'?"),
        ("[run", "are not TOML", ""),
    ],
)
def test_a_file_is_refused_with_file_key_and_value(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = written(tmp_path / "given.toml", text)
    with pytest.raises(UsageError) as caught:
        load_settings("spiky", {}, config=path)
    assert str(path) in caught.value.message
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_settings("spiky", {}, config=tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="are not TOML"):
        load_settings("spiky", {}, config=tmp_path / "bytes.toml")


def test_a_request_that_does_not_parse_is_pointed_at() -> None:
    with pytest.raises(SpecError) as caught:
        load_settings("spiky", {"target": "http://h"}, requests=["GET /a/{zpf:10}"])
    assert caught.value.position == 7


def test_faults_of_file_and_flags_add_up_but_a_command_comes_from_the_command_line_only(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text('[run]\nfault = ["kill(web-1, at=5s)"]\n')
    settings = load_settings("spiky", {"fault": ["exec('./failover', at=1s)"]}, config=config)
    assert [fault.kind for fault in settings.faults] == ["kill", "exec"]
    config.write_text("[run]\nfault = \"exec('rm -rf .', at=5s)\"\n")
    with pytest.raises(UsageError, match="command line only") as caught:
        load_settings("spiky", {}, config=config)
    assert str(config) in caught.value.message


def test_a_fault_that_cannot_be_read_names_the_flag() -> None:
    with pytest.raises(UsageError, match=r"--fault: unknown fault 'kil'") as caught:
        load_settings("spiky", {"fault": ["kil(web-1, at=5s)"]})
    assert "kill" in caught.value.hint
