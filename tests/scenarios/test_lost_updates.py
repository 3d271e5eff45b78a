"""Numbers that many change at once: on a server that loses some, and on the bundled target in both of its ways."""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadsim.errors import UsageError
from loadsim.experiment.runs import run
from loadsim.record import ConsistencyRecord, RunRecord
from loadsim.scenarios.counter_routes import BUNDLED, counter_routes, counter_settings
from loadsim.settings import RunSettings
from loadsim.wire import Route

from ..engine.raw_server import Peer, RawServer, Script, ok

BUY = Route(method="POST", path="/buy", json={"item": "{uniform:3}", "pieces": 2}, adds=-2)
SHOW = Route(path="/items/{uniform:3}", number="left")
PIECES = 10
OBJECTIVES = ("lost_updates <= 0%", "oversold <= 0%")


def shop(*, loses_every: int = 0, fails_every: int = 0) -> tuple[Script, Counter[int]]:
    """Sell pieces until there are none; forget, or answer 500 to, every so manieth sale. Tell what was sold."""
    left, sold, lock = dict.fromkeys(range(1, 4), PIECES), Counter[int](), threading.Lock()
    turns = itertools.count(1)

    def buy(item: int, pieces: int) -> bytes:
        with lock:
            if left[item] < pieces:
                return b"HTTP/1.1 409 Sold out\r\nContent-Length: 0\r\n\r\n"
            turn = next(turns)
            if not loses_every or turn % loses_every:
                left[item] -= pieces
            if fails_every and turn % fails_every == 0:
                return b"HTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n"
            sold[item] += pieces
            return ok()

    def script(peer: Peer) -> None:
        while True:
            request = peer.request()
            if request.method == "POST":
                peer.send(buy(json.loads(request.body)["item"], json.loads(request.body)["pieces"]))
            else:
                shown = {f"/items/{item}": {"left": count} for item, count in left.items()}
                peer.send(ok(json.dumps(shown.get(request.target)).encode()))

    return script, sold


def bought(out: Path, **given: Any) -> RunRecord:
    basis: dict[str, Any] = {"duration_s": 1.0, "warmup_s": 0.0, "seed": 7, "drain_s": 20.0, "objectives": OBJECTIVES}
    settings = RunSettings(scenario="consistency", name="consistency", out=out / "run", **{**basis, **given})
    return run(settings, Console(file=io.StringIO(), width=100), quiet=True, report=False).record


def at(script: Script, out: Path, **given: Any) -> RunRecord:
    with RawServer(script) as server:
        url = f"http://127.0.0.1:{server.port}"
        return bought(out, target=url, routes=(BUY, SHOW), profile="constant(60/s)", **given)


def seen(record: RunRecord) -> ConsistencyRecord:
    assert record.consistency is not None
    return record.consistency


def verdicts(record: RunRecord) -> list[str | None]:
    return [objective.verdict for objective in record.objectives]


def test_a_server_that_forgets_sales_has_lost_them_and_sold_more_than_there_was(tmp_path: Path) -> None:
    script, sold = shop(loses_every=2)
    record = at(script, tmp_path)
    found = seen(record)
    assert (found.stock, found.sold) == (3 * PIECES, sold.total())
    assert {counter.name: counter.acknowledged * 2 for counter in found.counters} == {
        f"/items/{item}": pieces for item, pieces in sold.items()
    }
    assert found.oversold == sold.total() - 3 * PIECES > 0
    assert found.lost_updates == sold.total() // 2 // 2
    assert verdicts(record) == ["fail", "fail"]
    refused = sum(counter.refused for counter in found.counters)
    assert record.load.failed == 0, "to be refused is no failure"
    assert (found.updates or 0) + refused == record.load.completed == record.load.scheduled


def test_sales_that_may_have_happened_are_neither_lost_nor_sold_and_no_pass(tmp_path: Path) -> None:
    script, sold = shop(fails_every=5)
    record = at(script, tmp_path)
    found = seen(record)
    assert (found.lost_updates, found.oversold, found.uncertain_updates) == (0, 0, 3)
    assert found.sold == sold.total() == 3 * PIECES - 6
    assert verdicts(record) == ["inconclusive", "pass"]


@pytest.mark.parametrize(("updates", "verdict"), [("atomic", "pass"), ("read_modify_write", "fail")])
def test_the_bundled_target_loses_and_oversells_where_it_reads_modifies_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: str, verdict: str
) -> None:
    settings = {"COMMENTS": "20", "SCARCE_STOCK": "3", "PAYMENT_MEDIAN_S": "0.4", "PAYMENT_SIGMA": "0"}
    for name, value in settings.items():
        monkeypatch.setenv(f"LOADSIM_TARGET_{name}", value)
    shape = {"servers": 2, "slots": 8, "updates": updates}
    record = bought(tmp_path, topology="balanced", topology_overrides=shape, profile="constant(40/s)", duration_s=3.0)
    found = seen(record)
    assert verdicts(record) == [verdict, verdict]
    assert found.stock == 15
    assert (found.sold or 0) >= 15, "enough came to sell out"
    assert ((found.oversold or 0) > 0) is (updates == "read_modify_write")
    assert found.reads > 0, "the others read back what they wrote"


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ((BUY,), "got 1 and 0"),
        ((SHOW,), "got 0 and 1"),
        ((BUY, BUY, SHOW), "got 2 and 1"),
        ((BUY, Route(path="/items/{uniform:20}/of/{zipf:11}", number=".")), "shows 220 numbers"),
    ],
)
def test_what_changes_a_number_and_what_shows_it_must_both_be_declared(routes: tuple[Route, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        counter_routes(routes)


def test_every_number_that_a_visitor_may_change_is_read() -> None:
    shown = Route(path="/a/{uniform:2}/b/{zipf:2}", number="n", headers={"X": "y"})
    settings = counter_settings((BUY, shown), bundled=False)
    assert settings is not None
    assert settings.paths == ("/a/1/b/1", "/a/1/b/2", "/a/2/b/1", "/a/2/b/2")
    assert (settings.number, settings.headers, settings.adds) == ("n", {"X": "y"}, -2)
    assert counter_settings((), bundled=True) is BUNDLED
    assert counter_settings((Route(path="/"),), bundled=True) is None
