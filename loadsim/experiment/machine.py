"""The machine a run is made on: what it is, and which of its CPUs the engine and the target get."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cpus:
    """The engine's CPU and the others; both empty where the system cannot keep a process on a CPU."""

    engine: tuple[int, ...]
    target: tuple[int, ...]


def share_out_cpus() -> Cpus:
    """Give one CPU to the engine and the others to the target; one CPU is shared, and that is said by the caller."""
    if not hasattr(os, "sched_getaffinity"):
        return Cpus((), ())
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        return Cpus(tuple(available), tuple(available))
    return Cpus((available[0],), tuple(available[1:]))


@contextmanager
def kept_off(cpus: Cpus) -> Iterator[None]:
    """Keep this process (the CLI) off the engine's CPU meanwhile: the next run has to find it again."""
    if not hasattr(os, "sched_setaffinity") or set(cpus.engine) == set(cpus.target) or not cpus.target:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus.target)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe_host() -> dict[str, object]:
    """Return what a reader needs to judge figures from this machine: system, Python, processor, CPUs, memory."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "memory_bytes": _memory_bytes(),
    }


def _processor() -> str | None:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        return platform.processor() or None
    return names[0] if names else platform.processor() or None


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
