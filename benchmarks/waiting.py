"""What a person waits for: ``loadsim --help``, the bundled target, and the report of an hour's run.

Whole processes, as a shell starts them; the hour has 200 routes and is made up, second by second (tests/report/runs).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.results import Report, Table
from loadsim.deploy import bring_up, topology

TOPOLOGIES = ("monolith", "balanced", "split")


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def loadsim(*arguments: str) -> Callable[[], object]:
    """Return what runs ``loadsim`` with arguments to its end."""
    argv = [sys.executable, "-m", "loadsim", *arguments]
    return lambda: subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def up(name: str) -> float:
    """Return how long a topology takes until every server answers."""
    with bring_up(topology(name)) as deployment:
        return deployment.started_s


def measure(table: Table, report: Report, what: str, bound_s: float, took_s: list[float]) -> None:
    """Add a row, and say whether the bound was held by the median."""
    middle = median(took_s)
    table.add(what, str(len(took_s)), f"{min(took_s):.2f}", f"{middle:.2f}", f"{max(took_s):.2f}", f"{bound_s:g}")
    report.remark(f"{what}: {middle:.2f} s, bound {bound_s:g}: {'held' if middle <= bound_s else 'not held'}")


def main() -> None:
    """Measure, print, write results/waiting.md."""
    from tests.report.runs import CASES, write_run

    report = Report("waiting", (__doc__ or "").strip())
    table = report.table("Seconds", "what", "times", "least", "median", "most", "bound")
    measure(table, report, "loadsim --help", 0.25, [seconds_of(loadsim("--help")) for _ in range(10)])
    for name in TOPOLOGIES:
        measure(table, report, f"bundled target up, {name}", 10.0, [up(name) for _ in range(3)])
    with tempfile.TemporaryDirectory() as scratch:
        hour = write_run(Path(scratch) / "hour", CASES["hour"]())
        again = loadsim("report", str(hour), "--format", "html")
        measure(table, report, "report of an hour's run, page", 5.0, [seconds_of(again) for _ in range(3)])
        again = loadsim("report", str(hour))
        measure(table, report, "report of an hour's run, page and pictures", 5.0, [seconds_of(again) for _ in range(3)])
    report.finish()


if __name__ == "__main__":
    main()
