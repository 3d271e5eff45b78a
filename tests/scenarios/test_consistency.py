"""Versions written and read back, on servers of which is known how late they show what was written."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.runs import run
from loadsim.objectives import parse_objective
from loadsim.objectives.recorded import RecordedRun, judge_recorded
from loadsim.record import ConsistencyRecord, RunRecord
from loadsim.scenarios.version_routes import version_routes
from loadsim.settings import RunSettings
from loadsim.wire import Route

from ..engine.raw_server import Peer, RawServer, Script, ok

WRITE = Route(method="PUT", path="/notes/{uniform:50}", json={"text": "a note, {version}"})
READ = Route(path="/notes/{uniform:50}")
LATE_S = 0.25


def notes(late_s: float, *, keeps: bool = True, reads: bytes = b"") -> Script:
    """Keep notes by path, and show each so much later; or answer every read with ``reads``."""
    kept: dict[str, list[tuple[float, str]]] = {}

    def script(peer: Peer) -> None:
        while True:
            request = peer.request()
            there = kept.setdefault(request.target, [])
            if request.method == "PUT":
                if keeps:
                    there.append((time.monotonic() + late_s, json.loads(request.body)["text"]))
                peer.send(ok())
            else:
                shown = [text for since, text in there if since <= time.monotonic()]
                peer.send(reads or ok(json.dumps(shown).encode()))

    return script


Follow = Callable[..., RunRecord]


@pytest.fixture
def follow(tmp_path: Path) -> Follow:
    def follow(script: Script, **given: Any) -> RunRecord:
        with RawServer(script) as server:
            basis: dict[str, Any] = {"profile": "constant(20/s)", "duration_s": 2.0, "warmup_s": 0.0, "seed": 7}
            chosen = {**basis, "routes": (WRITE, READ), "drain_s": 20.0, "out": tmp_path / "run", **given}
            url = f"http://127.0.0.1:{server.port}"
            settings = RunSettings(scenario="consistency", name="consistency", target=url, **chosen)
            return run(settings, Console(file=io.StringIO(), width=100), quiet=True, report=False).record

    return follow


def seen(record: RunRecord) -> ConsistencyRecord:
    assert record.consistency is not None
    return record.consistency


def test_a_target_that_shows_at_once_what_was_written_has_no_stale_reads(follow: Follow) -> None:
    record = follow(notes(0.0), objectives=("stale_reads < 1%",))
    found = seen(record)
    assert (found.stale, found.stale_share, found.never_seen) == (0, 0.0, 0)
    assert found.versions == record.load.completed == record.load.scheduled
    assert record.objectives[0].verdict == "pass"
    assert record.objectives[0].samples == found.reads


def test_reads_are_stale_for_as_long_as_the_target_is_late(follow: Follow, tmp_path: Path) -> None:
    record = follow(notes(LATE_S), objectives=("stale_reads < 5%",))
    found = seen(record)
    assert found.stale_share == found.stale / found.reads
    assert found.stale >= 2 * found.versions > 0
    assert found.staleness_s.max is not None
    assert found.staleness_s.max < LATE_S * 1.01
    assert found.visible_after_s.min is not None
    assert found.visible_after_s.min > LATE_S * 0.99
    assert record.objectives[0].verdict == "fail"
    again = judge_recorded(parse_objective("stale_reads < 5%"), RecordedRun(tmp_path / "run", record))
    assert again == record.objectives[0]
    assert {"PUT /notes/:id", "GET /notes/:id"} == set(record.routes)


def test_what_is_never_kept_is_never_seen(follow: Follow) -> None:
    record = follow(notes(0.0, keeps=False), profile="constant(3/s)", duration_s=1.0)
    found = seen(record)
    assert found.stale == found.reads > 0
    assert found.never_seen == found.versions == record.load.scheduled
    assert found.visible_after_s.p50 is None


def test_reads_that_fail_tell_nothing_of_consistency(follow: Follow) -> None:
    error = b"HTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n"
    record = follow(notes(0.0, reads=error), profile="constant(2/s)", duration_s=1.0, objectives=("stale_reads < 5%",))
    assert record.consistency is None
    assert record.objectives[0].verdict == "fail"
    assert "no version was written and read back" in record.objectives[0].reason


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ((), "got 0 declared requests"),
        ((READ,), "1 declared requests: 0 that write, 1 GET"),
        ((WRITE, WRITE, READ), "3 declared requests: 2 that write"),
        ((Route(method="PUT", path="/notes/1", body="hello"), READ), r"'PUT /notes/1' writes no \{version\}"),
    ],
)
def test_a_write_and_a_read_must_be_declared_and_nothing_is_made_up(routes: tuple[Route, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        version_routes(routes)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "[routes]" in caught.value.hint


def test_without_declared_requests_no_target_of_ones_own_is_asked_anything(follow: Follow) -> None:
    asked: list[str] = []
    with pytest.raises(UsageError, match="got 0 declared requests"):
        follow(lambda peer: asked.append(peer.request().target), routes=())
    assert asked == []
