"""Resident memory of the engine process and of the process that records, at 5,000 iterations a second.

    python -m benchmarks.memory [--minutes 3]

The engine keeps nothing of an iteration but 40 bytes in a block that goes out when it is full; the recorder keeps
histograms, and for each second of the run one row of its series and what changed in its histograms, in intervals
that double in length so that there are never more than 600. The second table is the engine at its widest: 1,000 users
with a connection each, 200 routes, 64 backends; the bound is 200 MB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from benchmarks.engine_run import plan, play
from benchmarks.results import Report, Table
from benchmarks.target import Cores, Target, nginx, take_cores
from loadsim.wire import Ready, Tick

RATE = 5_000
EVERY_S = 10.0
WIDE = str(Path(__file__).with_name("wide.py"))
BOUND_MB = 200


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in megabytes (10^6 bytes)."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(said.stdout) * 1024 / 1e6


class Watch:
    """Notes a line every ten seconds of profile time."""

    def __init__(self, table: Table) -> None:
        self.table, self.engine_pid, self.next_s = table, 0, 0.0
        self.seen: list[tuple[float, float, float]] = []

    def on_ready(self, _: Ready, pid: int) -> None:
        """Take the engine's process id."""
        self.engine_pid = pid

    def on_tick(self, tick: Tick) -> None:
        """Look, if it is time."""
        if tick.time_s < self.next_s or tick.draining:
            return
        self.next_s += EVERY_S
        self.seen.append((tick.time_s, resident_mb(self.engine_pid), resident_mb(os.getpid())))
        time_s, engine, recorder = self.seen[-1]
        self.table.add(f"{time_s:.0f} s", f"{tick.completed:,}", f"{engine:.1f}", f"{recorder:.1f}")
        print(f"  {time_s:4.0f} s: engine {engine:.1f} MB, recorder {recorder:.1f} MB", flush=True)

    def growth(self, column: int) -> float:
        """Return megabytes a minute over the second half."""
        half = self.seen[len(self.seen) // 2 :]
        minutes = (half[-1][0] - half[0][0]) / 60
        return (half[-1][column] - half[0][column]) / minutes if minutes else float("nan")


def over_time(report: Report, target: Target, where: Cores, minutes: float) -> None:
    """Run at a steady rate, and look every ten seconds."""
    table = report.table(f"Resident memory in MB at {RATE:,}/s", "after", "iterations", "engine", "recorder")
    watch = Watch(table)
    play(plan(target, where, RATE, minutes * 60), on_ready=watch.on_ready, on_tick=watch.on_tick)
    report.remark(
        f"growth over the second half: engine {watch.growth(1):+.2f} MB a minute, "
        f"recorder {watch.growth(2):+.2f} MB a minute"
    )


def at_its_widest(report: Report, target: Target, where: Cores) -> None:
    """Run 1,000 users that ask 200 routes of 64 backends, so that each user has had a connection."""
    largest = [0.0]
    pids = []
    wide = plan(target, where, RATE, 10.0, scenario=WIDE, model="closed", users=1_000)
    run = play(
        wide,
        on_ready=lambda _, pid: pids.append(pid),
        on_tick=lambda tick: None if tick.draining else largest.append(resident_mb(pids[0])),
    )
    names = run.recorder.known
    table = report.table("The engine at its widest", "users", "routes", "backends", "MB", "bound")
    table.add("1,000", str(len(names.routes)), str(len(names.backends)), f"{max(largest):.1f}", str(BOUND_MB))
    report.remark(
        f"at its widest: {max(largest):.1f} MB, bound {BOUND_MB}: {'held' if max(largest) < BOUND_MB else 'not held'}"
    )


def main(minutes: float = 1.5) -> None:
    """Measure, print, write results/memory.md."""
    where = take_cores()
    report = Report("memory", (__doc__ or "").strip())
    with nginx(where.target) as target:
        at_its_widest(report, target, where)
        over_time(report, target, where, minutes)
    report.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3.0)
    main(parser.parse_args().minutes)
