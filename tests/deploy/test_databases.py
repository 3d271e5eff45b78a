from __future__ import annotations

import pytest

from loadsim.deploy import topology
from loadsim.deploy.databases import LAYOUTS, PARTITIONS, PREFERS
from loadsim.errors import UsageError
from target_app import config, placement


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"databases": "replica"}, "Did you mean 'replicas'"),
        ({"replicas": 2}, "replicas with databases=single: SQLite has no replication"),
        ({"databases": "postgres", "replicas": 2}, "replicas with databases=postgres: it goes with replicas"),
        ({"databases": "replicas"}, "databases=replicas with replicas=0: expected 1 to 16"),
        ({"databases": "replicas", "replicas": 17}, "replicas=17: expected 1 to 16"),
        ({"lag": "1s"}, "lag with databases=single: it goes with replicas"),
        ({"sticky": "1s"}, "sticky with databases=single: it goes with replicas"),
        ({"prefers": "consistency"}, "prefers with databases=single: it goes with replicas"),
        ({"databases": "replicas", "replicas": 1, "prefers": "both"}, "unknown prefers 'both'"),
        ({"databases": "replicas", "replicas": 1, "lag": "soon"}, "lag or sticky: 'soon' is not a duration"),
        ({"databases": "replicas", "replicas": 1, "lag": "2h"}, "lag of 7200 s: expected an hour at most"),
        ({"databases": "sharded", "shards": 1}, "shards=1: expected 2 to 16"),
        ({"databases": "postgres", "servers": 64, "slots": 7}, "448 slots on PostgreSQL"),
    ],
)
def test_layouts_that_cannot_be_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        topology("balanced", **changed)


def test_a_layout_is_described_in_words() -> None:
    said = topology("replicas", lag="500ms", sticky="2s").describe()
    assert said.endswith("; PostgreSQL with 2 replicas 0.5 s behind, sticky for 2 s")
    assert topology("replicas", prefers="consistency").describe().endswith("2 replicas, consistency preferred")
    assert topology("postgres").describe().endswith("; PostgreSQL")
    assert "SQL" not in topology("balanced").describe()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_servers_that_are_deployed_are_those_that_the_target_looks_for(layout: str) -> None:
    """The target knows nothing of loadsim, so what both must know is written down twice."""
    counts = {"replicas": {"replicas": 3}, "sharded": {"shards": 4}}.get(layout, {})
    data = topology("balanced", databases=layout, **counts).data
    theirs = config.Config(databases=layout, postgres="/nowhere", **counts)
    assert not {*data.server_names} & {*topology("micro", servers=20).server_names}
    names = {placement.server(name) for name in (*placement.primaries(theirs), *placement.replicas(theirs))}
    assert names == ({*data.primaries, *data.replica_names} or {"primary"})
    assert (LAYOUTS, PARTITIONS, PREFERS) == (config.DATABASES, placement.PARTITIONS, config.PREFERS)
