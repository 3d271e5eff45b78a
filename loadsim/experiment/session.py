"""The measured part of a run: the engine plays the plan, and everything it says is taken in and shown."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from loadsim.errors import EngineError, ExitCode
from loadsim.experiment.collect import Collector
from loadsim.experiment.engine_process import EngineProcess
from loadsim.experiment.fault_player import FaultPlayer, Happened
from loadsim.experiment.interrupts import Interrupts
from loadsim.experiment.prepare import Shape
from loadsim.experiment.remarks import remarks_on
from loadsim.experiment.subject import Subject
from loadsim.measure.live import Live
from loadsim.measure.updates import Counter
from loadsim.record import BusRecord, CountRecord
from loadsim.redact import plain_text, redact_text
from loadsim.report.terminal import LiveState, Times, View
from loadsim.wire import Kind, Plan, Ready

LOOK_S = 0.1
LOOK_AGAIN_S = 1.0
"""So often the recorder is looked into, by all who want to know at once: each look folds the samples that wait."""
START_LIMIT_S = 90.0
GRACE_S = 15.0
"""How much longer than planned an engine may take to come to its end before it is taken for stuck."""
STOP_LIMIT_S = 3.0
"""How long it may take to tell what it has when it is to stop at once."""
_CURVE_POINTS = 400


@dataclass(slots=True)
class Measured:
    """What came of a session, beside what the collector holds."""

    collector: Collector
    interrupted: ExitCode | None = None
    aborted_by: list[str] = field(default_factory=list)
    """The objectives that ended it early."""
    trouble: list[str] = field(default_factory=list)
    """What makes the measurements invalid."""
    warnings: list[str] = field(default_factory=list)
    faults: Sequence[Happened] = ()
    counters: Sequence[Counter] = ()
    bus: BusRecord | None = None
    """What became of the messages of the target's bus."""
    counts: Mapping[str, CountRecord] = field(default_factory=dict)
    """How many requests each backend got, by each who knows."""
    """The numbers that the run changed."""


