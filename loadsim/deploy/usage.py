"""What the operating system tells of processes: whose child each is, CPU time, memory, and when it began."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Seen:
    """One process, at one moment.

    ``cpu_s`` is user and system time since its start, and that of its children that have ended; ``began`` is its start
    time in the system's own form: it tells the process from a later one of the same id.
    """

    parent: int
    cpu_s: float
    rss_bytes: int
    began: str


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """What one named process of the target has used, the processes that it started included.

    ``cpu_s`` counts from the process's start. ``rss_bytes`` is the sum of resident sizes: pages that parent and child
    share are in it twice.
    """

    name: str
    pid: int
    cpu_s: float
    rss_bytes: int


def process_table() -> dict[int, Seen]:
    """Return every process of this machine that can be seen and has not ended."""
    if _LINUX:
        return {pid: seen for pid in _pids() if (seen := _seen(pid))}
    told = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,rss=,time=,lstart="], capture_output=True, text=True, check=False
    )
    return dict(row for line in told.stdout.splitlines() if (row := parse_ps(line)))


def identity(pid: int) -> str | None:
    """Return what tells this process from a later one of the same id; None if it has ended."""
    seen = _seen(pid) if _LINUX else process_table().get(pid)
    return seen.began if seen else None


def descendants(table: Mapping[int, Seen], root: int) -> list[int]:
    """Return all processes below ``root``, nearer ones first."""
    children: dict[int, list[int]] = {}
    for pid, seen in table.items():
        children.setdefault(seen.parent, []).append(pid)
    found = list(children.get(root, []))
    for pid in found:
        found += children.get(pid, [])
    return found


def usage(named: Iterable[tuple[str, int]], table: Mapping[int, Seen]) -> list[ProcessUsage]:
    """Return what each of the processes (name, pid) has used; those that have ended are left out."""
    used = []
    for name, pid in named:
        if pid in table:
            family = [table[member] for member in (pid, *descendants(table, pid))]
            cpu_s, rss_bytes = sum(seen.cpu_s for seen in family), sum(seen.rss_bytes for seen in family)
            used.append(ProcessUsage(name, pid, cpu_s, rss_bytes))
    return used


def _pids() -> Iterable[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _seen(pid: int) -> Seen | None:
    """Read ``/proc/PID/stat`` (proc(5)); None if the process has ended meanwhile, or is a zombie."""
    try:
        # The command's name may hold anything; what follows its last bracket is state, ppid ... in fields 3, 4 ...
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    if len(fields) < 22 or fields[0] in "ZX":
        return None
    ticks = sum(int(field) for field in fields[11:15])
    pages = int(fields[21])
    return Seen(int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE"), fields[19])


def parse_ps(line: str) -> tuple[int, Seen] | None:
    """Read a line of ``ps -o pid=,ppid=,stat=,rss=,time=,lstart=``; None for a zombie or a line of another form."""
    fields = line.split(maxsplit=5)
    if len(fields) < 6 or fields[2].startswith("Z"):
        return None
    days, _, clock = fields[4].rpartition("-")  # [[dd-]hh:]mm:ss[.cc]
    cpu_s = float(days or 0) * 86_400
    for position, part in enumerate(reversed(clock.split(":"))):
        cpu_s += float(part) * 60**position
    return int(fields[0]), Seen(int(fields[1]), cpu_s, int(fields[3]) * 1024, fields[5].strip())
