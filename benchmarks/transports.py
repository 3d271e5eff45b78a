"""What it costs the bundled target that its services call each other: a read page, each way in which calls can go.

``GET /items/:id`` makes five calls, four of them together. Three services have a server of four slots each, on one core
that is kept busy by eight connections; with calls in process every server does everything itself, and only the first is
used. The rate a core is the pages made for each second of CPU time of all processes, the balancer and Redis among them.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, median

import httpx

from benchmarks.results import Report, progress
from benchmarks.target import Cores, take_cores, tool
from loadsim.deploy import Deployment, bring_up, topology

TURNS, SECONDS, CONNECTIONS, ALONE = 3, 6, 8, 60
PAGE = "/items/3"
WAYS: Mapping[str, Mapping[str, str]] = {
    "in process": {"transport": "in_process"},
    "HTTP, batched": {"transport": "http", "calls": "batched"},
    "HTTP, serial": {"transport": "http", "calls": "serial"},
    "bus, batched": {"transport": "bus", "calls": "batched"},
    "bus, serial": {"transport": "bus", "calls": "serial"},
}
BETWEEN = ("balancer", "redis")
_HOPS = re.compile(r'inventory;dur=([0-9.]+);desc="(\d+) calls"')


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one page: CPU time by process, how many requests to other services, and how long each took by itself."""

    cpu_s: Mapping[str, float]
    hops: float
    hop_s: float

    @property
    def total_s(self) -> float:
        """CPU time of all processes."""
        return sum(self.cpu_s.values())


def cost(way: Mapping[str, str], where: Cores) -> Cost:
    """Bring the target up, keep it busy, and return what a page costs."""
    with bring_up(topology("split", servers=3, heavy="shared", **way), cpus={where.target}) as deployment:
        hops, hop_s = alone(deployment)
        before = used(deployment)
        pages = load(deployment.url + PAGE, where)
        after = used(deployment)
    return Cost({name: (seconds - before[name]) / pages for name, seconds in after.items()}, hops, hop_s)


def alone(deployment: Deployment) -> tuple[float, float]:
    """Return hops a page and seconds a hop, as the target tells them with one page after the other."""
    with httpx.Client(base_url=deployment.url) as client:
        told = [client.get(PAGE).raise_for_status().headers["server-timing"] for _ in range(ALONE)][ALONE // 3 :]
    found = [(float(match[1]) / 1e3, int(match[2])) for text in told if (match := _HOPS.search(text))]
    return (mean(hops for _, hops in found), median(s / hops for s, hops in found)) if found else (0.0, 0.0)


def used(deployment: Deployment) -> dict[str, float]:
    """Return the CPU seconds of each process so far."""
    return {process.name: process.cpu_s for process in deployment.usage()}


def load(url: str, where: Cores) -> int:
    """Ask for a page as fast as it comes; return how many came. All must have been good."""
    wrk = tool("wrk", "apt-get install wrk")
    argv = ["taskset", "-c", str(where.load), wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url]
    said = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=SECONDS + 30).stdout
    pages = re.search(r"(\d+) requests in", said)
    if pages is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"not every page was good:\n{said}")
    return int(pages[1])


def main() -> None:
    """Measure in turns, print, write results/transports.md."""
    where = take_cores()
    report = Report("transports", (__doc__ or "").strip())
    report.remark(f"Processes that others ran or waited to run when it began: {os.getloadavg()[0]:.1f}.")
    seen: dict[str, list[Cost]] = {name: [] for name in WAYS}
    for _ in range(TURNS):
        for name, way in WAYS.items():
            seen[name].append(cost(way, where))
            progress(f"{name}: {1 / seen[name][-1].total_s:.0f} pages for each second of CPU")
    columns = (
        "calls go",
        "pages/s a core",
        "CPU ms a page",
        "of it balancer",
        "Redis",
        "hops a page",
        "ms a hop, alone",
    )
    table = report.table(f"Best of {TURNS} turns of {SECONDS} s", *columns)
    for name, costs in seen.items():
        best = min(costs, key=lambda each: each.total_s)
        between = (f"{best.cpu_s.get(process, 0.0) * 1e3:.2f}" for process in BETWEEN)
        hop = f"{best.hop_s * 1e3:.2f}" if best.hops else "-"
        table.add(name, f"{1 / best.total_s:.0f}", f"{best.total_s * 1e3:.2f}", *between, f"{best.hops:.0f}", hop)
    report.finish()


if __name__ == "__main__":
    main()
