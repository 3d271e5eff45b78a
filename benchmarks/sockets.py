"""What a WebSocket costs the engine: memory a connection, CPU an echo, openings a second.

    python -m benchmarks.sockets [--connections 4000]

The target is an echo server of websockets' asyncio, on the other core. Memory is that of the whole engine process with
all sockets open and a message every ten seconds on each, less that of an engine with one: users, greenlets, statistics
and all. CPU an echo is the slope of the engine's CPU time over that of the messages, with the send, the echo and the
account of both, near the most that the echo server can do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from benchmarks.engine_run import EngineRun, plan, play
from benchmarks.memory import resident_mb
from benchmarks.results import Report, progress
from benchmarks.target import Cores, Target, take_cores
from loadsim.measure.socket_tables import sockets_table
from loadsim.wire import SocketSettings, Tick

ECHO = """
import asyncio
from websockets.asyncio.server import serve

async def echo(socket):
    async for message in socket:
        await socket.send(message)

async def main():
    options = {"compression": None, "ping_interval": None, "backlog": 4096}
    async with serve(echo, "127.0.0.1", 0, **options) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()

asyncio.run(main())
"""
MESSAGE = "x" * 64
SPEAKING = 400
ECHOES_A_SECOND = 8_000
OPENINGS_A_SECOND = 3_000
RAMP_S = 1.5


@contextmanager
def echo_server(cpu: int) -> Iterator[Target]:
    """Run the echo server on ``cpu``."""
    process = subprocess.Popen(
        [sys.executable, "-c", ECHO], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        os.sched_setaffinity(process.pid, {cpu})
        assert process.stdout is not None
        yield Target(f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid)
    finally:
        process.kill()
        process.wait()


def held(
    target: Target, where: Cores, connections: int, *, message_rate: float, ramp_s: float
) -> tuple[EngineRun, float]:
    """Hold so many sockets open for some seconds; return the run, and the memory of the engine in MB near its end."""
    sockets = SocketSettings(message=MESSAGE, message_rate=message_rate)
    pids: list[int] = []
    seen = [0.0]

    def look(tick: Tick) -> None:
        if not tick.draining:
            seen[0] = max(seen[0], resident_mb(pids[0]))

    given = plan(
        target, where, 1.0, ramp_s + 6.0, scenario="sockets", model="closed", users=connections, ramp_s=ramp_s,
        sockets=sockets, warmup_s=0.0,
    )  # fmt: skip
    run = play(given, on_ready=lambda _, pid: pids.append(pid), on_tick=look)
    return run, seen[0]


def echo_cpu_us(run: EngineRun, from_s: float) -> float:
    """Return the engine's CPU time for each message that came, in whole seconds from ``from_s`` on."""
    table = sockets_table(run.recorder.of_sockets())
    second = table.numbers("time_s")
    chosen = (second >= np.ceil(from_s)) & (second < run.plan.duration_s - 1)
    received = float(np.nansum(table.numbers("received")[chosen]))
    at = [float(second[chosen][0]), float(second[chosen][-1]) + 1]
    first, last = np.interp(at, [tick.time_s for tick in run.ticks], [tick.engine_cpu_s for tick in run.ticks])
    return float(last - first) / received * 1e6


def main(connections: int = 4_000) -> None:
    """Measure, print, write results/sockets.md."""
    where = take_cores()
    report = Report("sockets", (__doc__ or "").strip())
    table = report.table("Sockets held open", "sockets", "KiB each", "most opened in a second")
    speaking = report.table("Sockets that speak", "sockets", "echoes a second", "us of CPU an echo")
    with echo_server(where.target) as target:
        progress("one socket")
        _, alone_mb = held(target, where, 1, message_rate=0.1, ramp_s=0.1)
        for count in (1_000, connections):
            progress(f"{count:,} sockets")
            ramp_s = max(RAMP_S, count / OPENINGS_A_SECOND)
            run, all_mb = held(target, where, count, message_rate=0.1, ramp_s=ramp_s)
            opened = sockets_table(run.recorder.of_sockets()).numbers("opened")
            each_kib = (all_mb - alone_mb) * 1e6 / 1024 / count
            table.add(f"{count:,}", f"{each_kib:.1f}", f"{opened.max():,.0f}")
            report.remark(f"{count:,} sockets: {each_kib:.1f} KiB each")
        progress(f"{SPEAKING} sockets that speak")
        run, _ = held(target, where, SPEAKING, message_rate=ECHOES_A_SECOND / SPEAKING, ramp_s=0.5)
        cpu_us = echo_cpu_us(run, 1.5)
        received = run.recorder.of_sockets().messages.received / run.plan.duration_s
        speaking.add(f"{SPEAKING}", f"{received:,.0f}", f"{cpu_us:.0f}")
        report.remark(f"{cpu_us:.0f} us of CPU an echo at {received:,.0f}/s")
    report.finish()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--connections", type=int, default=4_000)
    main(parser.parse_args().connections)
