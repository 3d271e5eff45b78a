"""Whole runs of WebSockets, from settings to the run directory and the terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadsim.errors import ExitCode
from loadsim.experiment.runs import Result, run
from loadsim.measure.table import read_csv
from loadsim.settings import load_settings

from ..endtoend.runs import read_record
from ..engine.playing import script
from ..engine.socket_server import SocketServer


def played(directory: Path, scenario: str | Path = "sockets", *, report: bool = False, **flags: Any) -> Result:
    given = {"duration": "2s", "warmup": "0s", "out": str(directory / "run"), **flags}
    settings = load_settings(str(scenario), given)
    return run(settings, Console(file=io.StringIO(), width=100), quiet=True, report=report)


def test_a_run_against_a_socket_endpoint_leaves_record_tables_report_and_verdict(tmp_path: Path) -> None:
    with SocketServer() as server:
        result = played(
            tmp_path,
            report=True,
            target=server.url("/echo"),
            connections="20",
            message="hello {n}",
            message_rate="5/s",
            objective=("ws.never_opened < 1%", "ws.echo.p50 < 10s", "ws.broadcast.p50 < 1s"),
        )
    record = read_record(tmp_path / "run")
    sockets = record["websockets"]
    assert (sockets["attempts"], sockets["opened"], sockets["open_at_end"], sockets["finished"]) == (20, 20, 20, 0)
    assert sockets["messages"]["lost"] == 0
    assert sockets["echo_s"]["count"] >= 20 * 5
    assert record["load"]["scheduled"] == record["load"]["completed"] == record["requests"]["count"] == 20
    assert record["manifest"]["settings"]["sockets"]["message"] == "hello {n}"
    assert {each["expression"]: each["verdict"] for each in record["objectives"]} == {
        "ws.never_opened < 1%": "pass",
        "ws.echo.p50 < 10s": "pass",
        "ws.broadcast.p50 < 1s": "fail",  # there is no feed: nothing that was not measured passes
    }
    assert result.exit_code == ExitCode.FAILED
    table = read_csv(tmp_path / "run" / "websockets.csv")
    assert table.numbers("opened").sum() == 20
    assert table.numbers("open")[-1] == 20
    assert read_csv(tmp_path / "run" / "websockets_open.csv").texts("backend")[-1] == "socket-1"
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Open sockets" in page
    assert (tmp_path / "run" / "sockets-open.png").exists()
    console = Console(file=io.StringIO(), width=120)
    result.print_summary(console)
    assert "opened 20" in console.file.getvalue()  # type: ignore[attr-defined] # a StringIO


def test_the_bundled_target_echoes_and_feeds_without_a_word_of_settings(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    played(tmp_path, connections="8", duration="4s", fault=("kill(web-2, at=2s)",), reconnect="now")
    record = read_record(tmp_path / "run")
    sockets = record["websockets"]
    assert record["manifest"]["topology"] == "sockets"
    assert set(record["balance"]) == {"all", "web"}
    assert sockets["echo_s"]["count"] > 0
    assert sockets["broadcast_s"]["count"] > 0
    assert sum(sockets["failures"]["vanished"]["causes"].values()) == 2  # those on the server that was killed
    assert sockets["reconnects"]["count"] == 2
    assert sockets["open_at_end"] == 8


def test_who_comes_back_reads_over_http_what_it_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("uvicorn")
    monkeypatch.setenv("LOADSIM_TARGET_FEED_INTERVAL_S", "0.1")
    drop = "drop(web-1, share=100%, at=1s, for=1s)"
    shape = {"servers": "2", "connections": "6", "reconnect": "backoff", "resume": "http"}
    played(tmp_path, duration="5s", fault=(drop,), **shape)
    sockets = read_record(tmp_path / "run")["websockets"]
    back = sockets["reconnects"]
    assert sockets["failures"]["vanished"]["count"] >= 3
    assert back["reopened"] == back["http_reads"] >= 3
    assert back["http_reads_each"] == 1.0
    assert back["recovered"] == back["missed"] > 0


def test_long_polls_hear_the_feed_fail_and_come_back_as_sockets_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("uvicorn")
    monkeypatch.setenv("LOADSIM_TARGET_FEED_INTERVAL_S", "0.2")
    faults = ("kill(web-1, at=1s, for=1s)", "pause(web-2, at=3s, for=3s)")
    shape = {"servers": "2", "connections": "6", "over": "long-polls", "reconnect": "now", "heartbeat": "0.5s"}
    played(tmp_path, duration="8s", fault=faults, **shape)
    record = read_record(tmp_path / "run")
    sockets = record["websockets"]
    assert set(record["routes"]) == {"GET /feed/messages"}
    assert set(sockets["failures"]["closed_on_us"]["causes"]) <= {"503"}  # the balancer's: the server is gone
    assert sockets["failures"]["dead"]["causes"].keys() == {"no_answer"}
    assert sockets["detection_s"]["min"] >= 1.0  # what a poll may take, and half a second more
    assert sockets["broadcast_s"]["count"] > 0
    assert (sockets["connect_s"]["count"], sockets["echo_s"]["count"], sockets["messages"]["sent"]) == (0, 0, 0)
    assert sockets["reconnects"]["recovered"] == sockets["reconnects"]["missed"] > 0
    assert sockets["messages"]["lost"] == 0


def test_a_scenario_of_ones_own_may_speak_http_and_sockets(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        from loadsim import LoadUser, task

        class Visitor(LoadUser):
            @task
            def talk(self):
                self.client.get("/plain")
                with_socket = self.ws.connect("/echo", name="/chat")
                with_socket.send("hello")
                assert with_socket.recv(timeout=5) == "hello"
                with_socket.close()
        """,
    )
    with SocketServer() as server:
        quiet_end = "steps(10/s:1s, 0/s:4s)"  # sockets count when they open: in the drain none is to
        played(tmp_path, path, target=server.http_url(""), profile=quiet_end, duration=None)
    record = read_record(tmp_path / "run")
    assert record["load"]["completed"] == record["load"]["scheduled"]
    assert set(record["routes"]) == {"GET /plain", "GET /chat"}
    assert record["websockets"]["finished"] == record["load"]["scheduled"]
    assert record["websockets"]["close_codes"] == {"target": {}, "us": {"1000": record["load"]["scheduled"]}}
    assert json.dumps(record)
