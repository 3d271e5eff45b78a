from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.errors import UsageError
from loadsim.settings import load_settings
from loadsim.settings.toml_file import read_config
from loadsim.settings.topologies import parse_topology

FILE = """
[target]
topology = "split(slots=3)"
servers = 8

[topology.wide]
base = "split"
servers = 12
weights = { inventory-1 = 3 }

[topology.plain]

[scenarios.mine]
topology = "wide"
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("split", "split", {}),
        (" split-users ( ) ", "split-users", {}),
        ("split(servers=8, calls=serial)", "split", {"servers": 8, "calls": "serial"}),
        ("balanced(8, 2)", "balanced", {"servers": 8, "slots": 2}),
        ("b(cache='/items/:id=5s, /=1m')", "b", {"cache": {"/items/:id": "5s", "/": "1m"}}),
        ("b(weights='web-1:3, web-2:1')", "b", {"weights": {"web-1": 3, "web-2": 1}}),
    ],
)
def test_a_topology_is_a_name_and_settings_in_brackets(text: str, name: str, settings: dict[str, object]) -> None:
    assert parse_topology(text, "--topology") == (name, settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("split(sevrers=8)", "Did you mean 'servers'?"),
        ("split(servers=8", "never closed"),
        ("split(servers=8) x", "nothing can follow"),
        ("split(servers=many)", "--topology split: servers: 'many' is not a whole number from 1 on"),
        ("split(cache='/items/:id')", "expected for example '/items/:id=5s'"),
        ("split(weights=web-1)", "expected for example 'web-1:3'"),
        ("split(weights='web-1:none')", "'none' is not a whole number"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_topology(text, "--topology")
    assert said in str(caught.value)


def test_a_file_defines_topologies_each_on_a_base(tmp_path: Path) -> None:
    assert read_config(written(tmp_path / "a.toml", FILE)).topologies == {
        "wide": {"base": "split", "servers": 12, "weights": {"inventory-1": 3}},
        "plain": {"base": "balanced"},
    }


def test_flags_stand_before_brackets_and_both_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.toml", FILE)
    settings = load_settings("spiky", {}, config=path)
    assert (settings.topology, settings.topology_overrides) == ("split", {"servers": 8, "slots": 3})
    settings = load_settings("spiky", {"topology": "wide(slots=2, policy=random)", "slots": "5"}, config=path)
    assert settings.topology == "wide"
    assert settings.topology_overrides == {"servers": 8, "slots": 5, "policy": "random"}
    assert load_settings("mine", {}, config=path).topology == "wide"
    assert settings.own_topologies == read_config(path).topologies


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[topology.x]\nserver = 3", "[topology.x]: unknown key 'server'"),
        ("[topology.x]\nservers = 0", "[topology.x] servers: 0 is not a whole number from 1 on"),
        ("[topology.x]\nbase = 3", "[topology.x] base is 3, expected the name of a topology"),
        ("[topology.x]\nweights = 3", "[topology.x] weights: 3 is not a text"),
        ("[topology]\nx = 3", "[topology.x] is 3, expected a table"),
        ("topology = 3", "'topology' is 3, expected a table"),
    ],
)
def test_an_error_in_the_file_names_file_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path / "a.toml", text)
    with pytest.raises(UsageError) as caught:
        read_config(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
