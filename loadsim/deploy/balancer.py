"""What every balancer is to the rest of ``deploy``: a program to find, configure, start, and ask for its counts."""

from __future__ import annotations

from collections.abc import Callable
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

    ``configuration`` takes a topology, the private directory and the port on 127.0.0.1, and makes what is to stand in
    ``config_file`` there. ``sent`` asks it for its counts; None if it is gone.
    """

    config_file: str
    find: Callable[[], Path]
    argv: Callable[[Path, Path], tuple[str, ...]]
    configuration: Callable[[Topology, Path, int], str]
    sent: Callable[[Path], Sent | None]

    def process(self, binary: Path, scratch: Path, port: int) -> Process:
        """Return its process, listening on ``port`` of 127.0.0.1."""
        return Process(NAME, self.argv(binary, scratch / self.config_file), port=port)
