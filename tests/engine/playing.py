"""The real engine process plays a plan, and everything it said is at hand."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import numpy as np

from loadsim.experiment.collect import Collector
from loadsim.experiment.engine_process import EngineProcess
from loadsim.measure.sample import FIELDS, ROUTE_SHIFT, Samples, outcome_name
from loadsim.wire import Exchange, HttpSettings, Kind, Names, Plan, Tick

LONGEST_S = 40.0
Watch = Callable[["Played", EngineProcess], None]


@dataclass
class Played:
    """What came of it: the collector, and the raw frames that went into it."""

    collector: Collector
    samples: list[Samples] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    names: list[Names] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    status: int | None = None
    words: str = ""

    @property
    def end(self) -> Tick:
        assert self.collector.finished, self.words
        return self.ticks[-1]

    @property
    def origin(self) -> float:
        assert self.collector.ready is not None
        return self.collector.ready.origin

    @property
    def errors(self) -> dict[str, str]:
        return self.collector.errors

    @property
    def routes(self) -> list[str]:
        return [route for names in self.names for route in names.routes]

    @property
    def backends(self) -> list[str]:
        return [backend for names in self.names for backend in names.backends]

    def _measured(self, *, iterations: bool) -> Samples:
        every = np.concatenate(self.samples) if self.samples else np.zeros(0, FIELDS)
        every = every[every["due"] >= self.origin]
        return every[((every["key"] >> np.uint64(ROUTE_SHIFT)) == 0) == iterations]

    @property
    def iterations(self) -> Samples:
        """Those of the measured window, in the order in which they ended."""
        return self._measured(iterations=True)

    @property
    def requests(self) -> Samples:
        return self._measured(iterations=False)


def outcomes(samples: Samples) -> dict[str, int]:
    codes, counts = np.unique(samples["key"] & np.uint64(0xFFFF), return_counts=True)
    return {outcome_name(int(code)): int(count) for code, count in zip(codes, counts, strict=True)}


def plan(url: str, scenario: str | Path = "read-heavy", **changes: Any) -> Plan:
    """Return a short plan: 100/s, evenly, for 1 s, 20 users. HTTP settings stand among the others."""
    http = {name: changes.pop(name) for name in list(changes) if name in HttpSettings.__struct_fields__}
    basis: dict[str, Any] = {
        "scenario": str(scenario),
        "profile": "constant(100/s)",
        "arrivals": "uniform",
        "seed": 7,
        "duration_s": 1.0,
        "users": 20,
        "give_up_s": 10.0,
        "drain_s": 5.0,
    }
    return Plan(**{**basis, **changes}, http=HttpSettings(url=url, **{"timeout_s": 5.0, **http}))


def script(directory: Path, text: str, name: str = "visitors.py") -> Path:
    """Write a scenario file."""
    path = directory / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def user_file(directory: Path, *tasks: str, base: str = "LoadUser", above: str = "") -> Path:
    """Write a scenario file with one user whose tasks have these bodies."""
    head = (
        f"import gevent\nfrom locust import *\nfrom locust.exception import *\nfrom loadsim import LoadUser\n{above}\n"
    )
    bodies = "".join(
        f"    @task\n    def task_{number}(self):\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"
        for number, body in enumerate(tasks)
    )
    return script(directory, f"{head}\nclass Visitor({base}):\n{bodies}")


def play(given: Plan, watch: Watch | None = None, *, pause_s: float = 0.0) -> Played:
    """Play to the end. ``watch`` sees the state after every look; ``pause_s``: once ready, nobody reads that long."""
    exchanges: list[Exchange] = []
    played = Played(Collector(given, (), {}, (), on_exchange=exchanges.append), exchanges=exchanges)
    limit = perf_counter() + LONGEST_S
    with EngineProcess(given) as engine:
        while not engine.ended:
            assert perf_counter() < limit, f"no end: {engine.last_words()}"
            for kind, payload in engine.frames(0.05):
                _take(played, kind, payload)
            if pause_s and played.collector.ready is not None:
                time.sleep(max(0.0, played.origin + pause_s - perf_counter()))
                pause_s = 0.0
            if watch is not None:
                watch(played, engine)
        played.status = engine.wait()
        played.words = engine.last_words()
    return played


def _take(played: Played, kind: int, payload: bytes) -> None:
    played.kinds.append(kind)
    if kind == Kind.SAMPLES:
        played.samples.append(np.frombuffer(payload, FIELDS))
    elif kind in (Kind.TICK, Kind.END):
        played.ticks.append(msgspec.json.decode(payload, type=Tick))
    elif kind == Kind.NAMES:
        played.names.append(msgspec.json.decode(payload, type=Names))
    played.collector.take(kind, payload)


def assert_accounted(played: Played) -> Tick:
    """Hold every count to every other: the engine's, the samples', the recorder's. Return the engine's last."""
    end = played.end
    assert end.scheduled == end.completed + end.failed + end.dropped + end.aborted
    told = outcomes(played.iterations)
    assert told.get("ok", 0) == end.completed
    assert told.get("check_failed", 0) + told.get("exception", 0) == end.failed
    assert told.get("dropped", 0) == end.dropped
    assert told.get("aborted", 0) == end.aborted
    assert end.unreported == 0
    played.collector.recorder.close()
    live = played.collector.recorder.live(0.0)
    assert (live.scheduled, live.completed, live.failed) == (end.scheduled, end.completed, end.failed)
    assert (live.dropped, live.aborted) == (end.dropped, end.aborted)
    return end
