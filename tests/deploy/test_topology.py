from __future__ import annotations

import pytest

from loadsim.deploy import TOPOLOGIES, Topology, topology
from loadsim.errors import UsageError


def test_all_topologies_have_the_same_number_of_slots_so_that_shapes_are_compared_and_not_sizes() -> None:
    assert {shape.total_slots for shape in TOPOLOGIES.values()} == {16}


def test_a_topology_can_be_changed_field_by_field() -> None:
    changed = topology("balanced", servers=3, policy="random")
    assert (changed.name, changed.servers, changed.slots, changed.policy) == ("balanced", 3, 4, "random")
    assert changed.server_names == ("web-1", "web-2", "web-3")


def test_an_unknown_topology_or_field_gets_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'balanced'"):
        topology("ballanced")
    with pytest.raises(UsageError, match="Did you mean 'servers'"):
        topology("balanced", server=3)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"servers": 0}, "servers=0"),
        ({"servers": 65}, "servers=65"),
        ({"slots": 0}, "slots=0"),
        ({"slots": 1.5}, "slots=1.5"),
        ({"policy": "round-robin"}, "Did you mean 'round_robin'"),
        ({"balancer": False}, "need a balancer"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_made(changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        topology("balanced", **changed)


def test_it_describes_itself_in_words() -> None:
    assert topology("balanced").describe() == "4 servers of 4 slots behind Envoy (round_robin)"
    assert Topology("one", servers=1, slots=1, balancer=False).describe() == "1 server of 1 slot, no balancer"
