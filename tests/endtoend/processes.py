"""The processes that a command starts, down to the last, told from others that get the same id later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """``started`` is in ticks since the machine's start: with it an id is never another's."""

    pid: int
    started: int
    parent: int
    command: str

    @property
    def is_alive(self) -> bool:
        now = _read(self.pid)
        return now is not None and now.started == self.started


def descendants(pid: int) -> list[Process]:
    """Return all that a process started, and what these started."""
    everyone = [found for place in Path("/proc").glob("[0-9]*") if (found := _read(int(place.name)))]
    return list(_below(pid, everyone))


def _below(pid: int, everyone: list[Process]) -> Iterator[Process]:
    for process in everyone:
        if process.parent == pid:
            yield process
            yield from _below(process.pid, everyone)


def _read(pid: int) -> Process | None:
    """Read what /proc says; None for one that is gone, or dead and only not yet waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else Process(pid, int(fields[19]), int(fields[1]), command)
