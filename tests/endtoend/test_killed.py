"""kill -9: of the command, after which nothing is left; of the engine, after which everything until then is."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from ..engine.loopback import Loopback
from .processes import Process, descendants
from .runs import LONG, end, read_record, start, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def engine_of(pid: int) -> Process | None:
    return next((process for process in descendants(pid) if "-m loadsim.engine" in process.command), None)


def test_a_killed_command_leaves_no_process_and_no_file_of_the_target(tmp_path: Path, short_path: Path) -> None:
    process = start(
        "run", "read-heavy", "--topology", "balanced", *LONG, "--out", str(tmp_path / "r"), "--quiet",
        env={"TMPDIR": str(short_path), "LOADSIM_TARGET_ITEMS": "30"},
    )  # fmt: skip
    try:
        wait_until(lambda: engine_of(process.pid), "the engine", process)
        time.sleep(1.5)  # into the traffic
        started = descendants(process.pid)
    finally:
        process.kill()
        end(process)
    names = " ".join(each.command for each in started)
    assert all(part in names for part in ("loadsim.deploy.keeper", "loadsim.engine", "granian", "envoy")), names
    wait_until(lambda: not any(each.is_alive for each in started), "no process left")
    wait_until(lambda: not list(short_path.iterdir()), "no scratch directory left")


def test_a_killed_engine_costs_the_last_moment_and_makes_the_run_invalid(tmp_path: Path) -> None:
    with Loopback() as server:
        process = start("run", "read-heavy", "--target", f"{server.url}/wait/20", *LONG, "--out", str(tmp_path / "r"))
        wait_until(lambda: len(server.paths) > 30, "traffic", process)
        engine = engine_of(process.pid)
        assert engine is not None
        os.kill(engine.pid, signal.SIGKILL)
        out, _ = end(process)
        sent = len(server.paths)
    record = read_record(tmp_path / "r")
    assert process.returncode == 4
    assert (record["complete"], record["verdict"]) == (False, "invalid")
    assert record["reasons"][0] == "the load-generating process was killed (SIGKILL) before the end"
    assert "SIGKILL" in out
    assert 0 < record["load"]["completed"] <= record["load"]["scheduled"] <= sent
    assert (tmp_path / "r" / "report.html").exists()
