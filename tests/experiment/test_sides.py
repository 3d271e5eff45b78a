"""What the two sides of a comparison may be, and which settings their runs get."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.errors import UsageError
from loadsim.experiment.sides import two_sides

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
