"""The engine: one target, one schedule, a pool of Locust users, and the account of what became of every arrival."""

from __future__ import annotations

import itertools
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any

import gevent.event
import msgspec
import numpy as np
import numpy.typing as npt
from gevent import get_hub
from locust.user.task import LOCUST_STATE_RUNNING

from loadsim.engine.origin import Origin
from loadsim.engine.pacer import Arrival, Pacer
from loadsim.engine.samples import Outbox, SampleWriter
from loadsim.engine.sockets import Sockets, SocketWriter
from loadsim.engine.updates import UpdateWriter
from loadsim.engine.versions import VersionWriter
from loadsim.measure.sample import CLASS_SHIFT, Outcome
from loadsim.randomness import skip, states, uniforms
from loadsim.schedule import Schedule
from loadsim.wire import ErrorExample, Kind, Names, Plan, Tick

Index = npt.NDArray[np.int64]

CHORE_S = 0.05
CHORES_A_TICK = 5
_COUNTED = (Outcome.OK, Outcome.CHECK_FAILED, Outcome.EXCEPTION, Outcome.ABORTED, Outcome.DROPPED)


class Engine:
    """Drives users through a plan and sends what they saw; callbacks in the hub, no greenlets of its own.

    ``tally`` counts measured iterations by outcome; with ``pacer.scheduled`` it tells when everything is accounted for.
    """

    def __init__(self, plan: Plan, schedule: Schedule, out: int) -> None:
        self.plan, self.schedule = plan, schedule
        self.hub = get_hub()
        self.outbox = Outbox(self.hub.loop, out)
        self.samples = SampleWriter(self.outbox, self._send_names)
        self.versions, self.updates = VersionWriter(self.outbox), UpdateWriter(self.outbox)
        self.origin = Origin(plan.http, self.samples)
        self.pacer = Pacer(self.hub, LOCUST_STATE_RUNNING)
        heartbeat_s = plan.sockets.heartbeat_s if plan.sockets is not None else None
        self.sockets = Sockets(self.origin, self.pacer, SocketWriter(self.outbox, self._send_names), heartbeat_s)
        self.tasks: list[Callable[[Any], object]] = []
        self.class_names: tuple[str, ...] = ()
        self.tally = [0] * (max(Outcome) + 1)
        self.origin_time = float("inf")
        self.started, self.done = gevent.event.Event(), gevent.event.Event()
        self.ready_users = 0
        self.start_failure: str | None = None
        self._draining_until: float | None = None
        self._closed_at = 0.0
        self._raised: set[tuple[object, ...]] = set()
        self._raised_examples: list[ErrorExample] = []
        self._closed: Iterator[tuple[int, int, int]] = iter(())
        self._closed_warmup: Iterator[tuple[int, int, int]] = iter(())
        self._closed_left = self._turns = 0
        self._chores = itertools.count(1)
        self._ticks = itertools.count(1)
        self._timer = self.hub.loop.timer(CHORE_S, CHORE_S)
        self._timer.start(self._sweep)

    # -- the run

    def use(self, tasks: list[Callable[[Any], object]], visitor_classes: Mapping[str, float]) -> None:
        """Take what an iteration may be, each entry as likely, and the visitor classes with their shares."""
        self.tasks, self.class_names = tasks, tuple(visitor_classes)
        shares = np.cumsum(list(visitor_classes.values()))
        self._class_bounds = (shares / shares[-1])[:-1]

    def obey(self, commands: int) -> None:
        """Watch the CLI's pipe: ``d`` drains, ``s`` stops. Its end means that the CLI is gone: so are we."""
        os.set_blocking(commands, False)
        self._commands = self.hub.loop.io(commands, 1)

        def read() -> None:
            data = os.read(commands, 64)
            if not data:
                os._exit(0)
            if b"d" in data:
                self.drain()
            if b"s" in data:
                self.stop()

        self._commands.start(read)

    def begin(self, origin_time: float) -> None:
        """Start: profile time 0 is ``origin_time`` on this process's clock. Users and tasks are there."""
        self.origin_time = origin_time
        self.samples.flush()
        self.samples.open = True
        if self._draining_until is not None:
            pass  # the end was asked for before the beginning
        elif self.plan.model == "open":
            self.pacer.begin(self._arrivals(), origin_time)
        else:
            self._closed, self._closed_warmup = self._choices_without_end(1), self._choices_without_end(-1)
            self._closed_left = self.plan.iterations if self.plan.iterations is not None else 1 << 62
        self._timer.stop()
        self._timer.start(self._chore)
        self.started.set()

    def drain(self) -> None:
        """Start nothing more; let what waits and what is in flight end within the drain time."""
        if self._draining_until is None:
            self._closed_at = perf_counter()
            self._draining_until = self._closed_at + self.plan.drain_s
            self.pacer.end()
            self._closed_left = 0

    def stop(self) -> None:
        """Wait for nothing more: what waits is dropped, and what is in flight aborted."""
        self.drain()
        self._draining_until = 0.0

    def finish(self) -> None:
        """Send the rest; everything is accounted for. Users have been stopped by now."""
        self._timer.stop()
        self._commands.stop()
        self._flush()
        self._report_sockets()
        self._send_names()
        self.outbox.send(Kind.END, msgspec.json.encode(msgspec.structs.replace(self._tick(), in_flight=0)))
        self.outbox.finish()

    def drop_backlog(self) -> None:
        """Give up whatever is still unsent at the end of the drain."""
        while self.pacer.backlog:
            self.drop(self.pacer.backlog.popleft())

    # -- what users ask for

    def drop(self, arrival: Arrival) -> None:
        """Account for an arrival that was never sent."""
        due, _, visitor_class, _ = arrival
        self.samples.iteration(visitor_class << CLASS_SHIFT | Outcome.DROPPED, due, due, due, 0.0, 0.0)
        if due >= self.origin_time:
            self.tally[Outcome.DROPPED] += 1

    def next_turn(self) -> float:
        """Return how many seconds after the beginning the next user of the closed model is to begin."""
        self._turns += 1
        return self.plan.ramp_s * (self._turns - 1) / self.plan.users

    def next_in_closed_loop(self) -> Arrival | None:
        """Return the next iteration of the closed model, due now; None when there are no more."""
        now = perf_counter()
        if self._closed_left <= 0 or now >= self.origin_time + self.plan.duration_s:
            return None
        if now < self.origin_time:
            return (now, *next(self._closed_warmup))
        self._closed_left -= 1
        self.pacer.scheduled += 1
        return (now, *next(self._closed))

    def raised(self, user: Any, error: Exception) -> None:
        """Note an iteration that raised; formats only the first of each kind and place, since a traceback is dear."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = (type(error), trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else (type(error),)
        if place in self._raised or len(self._raised) >= 100:
            return
        self._raised.add(place)
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "/site-packages/" not in frame.filename] or frames
        where = f" at {own[-1].filename.rsplit('/', 1)[-1]}:{own[-1].lineno} in {own[-1].name}" if own else ""
        text = self.origin.notes.clean(f"{in_words(error)}{where}")
        self._raised_examples.append(ErrorExample(outcome="exception", first=text))
        user.environment.events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)

    def start_failed(self, user: Any, error: Exception) -> None:
        """Note that a user's on_start raised: the run cannot begin."""
        self.start_failure = self.origin.notes.clean(f"{type(user).__name__}.on_start raised {in_words(error)}")

    # -- inside

    def _arrivals(self) -> Iterator[Arrival]:
        blocks = (
            zip((block.due_s + self.origin_time).tolist(), *self._choices(block.index), strict=True)
            for block in self.schedule.blocks()
        )
        return itertools.chain.from_iterable(blocks)

    def _choices(self, index: Index) -> tuple[list[int], list[int], list[int]]:
        """Return each arrival's task, visitor class, and the state of its random numbers after these two draws."""
        start = states(self.plan.seed, index)
        drawn = uniforms(start, 2)
        task = (drawn[:, 0] * len(self.tasks)).astype(np.int64)
        visitor_class = np.searchsorted(self._class_bounds, drawn[:, 1], side="right")
        return task.tolist(), visitor_class.tolist(), skip(start, 2).tolist()

    def _choices_without_end(self, sign: int) -> Iterator[tuple[int, int, int]]:
        """Yield the choices of arrivals 0, 1, 2... or, for the warm-up, of -1, -2, -3..."""
        for first in itertools.count(0, 1024):
            index = np.arange(first, first + 1024, dtype=np.int64)
            yield from zip(*self._choices(index if sign > 0 else -1 - index), strict=True)

    def _sweep(self) -> None:
        self.origin.sweep(perf_counter())

    def _chore(self) -> None:
        now = perf_counter()
        self.origin.sweep(now)
        self.sockets.sweep(now)
        if self._draining_until is None and self._is_over(now):
            self.drain()
        if self._draining_until is not None and not self.sockets.over:
            self.sockets.end()
        backlog = self.pacer.backlog
        while backlog and now - backlog[0][0] > self.plan.give_up_s:
            self.drop(backlog.popleft())
        if self.done.is_set():
            return  # users are being stopped, and would pass for work in flight
        if next(self._chores) % CHORES_A_TICK == 0 and not self.outbox.congested:
            self._flush()
            self._report_sockets()
            self.outbox.send(Kind.TICK, msgspec.json.encode(self._tick()))
        if self._draining_until is not None:
            accounted = sum(self.tally[outcome] for outcome in _COUNTED)
            all_done = accounted == self.pacer.scheduled and not self.sockets.closing
            if all_done or now > self._draining_until:
                self.done.set()

    def _flush(self) -> None:
        self.samples.flush()
        self.versions.flush()
        self.updates.flush()

    def _report_sockets(self) -> None:
        """Tell of WebSockets, in a run that has any."""
        counts = self.sockets.report(perf_counter() - self.origin_time)
        if self.sockets.used:
            self.outbox.send(Kind.SOCKET_COUNTS, counts)

    def _is_over(self, now: float) -> bool:
        if self.plan.model == "open":
            return self.pacer.finished and now >= self._schedule_end()
        return now >= self.origin_time + self.plan.duration_s or self._closed_left <= 0

    def _schedule_end(self) -> float:
        limited = self.plan.iterations is not None and self.pacer.scheduled >= self.plan.iterations
        return 0.0 if limited else self.origin_time + self.plan.duration_s

    def _tick(self) -> Tick:
        pacer, tally, users = self.pacer, self.tally, self.plan.users
        is_open = self.plan.model == "open"
        done = sum(tally[outcome] for outcome in _COUNTED)
        in_flight = users - len(pacer.idle) if is_open else pacer.scheduled - done
        return Tick(
            number=next(self._ticks),
            time_s=perf_counter() - self.origin_time,
            scheduled=pacer.scheduled,
            completed=tally[Outcome.OK],
            failed=tally[Outcome.CHECK_FAILED] + tally[Outcome.EXCEPTION],
            dropped=tally[Outcome.DROPPED],
            aborted=tally[Outcome.ABORTED],
            in_flight=in_flight,
            backlog=len(pacer.backlog),
            max_in_flight=users - pacer.least_idle if is_open else users,
            max_backlog=pacer.max_backlog,
            engine_cpu_s=time.process_time(),
            unreported=sum(
                each.unreported for each in (self.samples, self.sockets.writer, self.versions, self.updates)
            ),
            closed_s=None if self._draining_until is None else self._closed_at - self.origin_time,
        )

    def _send_names(self) -> None:
        names = Names(
            routes=self.origin.routes.fresh(),
            backends=self.origin.backends.fresh(),
            errors=tuple(ErrorExample(outcome=o, first=t) for o, t in self.origin.fresh_errors())
            + tuple(self._raised_examples),
        )
        self._raised_examples.clear()
        if names.routes or names.backends or names.errors:
            self.outbox.send(Kind.NAMES, msgspec.json.encode(names))


def in_words(error: BaseException) -> str:
    """Return type and message of an error whose message may itself raise."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return f"{type(error).__name__}, which cannot be written as text"


def use_cpus(cpus: tuple[int, ...]) -> None:
    """Keep this process on these CPUs, where the system has such a call."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)
