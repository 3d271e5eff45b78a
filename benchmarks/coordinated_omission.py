"""What is said of a target that answers at once, but is frozen for one second in every five (SIGSTOP and SIGCONT).

500 arrivals a second for 20 s, 50 users each. The truth is arithmetic: an arrival due while the target is frozen waits
until it thaws, every other one not at all. loadsim is held to the truth of its own due times (Poisson arrivals, known
from the seed) and of the moments at which the target was frozen: within 5 % at p90, p95 and p99.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import numpy as np
import numpy.typing as npt

from benchmarks import others
from benchmarks.engine_run import EngineRun, plan, play
from benchmarks.results import Report, progress
from benchmarks.target import Cores, MissingToolError, Target, nginx, take_cores
from loadsim.profiles import parse_profile
from loadsim.schedule import Schedule
from loadsim.wire import Plan

RATE, SECONDS, USERS = 500, 20.0, 50
CYCLE_S, FROZEN_S = 5.0, 1.0
FIRST_S = 3.5
"""In the middle of a cycle of any program that needs up to a second to begin: every freeze falls in its 20 s."""
SHARES = (0.90, 0.95, 0.99)
BOUND = 0.05
Times = npt.NDArray[np.float64]


class Freezer:
    """Freezes a process for a second in every five, and notes when: pairs of ``perf_counter`` times in ``frozen``."""

    def __init__(self, pid: int) -> None:
        self._pid, self._over = pid, threading.Event()
        self._thread: threading.Thread | None = None
        self.frozen: list[tuple[float, float]] = []

    def begin(self, origin: float) -> None:
        """Freeze first ``FIRST_S`` after ``origin``, then every ``CYCLE_S``."""
        self._thread = threading.Thread(target=self._freeze, args=(origin,))
        self._thread.start()

    def end(self) -> None:
        """Thaw, and freeze no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _freeze(self, origin: float) -> None:
        for cycle in range(int(SECONDS / CYCLE_S)):
            start = origin + FIRST_S + cycle * CYCLE_S
            if self._over.wait(max(0.0, start - perf_counter())):
                return
            os.kill(self._pid, signal.SIGSTOP)
            stopped = perf_counter()
            time.sleep(FROZEN_S)
            os.kill(self._pid, signal.SIGCONT)
            self.frozen.append((stopped, perf_counter()))


@contextmanager
def freezing(target: Target) -> Iterator[Freezer]:
    """Yield a freezer of the target's process, which ends with the block."""
    freezer = Freezer(target.pid)
    try:
        yield freezer
    finally:
        freezer.end()


def truth(due: Times, frozen: Sequence[tuple[float, float]]) -> list[float]:
    """Return the quantiles (seconds) of what arrivals due at ``due`` had to wait."""
    waited = np.zeros_like(due)
    for stopped, thawed in frozen:
        caught = (due >= stopped) & (due < thawed)
        waited[caught] = thawed - due[caught]
    return [float(np.quantile(waited, share, method="inverted_cdf")) for share in SHARES]


def due_times(plan: Plan, origin: float) -> Times:
    """Return when each arrival of a plan is due, on the engine's clock."""
    schedule = Schedule(
        profile=parse_profile(plan.profile),
        process=plan.arrivals,
        seed=plan.seed,
        duration_s=plan.duration_s,
        warmup_s=plan.warmup_s,
        limit=None,
    )
    due = np.concatenate([block.due_s for block in schedule.blocks()])
    return np.asarray(due[due >= 0] + origin, float)


def run_loadsim(target: Target, where: Cores) -> tuple[list[float], list[float], EngineRun]:
    """Return the truth, what loadsim says, and its run."""
    with freezing(target) as freezer:
        run = play(
            plan(target, where, RATE, SECONDS, users=USERS), on_ready=lambda ready, _: freezer.begin(ready.origin)
        )
    true = truth(due_times(run.plan, run.ready.origin), freezer.frozen)
    return true, [value / 1e6 for value in run.response_us(*SHARES)], run


def run_other(target: Target, run: Callable[[], others.Seen]) -> tuple[list[float], others.Seen]:
    """Return what another program says (p90, p95, p99 in seconds)."""
    with freezing(target) as freezer:
        freezer.begin(perf_counter() + 0.5)
        seen = run()
    return [seen.p90_ms / 1e3, seen.p95_ms / 1e3, seen.p99_ms / 1e3], seen


def main() -> None:
    """Measure, print, write results/coordinated_omission.md."""
    where = take_cores()
    report = Report("coordinated_omission", (__doc__ or "").strip())
    table = report.table("Response time, ms", "who says it", "p90", "p95", "p99")
    even = np.arange(0.0, SECONDS, 1 / RATE)
    ideal = truth(even, [(FIRST_S + n * CYCLE_S, FIRST_S + n * CYCLE_S + FROZEN_S) for n in range(4)])
    table.add("truth (arrivals every 2 ms)", *_ms(ideal))
    with nginx(where.target) as target:
        progress("loadsim ...")
        true, said, run = run_loadsim(target, where)
        table.add("truth of loadsim's arrivals", *_ms(true))
        table.add("loadsim, response time", *_ms(said))
        worst = max(abs(s / t - 1) for s, t in zip(said, true, strict=True))
        report.remark(
            f"loadsim is off by at most {worst:.1%}, bound {BOUND:.0%}: {'held' if worst <= BOUND else 'not held'}"
        )
        report.remark(
            f"loadsim: {run.last.completed:,} of {run.last.scheduled:,} arrivals completed, "
            f"backlog at most {run.last.max_backlog}"
        )
        programs: dict[str, Callable[[], others.Seen]] = {
            f"k6, constant-arrival-rate, {USERS} VUs": lambda: others.k6(
                target, where, SECONDS, rate=RATE, users=USERS
            ),
            f"Locust FastHttpUser, {USERS} users": lambda: others.fast_http_user(
                target, where, SECONDS, throughput=RATE / USERS
            ),
        }
        for name, program in programs.items():
            progress(f"{name} ...")
            try:
                values, seen = run_other(target, program)
            except MissingToolError as error:
                report.remark(f"left out: {error}")
                continue
            table.add(name, *_ms(values))
            report.remark(
                f"{name}: {seen.rate * SECONDS:,.0f} requests made of {RATE * SECONDS:,.0f}, "
                f"{seen.dropped:,} said to be dropped"
            )
    report.finish()


def _ms(values: Sequence[float]) -> list[str]:
    return [f"{value * 1e3:,.1f}" for value in values]


if __name__ == "__main__":
    main()
