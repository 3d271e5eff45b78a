"""What the two sides of a comparison may be, and which settings their runs get."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.errors import UsageError
from loadsim.experiment.sides import is_recorded, is_url, two_sides

FILE = '[topology.wide]\nbase = "split"\nservers = 12\n'


def test_a_topology_may_have_settings_in_brackets_or_be_one_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text(FILE)
    a, b = two_sides(("split(calls=serial, servers=8)", "wide"), "spiky", {}, config=config)
    assert (a.name, a.settings.topology) == ("split(calls=serial, servers=8)", "split")
    assert a.settings.topology_overrides == {"calls": "serial", "servers": 8}
    assert (b.name, b.settings.topology) == ("wide", "wide")
    assert b.settings.own_topologies == {"wide": {"base": "split", "servers": 12}}


def test_a_topology_may_be_compared_with_itself_in_another_setting(tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text("")
    config = tmp_path / "loadsim.toml"
    a, b = two_sides(("split(calls=serial)", "split(calls=batched)"), "spiky", {"slots": "2"}, config=config)
    assert a.settings.topology_overrides == {"calls": "serial", "slots": 2}
    assert b.settings.topology_overrides == {"calls": "batched", "slots": 2}


def test_what_is_neither_is_refused_with_the_nearest_of_all_names(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text(FILE)
    with pytest.raises(UsageError, match="nothing called 'wode'.*\n.*'wide'"):
        two_sides(("wode", "split"), "spiky", {}, config=config)


def test_urls_get_the_declared_requests_and_are_named_by_host_without_secrets(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text("")
    urls = ("http://me:hunter22@127.0.0.1:8001", "http://127.0.0.1:8002")
    a, b = two_sides(urls, "read-heavy", {"rate": "5/s"}, requests=["GET /a"], config=config)
    assert (a.name, b.name) == ("127.0.0.1:8001", "127.0.0.1:8002")
    assert "hunter22" not in f"{a.name}{a.given}"
    assert [route.path for route in a.settings.routes] == [route.path for route in b.settings.routes] == ["/a"]
    assert (a.settings.target, a.settings.rate) == (urls[0], 5.0)


def test_configurations_of_the_file_may_differ_in_anything_but_their_traffic(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text(
        '[scenarios.few]\nbase = "spiky"\nservers = 2\n[scenarios.many]\nbase = "spiky"\nservers = 8\n'
        '[scenarios.long]\nbase = "spiky"\nduration = "90s"\n'
    )
    a, b = two_sides(("few", "many"), None, {}, config=config)
    assert (a.settings.scenario, a.settings.topology_overrides["servers"]) == ("spiky", 2)
    assert b.settings.topology_overrides["servers"] == 8
    with pytest.raises(UsageError, match="few and long would not get the same traffic: --duration is 45.0 .* 90.0"):
        two_sides(("few", "long"), None, {}, config=config)
    a, b = two_sides(("few", "long"), None, {"duration": "20s"}, config=config)
    assert a.settings.duration_s == b.settings.duration_s == 20


def test_a_system_against_itself_is_told_apart_by_its_side(tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text("")
    a, b = two_sides(("balanced", "balanced"), "spiky", {}, config=tmp_path / "loadsim.toml")
    assert (a.name, b.name) == ("balanced (A)", "balanced (B)")


def test_objectives_of_the_file_end_no_run_of_a_comparison(tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text('objectives = ["abort p99 < 1ms over 1s"]\n')
    a, _ = two_sides(("monolith", "balanced"), "spiky", {}, config=config)
    assert a.settings.objectives == ()


def test_traffic_has_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text("")
    with pytest.raises(UsageError, match="--scenario"):
        two_sides(("monolith", "balanced"), None, {}, config=tmp_path / "loadsim.toml")


def test_a_directory_is_recorded_rounds_unless_it_is_named_like_a_topology(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "before").mkdir()
    (tmp_path / "balanced").mkdir()
    assert is_recorded("before")
    assert [is_recorded(name) for name in ("balanced", "after", "http://127.0.0.1")] == [False] * 3
    assert is_url("https://shop.example")
