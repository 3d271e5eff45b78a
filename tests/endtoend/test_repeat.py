"""``run --repeat`` as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from ..cli.commands import loadsim
from ..engine.loopback import Loopback
from .runs import read_record

TRAFFIC = ("read-heavy", "--rate", "30/s", "--duration", "1s", "--warmup", "0s", "--seed", "3")


def test_rounds_are_runs_of_their_own_that_a_gate_can_read_and_earlier_ones_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "rounds"
    with Loopback() as server:
        again = ("run", *TRAFFIC, "--target", server.url, "--repeat", "2", "--out", str(out), "--json")
        first, second = loadsim(*again), loadsim(*again)
    for told in (first, second):
        assert told.returncode in {0, 4}, told.stderr
    assert "to hold them against a baseline takes 4" in first.stderr
    found = json.loads(second.stdout)
    assert [each["run"] for each in found["rounds"]] == ["1", "2"]
    records = [read_record(out / each["run"]) for each in found["rounds"]]
    assert [record["manifest"]["seed"] for record in records] == [each["seed"] for each in found["rounds"]]
    assert records[0]["manifest"]["calibration"]["interpreter_s"] > 0
    assert (out / "1" / "report.html").exists()
    assert json.loads(first.stdout)["rounds"] == found["rounds"] or first.returncode or second.returncode
    assert sorted(path.name for path in out.iterdir()) == ["1", "2", "rounds.json"]
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("rounds-")]) == 1
    gated = loadsim("gate", str(out), "--objective", "error_rate < 100%", "--json")
    assert len(json.loads(gated.stdout)["runs"]) == 2


def test_a_number_that_is_none_is_refused_before_anything(tmp_path: Path) -> None:
    told = loadsim("run", *TRAFFIC, "--repeat", "0", cwd=tmp_path)
    assert (told.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "--repeat 0: expected a whole number of rounds" in told.stderr
