from __future__ import annotations

import pytest

from loadsim.deploy import TOPOLOGIES, Topology, topology
from loadsim.deploy.services import SERVICES
from loadsim.deploy.topology import SUMMARIES
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
        ({"balancer": "none"}, "need a balancer"),
        ({"balancer": "nginx"}, "Known: envoy, haproxy, none"),
        ({"services": 2}, "services=2: expected 1, 3 or 6"),
        ({"services": 6}, "servers=4: 6 pools need one each: presentation, inventory"),
        ({"services": 3, "servers": 3, "heavy": "path"}, "servers=3: 4 pools need one each"),
        ({"heavy": "users"}, "Did you mean 'user'"),
        ({"heavy_hold": "soon"}, "heavy work: 'soon' is not a duration"),
        ({"heavy_hold": "2h"}, "heavy_hold=2h: expected an hour at most"),
        ({"heavy_cpu": "101%"}, "heavy_cpu=101%: expected 0% to 100%"),
        ({"transport": "https"}, "Did you mean 'http'"),
        ({"transport": "bsu"}, "Did you mean 'bus'"),
        ({"confirmation": "later"}, "unknown confirmation 'later'"),
        ({"bus_capacity": 0}, "bus_capacity=0: expected a whole number from 1"),
        ({"bus_capacity": 5}, "bus_capacity=5 without a bus"),
        ({"calls": "batch"}, "Did you mean 'batched'"),
        ({"weights": {"web-5": 2}}, "a weight for 'web-5', which is no server"),
        ({"cache": {"/item/:id": "5s"}}, "cache for '/item/:id', which is no route"),
        ({"cache": {"/items/:id": "soon"}}, "cache for '/items/:id': 'soon' is not a duration"),
        ({"cache": {"/items/:id": "0s"}}, "cache for '/items/:id' of 0s: expected more than 0s"),
        ({"writes": "sometimes"}, "unknown writes 'sometimes'"),
        ({"weights": {"web-1": 0}}, "weight of web-1=0: expected a whole number from 1"),
        ({"sizes": {"heavy": 2}}, "a size for 'heavy', which is no pool"),
        ({"sizes": {"web": 0}}, "size of web=0: expected a whole number from 1"),
        ({"sizes": {"web": 3}}, "servers=4 cannot be shared out: the sizes leave 1 without a pool"),
        ({"heavy": "user", "sizes": {"web": 4}}, "servers=4 cannot be shared out: 0 are left for heavy"),
        ({"weights": {"web-1": 2}, "policy": "random"}, "weights with the policy random: they go with round_robin"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_made(changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        topology("balanced", **changed)


def test_it_describes_itself_in_words() -> None:
    assert topology("balanced").describe() == "4 servers of 4 slots behind Envoy (round_robin)"
    assert Topology("one", servers=1, slots=1, balancer="none").describe() == "1 server of 1 slot, no balancer"
    assert topology("split").describe() == (
        "4 servers of 4 slots behind Envoy (round_robin); pools presentation 1, inventory 1, payments 1, heavy 1; "
        "batched calls over HTTP"
    )
    assert (
        topology("balanced", heavy_hold="2s", heavy_cpu="50%")
        .describe()
        .endswith("; heavy work of 2s; heavy work computing 50%")
    )
    assert set(SUMMARIES) == set(TOPOLOGIES)


@pytest.mark.parametrize(
    ("shape", "servers", "pools"),
    [
        ("balanced", 3, {"web": 3}),
        ("split", 4, {"presentation": 1, "inventory": 1, "payments": 1, "heavy": 1}),
        ("split", 9, {"presentation": 3, "inventory": 2, "payments": 2, "heavy": 2}),
        ("split-users", 2, {"web": 1, "heavy": 1}),
        ("split-users", 8, {"web": 6, "heavy": 2}),
    ],
)
def test_heavy_work_gets_a_quarter_of_the_servers_and_the_services_share_the_rest(
    shape: str, servers: int, pools: dict[str, int]
) -> None:
    cut = topology(shape, servers=servers)
    assert {pool.name: pool.servers for pool in cut.pools} == pools
    assert len(set(cut.server_names)) == servers


@pytest.mark.parametrize(
    ("sizes", "pools"),
    [
        ({"payments": 4}, {"presentation": 1, "inventory": 1, "payments": 4, "heavy": 2}),
        ({"payments": 5}, {"presentation": 1, "inventory": 1, "payments": 5, "heavy": 1}),
        ({"heavy": 1}, {"presentation": 3, "inventory": 2, "payments": 2, "heavy": 1}),
        ({"presentation": 1, "payments": 1}, {"presentation": 1, "inventory": 4, "payments": 1, "heavy": 2}),
    ],
)
def test_a_pool_can_be_given_its_size(sizes: dict[str, int], pools: dict[str, int]) -> None:
    assert {pool.name: pool.servers for pool in topology("split", servers=8, sizes=sizes).pools} == pools


@pytest.mark.parametrize("services", SERVICES)
def test_every_interface_has_one_home_and_whoever_is_not_at_home_calls_there(services: int) -> None:
    offered = SERVICES[services]
    apps = sorted(app for each in offered.values() for app in each)
    assert apps == ["comments", "images", "inventory", "payments", "users"]
    cut = topology("split", services=services, servers=8)
    for service, own in offered.items():
        elsewhere = cut.elsewhere(service)
        assert sorted([*elsewhere, *own]) == apps
        assert all(app in offered[home] for app, home in elsewhere.items())
    assert cut.elsewhere("heavy") == cut.elsewhere(next(iter(offered)))


def test_where_calls_stay_in_the_process_nothing_is_elsewhere() -> None:
    cut = topology("split", transport="in_process")
    assert cut.elsewhere("presentation") == {}
    assert not cut.has_inner_calls


def test_weights_are_told_by_pool_and_count_one_where_none_is_given() -> None:
    assert topology("balanced").expected_weights() == {}
    weighted = topology("split-users", servers=3, weights={"web-2": 5}).expected_weights()
    assert weighted["web"] == {"web-1": 1, "web-2": 5}
    assert weighted["heavy"] == {"heavy-1": 1}
    assert weighted["all"] == weighted["web"] | weighted["heavy"]


OWN = {"mine": {"base": "split", "servers": 8, "policy": "random"}, "plain": {}, "odd": {"base": "spilt"}}


def test_a_topology_of_ones_own_is_a_built_in_one_with_some_settings_changed() -> None:
    mine = topology("mine", OWN, slots=2)
    assert (mine.name, mine.services, mine.servers, mine.slots, mine.policy) == ("mine", 3, 8, 2, "random")
    assert topology("plain", OWN).servers == topology("balanced").servers


def test_a_topology_of_ones_own_is_offered_when_near_and_cannot_stand_for_a_built_in_one() -> None:
    with pytest.raises(UsageError, match="Did you mean 'mine'"):
        topology("mime", OWN)
    with pytest.raises(UsageError, match="unknown base 'spilt'.*\n.*'split'"):
        topology("odd", OWN)
    with pytest.raises(UsageError, match="'split' is built in"):
        topology("split", {"split": {"servers": 8}})