class Session:
    """Plays one plan against one subject. ``broken_aborts`` says which ``abort`` objectives are broken at a time.

    ``warnings`` are shown with those that the session itself comes to, and kept before them.
    """

    def __init__(
        self,
        plan: Plan,
        shape: Shape,
        subject: Subject,
        collector: Collector,
        view: View,
        title: str,
        broken_aborts: Callable[[float], Sequence[str]],
        faults: FaultPlayer,
        warnings: Sequence[str] = (),
    ) -> None:
        self._plan, self._shape, self._subject = plan, shape, subject
        self._view, self._title, self._broken_aborts, self._faults = view, title, broken_aborts, faults
        self._measured = Measured(collector, warnings=list(warnings), faults=faults.happened)
        self._draining = False
        self._stop_by: float | None = None
        self._began = perf_counter()
        self._next_look = 0.0
        times = np.linspace(0.0, shape.duration_s, _CURVE_POINTS, endpoint=False)
        self._planned = tuple(np.asarray(shape.profile.rate(times), float).tolist())

    def play(self, interrupts: Interrupts) -> Measured:
        """Run to the end, an interrupt or a failure of the engine; what was measured is in the result either way.

        From the moment the engine is ready, interrupts are held.
        """
        collector = self._measured.collector
        with EngineProcess(self._plan) as engine, self._view, self._faults:
            while not engine.ended:
                for kind, payload in engine.frames(LOOK_S):
                    collector.take(kind, payload)
                    if kind == Kind.READY and collector.ready is not None:
                        interrupts.hold()
                        self._measured.warnings.extend(remarks_on(collector.ready))
                if collector.ready is not None:
                    self._obey(engine, interrupts)
                    self._look_after(engine, collector.ready)
                engine.bound_words()
                if self._is_stuck():
                    break
            if not collector.finished:
                self._end_early(engine)
        self._watch_failures()
        self._measured.interrupted = interrupts.exit_code
        return self._measured

    def _obey(self, engine: EngineProcess, interrupts: Interrupts) -> None:
        """Let what is in flight end at the first interrupt, and stop at once at the second."""
        if interrupts.count and not self._draining:
            self._drain(engine)
        if interrupts.count > 1 and self._stop_by is None:
            self._stop_by = perf_counter() + STOP_LIMIT_S
            engine.stop()

    def _look_after(self, engine: EngineProcess, ready: Ready) -> None:
        now = perf_counter()
        time_s = now - ready.origin
        self._faults.advance(time_s)
        if now >= self._next_look:
            self._next_look = now + LOOK_AGAIN_S
            self._watch_subject(ready.origin)
            if not self._draining and (broken := self._broken_aborts(time_s)):
                self._measured.aborted_by.extend(broken)
                self._drain(engine)
            self._view.update(self._state(time_s))

    def _drain(self, engine: EngineProcess) -> None:
        self._draining = True
        engine.drain()
        if (ready := self._measured.collector.ready) is not None:
            self._faults.stop(perf_counter() - ready.origin)

    def _watch_subject(self, origin: float) -> None:
        time_s = perf_counter() - origin
        recorder = self._measured.collector.recorder
        for name, tally in self._subject.tallies().items():
            if self._subject.is_running(name):
                recorder.own_account.read_server(time_s, name, busy_s=tally.busy_s, requests=tally.requests)
        for replica, at_s, behind in self._subject.lags(origin):
            recorder.own_account.read_replica(at_s, replica, lag_s=behind.lag_s, log_bytes=behind.log_bytes)
        usage = self._subject.usage()
        if usage:
            recorder.target_usage(time_s, usage)
        self._watch_failures()

    def _watch_failures(self) -> None:
        for failure in [*self._subject.failures(), *self._faults.warnings]:
            if failure not in self._measured.warnings:
                self._measured.warnings.append(failure)
                self._view.warn(failure.splitlines()[0])

    def _is_stuck(self) -> bool:
        ready, now = self._measured.collector.ready, perf_counter()
        if self._stop_by is not None:
            return now > self._stop_by
        if ready is None:
            return now - self._began > START_LIMIT_S
        return now > ready.origin + self._shape.duration_s + self._plan.drain_s + GRACE_S

    def _end_early(self, engine: EngineProcess) -> None:
        """Say why there was no proper end; what had been sent until then is there."""
        stuck = not engine.ended
        if stuck:
            engine.kill()
        how = _how_it_ended(engine.wait())
        words = plain_text(redact_text(engine.last_words().rpartition("\n")[2]))
        if self._measured.collector.ready is None:
            what = f"was not ready after {START_LIMIT_S:g} s" if stuck else f"{how} before it was ready"
            raise EngineError(f"the load-generating process {what}", hint=words)
        what = "did not come to its end and was stopped" if stuck else f"{how} before the end"
        self._measured.trouble.append(f"the load-generating process {what}" + (f": {words}" if words else ""))

    def _state(self, time_s: float) -> LiveState:
        collector = self._measured.collector
        live, tick = collector.recorder.live(time_s), collector.tick
        phase = next((p.name for p in self._shape.phases if p.start_s <= time_s < p.end_s), "")
        return LiveState(
            title=self._title,
            phase="warm-up" if time_s < 0 and self._plan.warmup_s else phase,
            elapsed_s=max(time_s, -self._plan.warmup_s),
            duration_s=self._shape.duration_s,
            draining=self._draining or time_s > self._shape.duration_s,
            scheduled=tick.scheduled if tick else 0,
            completed=live.completed,
            failed=live.failed,
            dropped=live.dropped,
            offered_rate=live.offered_rate,
            achieved_rate=live.achieved_rate,
            planned=self._planned if self._plan.model == "open" else (),
            offered=live.offered_recent,
            achieved=live.achieved_recent,
            now=Times(p50=live.now.p50, p90=live.now.p90, p99=live.now.p99),
            so_far=Times(p50=live.so_far.p50, p90=live.so_far.p90, p99=live.so_far.p99),
            in_flight=tick.in_flight if tick else 0,
            max_in_flight=self._plan.users,
            backlog=tick.backlog if tick else 0,
            errors={name: count for name, count in live.outcomes.items() if name != "ok" and count},
            backends=self._by_pool(live),
            generator_cpu=live.generator_cpu,
            warnings=tuple(self._measured.warnings),
        )

    def _by_pool(self, live: Live) -> dict[str, dict[str, int]]:
        pools = {
            pool: {backend: live.backends.get(backend, 0) for backend in backends}
            for pool, backends in self._subject.pools.items()
        }
        placed = {backend for backends in pools.values() for backend in backends}
        others = {name: count for name, count in live.backends.items() if name not in placed}
        if others:
            pools["all"] = others
        return pools


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed ({signal.Signals(-status).name})"
    except ValueError:
        return f"was killed (signal {-status})"
