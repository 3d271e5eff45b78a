"""Ctrl-C, SIGTERM and a terminal that goes away, sent to a real command; how the first of them ends is in tests/cli."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

from ..engine.loopback import Loopback
from .runs import LONG, end, read_record, start, wait_until


def test_the_first_interrupt_lets_what_is_in_flight_end(tmp_path: Path) -> None:
    with Loopback() as server:
        process = start("run", "read-heavy", "--target", f"{server.url}/wait/700", *LONG, "--out", str(tmp_path / "r"))
        wait_until(lambda: len(server.paths) > 20, "traffic", process)
        process.send_signal(signal.SIGINT)
        out, _ = end(process)
    record = read_record(tmp_path / "r")
    assert process.returncode == 130
    assert "cut short" in out
    assert (record["complete"], record["load"]["aborted"]) == (False, 0)
    assert [reason for reason in record["reasons"] if "saturated" not in reason] == []
    assert record["load"]["completed"] == record["load"]["scheduled"] >= 20
    assert 5 < record["load"]["offered_rate"] < 100  # of the time that arrivals came in, without the drain
    assert (tmp_path / "r" / "report.html").exists()


def test_the_second_stops_at_once_and_what_is_in_flight_is_counted(tmp_path: Path) -> None:
    with Loopback() as server:
        options = ("--request", "GET /ok", "--request", "GET /never")
        process = start(
            "run", "read-heavy", "--target", server.url, *options, *LONG, "--out", str(tmp_path / "r"), "--quiet"
        )
        wait_until(lambda: server.paths.count("/never") > 5, "requests in flight", process)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        end(process)
        assert time.monotonic() - began < 25  # of the 30 s that the drain would take
        sent = len(server.paths)
    record = read_record(tmp_path / "r")
    assert process.returncode == 143  # that of the first
    assert (record["complete"], record["load"]["lost"]) == (False, 0)
    assert [reason for reason in record["reasons"] if "saturated" not in reason] == []
    assert record["load"]["aborted"] > 5
    assert record["load"]["completed"] > 0
    assert sent == record["load"]["scheduled"] == record["requests"]["count"]


def test_one_that_comes_while_the_report_is_written_leaves_out_the_report_alone(tmp_path: Path) -> None:
    with Loopback() as server:
        fixed = ("--target", f"{server.url}/ok", "--rate", "30/s", "--warmup", "0s", "--duration", "1s")
        process = start("run", "read-heavy", *fixed, "--out", str(tmp_path / "r"), "--quiet")
        wait_until(lambda: (tmp_path / "r" / "histograms.hlog").exists(), "the record", process)
        process.send_signal(signal.SIGINT)
        end(process)
    record = read_record(tmp_path / "r")
    assert record["complete"] is True
    if not (tmp_path / "r" / "report.html").exists():  # it may have been quicker than we
        assert process.returncode == 130
    assert list((tmp_path / "r").glob("*.part")) == []


def test_one_before_there_is_traffic_leaves_nothing_behind(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import pathlib, time\npathlib.Path(__file__ + '.here').touch()\ntime.sleep(60)\n")
    with Loopback() as server:
        process = start("run", str(script), "--target", server.url, "--out", str(tmp_path / "a" / "r"), "--quiet")
        wait_until(lambda: (tmp_path / "slow.py.here").exists(), "the script's import", process)
        process.send_signal(signal.SIGTERM)
        _, error = end(process)
        assert server.seen == []
    assert process.returncode == 143
    assert "interrupted before anything was measured" in error
    assert not (tmp_path / "a").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a terminal away like this")
def test_a_terminal_that_is_closed_ends_the_run_with_its_record(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    with Loopback() as server:
        process = start(
            "run", "read-heavy", "--target", f"{server.url}/ok", *LONG, "--out", str(tmp_path / "r"),
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env={"TERM": "dumb"},
        )  # fmt: skip
        os.close(terminal)
        wait_until(lambda: len(server.paths) > 20, "traffic", process)
        os.close(controller)
        assert process.wait(60) == 143
    record = read_record(tmp_path / "r")
    assert record["complete"] is False
    assert record["load"]["completed"] >= 20
