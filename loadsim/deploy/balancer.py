"""What every balancer is to the rest of ``deploy``: a program to find, configure, start, and ask for its counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadsim.deploy.plan import Process
from loadsim.deploy.topology import Topology

NAME = "balancer"
"""Of its process."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a balancer has sent to each server since its start, from outside and from other services.

    The keeper's own question, whether it is up, is one of them. ``calls`` is how many came from other services.
    """

    by_server: dict[str, int]
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Balancer:
    """One program that can stand before the servers. ``find`` raises UsageError where it is not installed.

    ``files`` takes a topology, the private directory and the port on 127.0.0.1, and makes what is to stand there, its
    ``config_file`` among them. ``sent`` asks it for its counts; None if it is gone.

    ``keep_out`` has it send nothing new to some servers, and to all others as ever; what is in flight goes on.
    ``is_idle`` tells whether it has heard so of a server, and nothing is in flight there any more. Both raise
    TargetError if it is gone.
    """

    config_file: str
    find: Callable[[], Path]
    argv: Callable[[Path, Path], tuple[str, ...]]
    files: Callable[[Topology, Path, int], Mapping[str, str]]
    sent: Callable[[Path], Sent | None]
    keep_out: Callable[[Topology, Path, Collection[str]], None]
    is_idle: Callable[[Path, str], bool]

    def process(self, binary: Path, scratch: Path, port: int) -> Process:
        """Return its process, listening on ``port`` of 127.0.0.1."""
        return Process(NAME, self.argv(binary, scratch / self.config_file), port=port)
