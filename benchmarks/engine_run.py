"""Play a plan with the real engine process, recorded as a run records it, and keep what the benchmarks ask about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.target import Cores, Target
from loadsim.experiment.collect import Collector
from loadsim.experiment.engine_process import EngineProcess
from loadsim.measure.histogram import quantiles
from loadsim.measure.recorder import Recorder
from loadsim.wire import HttpSettings, Kind, Plan, Ready, Tick

SHOP = str(Path(__file__).with_name("shop.py"))
SATURATING_RATE = 120_000
"""Above what any Python program reaches on one core."""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One plan played to its end. Ticks are those of the measured window."""

    plan: Plan
    ready: Ready
    ticks: tuple[Tick, ...]
    recorder: Recorder
    finished: bool
    errors: dict[str, str]

    @property
    def last(self) -> Tick:
        """The engine's last word."""
        return self.ticks[-1]

    def late_start_us(self, *shares: float) -> list[float]:
        """Return quantiles of late start."""
        return _us(quantiles(self.recorder.late_start(), shares))

    def response_us(self, *shares: float) -> list[float]:
        """Return quantiles of response time."""
        return _us(quantiles(self.recorder.response_time(), shares))

    @property
    def cpu_us(self) -> float:
        """CPU time of the engine process for each iteration, between the first and the last tick under load."""
        busy = [tick for tick in self.ticks if 0 < tick.completed < self.last.completed]
        return (busy[-1].engine_cpu_s - busy[0].engine_cpu_s) / (busy[-1].completed - busy[0].completed) * 1e6

    @property
    def cpu_share(self) -> float:
        """The share of a core that was not exceeded in nine of ten seconds."""
        at = np.arange(0.0, self.plan.duration_s + 0.5)
        cpu = np.interp(at, [tick.time_s for tick in self.ticks], [tick.engine_cpu_s for tick in self.ticks])
        return float(np.quantile(np.diff(cpu), 0.9))

    @property
    def complete(self) -> bool:
        """Whether every arrival was served, and well."""
        return self.finished and self.last.completed == self.last.scheduled and not self.last.unreported

    @property
    def on_time(self) -> bool:
        """Whether the schedule was kept: late start p99 at most 1 ms or 5 % of the median response, and all served."""
        bound_us = max(1000.0, 0.05 * self.response_us(0.5)[0])
        return self.complete and self.late_start_us(0.99)[0] < bound_us

    @property
    def valid(self) -> bool:
        """Whether a run would be called valid: on time, and at most 0.9 of a core in nine of ten seconds."""
        return self.on_time and self.cpu_share <= 0.9


def plan(target: Target, cores: Cores, rate: float, duration_s: float, **changes: object) -> Plan:
    """Return a plan of ``rate`` Poisson arrivals a second with 400 users; ``changes`` are fields of Plan."""
    whole = Plan(
        scenario=SHOP,
        profile=f"constant({rate:g}/s)",
        seed=1,
        duration_s=duration_s,
        warmup_s=1.0,
        users=400,
        http=HttpSettings(url=target.url),
        cpus=(cores.load,),
    )
    return msgspec.structs.replace(whole, **changes)


def saturating_plan(target: Target, cores: Cores, **changes: object) -> Plan:
    """Return a plan of more arrivals than one core can start, of which all are served in the end."""
    plain = plan(target, cores, SATURATING_RATE, 3.0)
    return msgspec.structs.replace(plain, warmup_s=0.0, iterations=250_000, give_up_s=60.0, **changes)


def play(
    plan: Plan,
    on_ready: Callable[[Ready, int], None] = lambda _ready, _pid: None,
    on_tick: Callable[[Tick], None] = lambda _tick: None,
) -> EngineRun:
    """Play ``plan``. ``on_ready`` gets the engine's first word and its process id; ``on_tick`` each of its counts."""
    collector, ticks = Collector(plan, (), {}, ()), []
    with EngineProcess(plan) as engine:
        while not engine.ended:
            for kind, payload in engine.frames(1.0):
                collector.take(kind, payload)
                if kind == Kind.READY and collector.ready is not None:
                    on_ready(collector.ready, engine.pid)
                elif kind in (Kind.TICK, Kind.END) and collector.tick is not None:
                    ticks.append(collector.tick)
                    on_tick(collector.tick)
        if not collector.finished or collector.ready is None:
            raise RuntimeError(f"the engine ended early: {engine.last_words()}")
    collector.recorder.close()
    return EngineRun(plan, collector.ready, tuple(ticks), collector.recorder, collector.finished, collector.errors)


def _us(values: list[float | None]) -> list[float]:
    return [float("inf") if value is None else value * 1e6 for value in values]
