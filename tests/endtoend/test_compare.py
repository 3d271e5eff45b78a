"""A comparison as its user makes it. Whether this machine is quiet enough for a verdict is not asked: two rounds have
none, and a generator that was saturated has none either.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.engine.loopback import Loopback

from ..cli.commands import loadsim
from .runs import end, read_record, start, wait_until

TRAFFIC = ("--scenario", "read-heavy", "--rate", "20/s", "--duration", "1s", "--warmup", "0s", "--max-in-flight", "50")
ROUTE = ("--request", "GET /wait/500")
"""Slow, so that a busy machine's late starts are little beside it."""


def read(directory: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((directory / "compare.json").read_text(encoding="utf-8"))
    return record


def test_two_systems_of_ones_own_get_the_same_traffic_round_by_round(tmp_path: Path) -> None:
    with Loopback() as first, Loopback() as second:
        told = loadsim(
            *("compare", first.url, second.url, *TRAFFIC, *ROUTE, "--rounds", "2", "--seed", "3"),
            *("--out", str(tmp_path / "out")),
        )
        assert told.returncode == 4, told.stderr
        assert len(first.paths) == len(second.paths) > 10
    record = read(tmp_path / "out")
    assert "stood the whole time" in record["notes"][1]
    assert record["conclusion"]["verdict"] in ("inconclusive", "invalid")
    for each in record["rounds"]:
        a, b = (read_record(tmp_path / "out" / each[letter]) for letter in "ab")
        assert a["manifest"]["seed"] == b["manifest"]["seed"] == each["seed"]
        assert a["load"]["scheduled"] == b["load"]["scheduled"] > 10
    assert len({each["seed"] for each in record["rounds"]}) == len(record["rounds"])
    assert (tmp_path / "out" / "compare.html").exists()
    assert "2 rounds give figures, but no verdict: that takes 6" in told.stdout


def test_two_shapes_of_the_bundled_target_are_brought_up_one_after_the_other(tmp_path: Path) -> None:
    told = loadsim("compare", "monolith", "balanced", *TRAFFIC, "--rounds", "1", "--out", str(tmp_path / "out"))
    assert told.returncode == 4, told.stderr
    a, b = (read_record(tmp_path / "out" / "rounds" / f"01-{letter}") for letter in "ab")
    assert (a["manifest"]["topology"], b["manifest"]["topology"]) == ("monolith", "balanced")
    assert a["manifest"]["cpus"] == b["manifest"]["cpus"]
    assert a["load"]["scheduled"] == b["load"]["scheduled"]


def test_an_interrupt_keeps_the_rounds_that_were_made(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Loopback() as first, Loopback() as second:
        process = start("compare", first.url, second.url, *TRAFFIC, *ROUTE, "--rounds", "50", "--out", str(out))
        later = (out / "rounds" / "02-a", out / "rounds" / "02-b")
        wait_until(lambda: any(path.exists() for path in later) or process.poll() is not None, "a second round")
        if process.poll() is not None:
            end(process)
            pytest.skip("this machine saturates the generator: the comparison ended as invalid after its first round")
        process.send_signal(signal.SIGINT)
        shown, _ = end(process)
    assert process.returncode == 130
    record = read(out)
    assert (record["complete"], record["conclusion"]["verdict"]) == (False, "inconclusive")
    read_record(out / record["rounds"][0]["a"])
    assert "interrupted after" in shown
    assert (out / "compare.html").exists()
