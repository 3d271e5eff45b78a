"""What the keeper is to do: plain values that travel to it as one line of JSON."""

from __future__ import annotations

import json
import resource
import signal
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

MOST_FILES = 65_536
SCRATCH_PREFIX = "loadsim-target-"
"""With which the name of every scratch directory begins."""


def file_limit() -> int:
    """Return how many file descriptors each of the processes may have: this machine's hard limit, within reason."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)


@dataclass(frozen=True, slots=True)
class Process:
    """One process to be started: ``once`` must end with code 0; any other is up when it answers.

    ``env`` is laid over the keeper's own environment; None takes a variable away. One of ``unix`` (a socket's path) and
    ``port`` (on 127.0.0.1) says where to ask: ``GET path``, which is to be answered 200, or in PostgreSQL's or Redis'
    protocol.
    ``stop`` is the signal that ends it.
    """

    name: str
    argv: tuple[str, ...]
    env: dict[str, str | None] = field(default_factory=dict)
    once: bool = False
    unix: str = ""
    port: int = 0
    path: str = "/healthz"
    speaks: Literal["http", "postgres", "redis"] = "http"
    stop: int = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Stage:
    """Processes started together; the next stage waits until they are up."""

    text: str
    processes: tuple[Process, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the keeper is to do.

    ``scratch`` must not exist yet; ``files`` are written into it before anything starts. The processes run on ``cpus``,
    if there are any and the system can.
    """

    scratch: str
    stages: tuple[Stage, ...]
    files: dict[str, str] = field(default_factory=dict)
    cpus: tuple[int, ...] = ()
    timeout_s: float = 30.0
    """Longest that one stage may take."""
    grace_s: float = 3.0
    """From the signal that ends a process to SIGKILL."""

    def to_json(self) -> str:
        """Write it on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what :meth:`to_json` wrote."""
        given = json.loads(text)
        stages = tuple(Stage(each["text"], tuple(map(_process, each["processes"]))) for each in given.pop("stages"))
        return cls(**{**given, "stages": stages, "cpus": tuple(given["cpus"])})


def _process(given: dict[str, Any]) -> Process:
    return Process(**{**given, "argv": tuple(given["argv"])})
