"""The system under test as an experiment sees it: the bundled target, brought up for the run, or a stranger's URL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadsim.deploy import BusCounts, Deployment, Sent, Topology, bring_up, redis, topology
from loadsim.deploy.replication import Behind, ReplicaWatch
from loadsim.deploy.state import StandingTarget, standing_target
from loadsim.deploy.tallies import Tally, read_tallies
from loadsim.errors import TargetError
from loadsim.experiment.machine import Cpus
from loadsim.faults import Parts
from loadsim.report.terminal import Steps
from loadsim.settings import RunSettings


@dataclass(frozen=True, slots=True)
class Subject:
    """Where requests go. ``topology`` is None for a system of the user's own, of whose pools nothing is known."""

    url: str
    topology: str | None = None
    pools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The balancer's, by pool, where some servers are to get more than others."""
    deployment: Deployment | None = None
    replicas: ReplicaWatch | None = None
    standing: StandingTarget | None = None
    """The bundled target, where ``loadsim target up`` brought it up."""

    @property
    def bundled(self) -> bool:
        """Whether it is the bundled target."""
        return self.topology is not None

    def usage(self) -> dict[str, tuple[float, int]]:
        """Return what its processes used: name -> (CPU seconds so far, resident bytes); empty where not known."""
        found = self.deployment.usage() if self.deployment else self.standing.usage() if self.standing else []
        return {process.name: (process.cpu_s, process.rss_bytes) for process in found}

    def balancer_sent(self) -> Sent | None:
        """Return how many requests the balancer has sent to each backend; None where that is not known."""
        return self.deployment.balancer_sent() if self.deployment else None

    def tallies(self) -> dict[str, Tally]:
        """Return the account that each server keeps of itself; empty where not known."""
        if self.standing:
            servers = [name for names in self.standing.pools.values() for name in names]
            return read_tallies(Path(self.standing.scratch), servers)
        return self.deployment.tallies() if self.deployment else {}

    def is_running(self, server: str) -> bool:
        """Return whether a server is there, as far as is known."""
        return self.deployment is None or self.deployment.is_running(server)

    def lags(self, origin: float) -> list[tuple[str, float, Behind]]:
        """Return how far replicas were behind since this was last asked: each with its name and when that was.

        Times are since ``origin``, a moment of ``time.perf_counter``.
        """
        readings = self.replicas.readings() if self.replicas else []
        return [(name, at - origin, behind) for at, found in readings for name, behind in found.items()]

    def bus_counts(self) -> BusCounts | None:
        """Return what its servers counted on the bus; None where there is none, or it is not known."""
        return self.deployment.bus_counts() if self.deployment else None

    def failures(self) -> list[str]:
        """Return which of its processes died, with their last words."""
        return self.deployment.failures() if self.deployment else []


def declared_parts(name: str, settings: RunSettings) -> Parts:
    """Return the servers, and the databases, that a topology will have. Raises UsageError."""
    return parts_of(topology(name, settings.own_topologies, **settings.topology_overrides))


def parts_of(shape: Topology) -> Parts:
    """Return what of a topology faults can be done to."""
    pools = {pool.name: pool.server_names for pool in shape.pools}
    return Parts(
        pools=pools,
        replicas=shape.data.replica_names,
        databases=shape.data.server_names,
        bus=(redis.NAME,) if shape.has_bus else (),
        serves=shape.serves,
    )


def subject_of(settings: RunSettings, default: str, cpus: Cpus, steps: Steps) -> AbstractContextManager[Subject]:
    """Return the system that the settings name: a URL, or the bundled target in a topology (``default`` if none)."""
    if settings.target is None:
        return bundled_target(settings.topology or default, settings, cpus, steps)
    standing = _standing_at(settings.target)
    if standing is None:
        return nullcontext(Subject(url=settings.target))
    pools = {pool: tuple(backends) for pool, backends in standing.pools.items()}
    return nullcontext(Subject(url=settings.target, topology=standing.topology, pools=pools, standing=standing))


def _standing_at(url: str) -> StandingTarget | None:
    """Return the bundled target that answers at ``url``, if that is where it was brought up."""
    if urlsplit(url).hostname != "127.0.0.1":
        return None
    try:
        standing = standing_target()
    except TargetError:
        return None
    return standing if standing is not None and standing.url == url.rstrip("/") else None


@contextmanager
def bundled_target(name: str, settings: RunSettings, cpus: Cpus, steps: Steps) -> Iterator[Subject]:
    """Bring the bundled target up, and take it down at the end however that comes. Raises TargetError, UsageError."""
    shape = topology(name, settings.own_topologies, **settings.topology_overrides)
    on = set(cpus.target) if cpus.target and hasattr(os, "sched_setaffinity") else None
    with ExitStack() as stack:
        with steps.step(f"bringing up the bundled target ({shape.describe()})") as step:
            deployment = stack.enter_context(bring_up(shape, cpus=on, on_step=step.say))
            step.say(f"up at {deployment.url}")
        copies = shape.data.replica_names
        watch = stack.enter_context(ReplicaWatch(deployment.scratch, copies)) if copies else None
        yield Subject(
            url=deployment.url,
            topology=shape.name,
            pools={pool: tuple(backends) for pool, backends in deployment.pools.items()},
            settings=shape.settings(),
            weights=shape.expected_weights(),
            deployment=deployment,
            replicas=watch,
        )
