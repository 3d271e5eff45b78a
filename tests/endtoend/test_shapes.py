"""Runs on the split target: what each pool did is told apart, and heavy visitors stay where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..cli.commands import loadsim
from .runs import read_record


def _run(tmp_path: Path, topology: str, scenario: str = "read-heavy", rate: str = "50/s") -> dict[str, Any]:
    out = tmp_path / "r"
    done = loadsim(
        "run", scenario, "--topology", topology, "--rate", rate, "--warmup", "0s", "--duration", "4s",
        "--seed", "5", "--out", str(out), "--quiet",
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr  # 4: a busy machine makes a late generator
    assert "Traceback" not in done.stderr
    return read_record(out)


def test_a_run_on_the_split_tells_each_pool_apart_and_what_services_asked_of_each_other(tmp_path: Path) -> None:
    record = _run(tmp_path, "split(servers=5, slots=3)")
    manifest = record["manifest"]
    assert manifest["pools"] == {
        "presentation": ["presentation-1", "presentation-2"],
        "inventory": ["inventory-1"],
        "payments": ["payments-1"],
        "heavy": ["heavy-1"],
    }
    assert (manifest["topology"], manifest["settings"]["servers"], manifest["settings"]["calls"]) == (
        "split", 5, "batched",
    )  # fmt: skip
    assert record["outcomes"].keys() == {"ok"}
    assert not [warning for warning in record["warnings"] if "the balancer" in warning]
    pools = {pool: [b["count"] for b in record["backends"].values() if b["pool"] == pool] for pool in manifest["pools"]}
    exports = record["routes"]["GET /export"]["count"]
    assert pools["heavy"] == [exports]
    assert max(pools["presentation"]) - min(pools["presentation"]) <= 1
    assert record["balance"]["all"]["jain"] is None
    assert record["balance"]["presentation"]["jain"] > 0.99
    assert record["tiers"]["inventory"]["calls"] > record["routes"]["GET /items/:id"]["count"]


def test_on_split_users_the_heavy_pool_gets_all_of_the_heavy_visitors_and_nothing_else(tmp_path: Path) -> None:
    record = _run(tmp_path, "split-users")
    assert record["backends"]["heavy-1"]["count"] == record["classes"]["heavy"]["count"] > 0
    light = [name for name, backend in record["backends"].items() if backend["pool"] == "web"]
    assert sum(record["backends"][name]["count"] for name in light) == record["classes"]["light"]["count"]


def test_a_run_on_the_bus_tells_what_became_of_every_message(tmp_path: Path) -> None:
    record = _run(tmp_path, "bus(confirmation=bus)", "write-heavy", "10/s")
    assert not [warning for warning in record["warnings"] if "the balancer" in warning or "count" in warning]
    calls, jobs = record["bus"]["calls"], record["bus"]["jobs"]
    assert calls["sent"] == calls["answered"] + calls["refused"] + calls["unreachable"] + calls["missing"] > 0
    assert calls["taken"] == calls["served"] + calls["expired"] + calls["unanswered"]
    assert jobs["sent"] == sum(jobs[end] for end in ("refused", "done", "failed", "waiting", "vanished")) > 0
    assert jobs["done_after_s"]["count"] == jobs["done"]
    assert record["tiers"]["inventory"]["calls"] > 0
