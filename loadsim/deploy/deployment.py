"""The bundled target, up: from a topology to running processes and back to nothing."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from loadsim.deploy import postgres, redis, servers
from loadsim.deploy.balancer import Sent
from loadsim.deploy.bus import BusCounts, counted
from loadsim.deploy.envoy import ENVOY
from loadsim.deploy.haproxy import HAPROXY
from loadsim.deploy.keeper_link import KeeperLink, State, describe_failure
from loadsim.deploy.plan import SCRATCH_PREFIX, Plan, Stage
from loadsim.deploy.tallies import Tally, read_tallies
from loadsim.deploy.topology import Topology
from loadsim.deploy.usage import ProcessUsage, process_table, usage
from loadsim.errors import TargetError, UsageError

_BALANCERS = {"envoy": ENVOY, "haproxy": HAPROXY}
_PORTS = range(20_000, 32_000)  # below the ranges from which Linux and macOS take ports for outgoing connections
_LONGEST_SOCKET_PATH = 100  # sun_path holds 104 bytes on macOS, 108 on Linux


class Deployment:
    """A target that is up. A context manager; :meth:`close` ends every process and leaves no file."""

    def __init__(self, topology: Topology, url: str, keeper: KeeperLink, started_s: float) -> None:
        self.topology = topology
        self.url = url
        self.pools: dict[str, tuple[str, ...]] = {pool.name: pool.server_names for pool in topology.pools}
        self.started_s = started_s
        self._keeper = keeper
        self._kept_out: set[str] = set()

    @property
    def scratch(self) -> Path:
        """The private directory of the target: sockets, database, and a log for each process, until it is closed."""
        return self._keeper.scratch

    @property
    def keeper_pid(self) -> int:
        """The keeper's process, whose id is also that of the session in which all of the target runs."""
        return self._keeper.pid

    def usage(self) -> list[ProcessUsage]:
        """Return what each server, database and the balancer has used so far; those that have ended are left out."""
        return usage(self._keeper.pids.items(), process_table())

    def balancer_sent(self) -> Sent | None:
        """Return how many requests the balancer has sent to each server; None without a balancer, or if it is gone."""
        if not self.topology.has_balancer:
            return None
        return _BALANCERS[self.topology.balancer].sent(self.scratch)

    def tallies(self) -> dict[str, Tally]:
        """Return the account that each server keeps of itself; one that ended leaves its last one."""
        return read_tallies(self.scratch, self.topology.server_names)

    def is_running(self, server: str) -> bool:
        """Return whether a server is there, as far as was heard."""
        return self.state(server) not in ("ended", "failed")

    def bus_counts(self) -> BusCounts | None:
        """Return what became of the messages of the bus; None without one, or if it is gone."""
        return counted(self.scratch) if self.topology.has_bus else None

    def failures(self) -> list[str]:
        """Return what ended although it should not have, since the start: how, and the last lines of its log."""
        self._keeper.listen()
        return [describe_failure(event) for event in self._keeper.failed]

    def kill(self, server: str) -> None:
        """End a server and its children at once, and leave them so."""
        self._keeper.order("kill", server)

    def start(self, server: str) -> None:
        """Start a server again that was killed; it answers when it is up."""
        self._keeper.order("start", server)

    def stop(self, server: str) -> None:
        """Ask a server to end, as an operator would, and have it killed if it has not in a few seconds."""
        self._keeper.order("stop", server)

    def state(self, server: str) -> State:
        """Return how far a server is that was told to end or to start."""
        self._keeper.listen()
        return self._keeper.states.get(server, "up")

    def take_out(self, server: str) -> None:
        """Have the balancer send nothing new to a server. Raises TargetError; without a balancer nothing is done."""
        self._keep_out(self._kept_out | {server})

    def put_in(self, server: str) -> None:
        """Have the balancer send requests to a server again, if it was taken out."""
        if server in self._kept_out:
            self._keep_out(self._kept_out - {server})

    def _keep_out(self, servers: set[str]) -> None:
        if self.topology.has_balancer:
            _BALANCERS[self.topology.balancer].keep_out(self.topology, self.scratch, servers)
        self._kept_out = servers

    def is_idle(self, server: str) -> bool:
        """Return whether nothing is in flight at a server that was taken out; true where no balancer could tell."""
        if not self.topology.has_balancer:
            return True
        return _BALANCERS[self.topology.balancer].is_idle(self.scratch, server)

    def pause(self, server: str) -> None:
        """Freeze a server: its connections stay, and nothing answers."""
        self._keeper.order("pause", server)

    def resume(self, server: str) -> None:
        """Let a frozen server go on."""
        self._keeper.order("resume", server)

    def misbehave(self, server: str, **orders: float) -> None:
        """Tell a server how to misbehave, in the words of ``target_app.instructions``; without any, to be as it should.

        ``delay_s=0.2`` has it answer later, ``error_share=0.1`` a share of the requests with an error, and so on.
        """
        file = servers.misconduct_file(self.scratch, server)
        if not orders:
            file.unlink(missing_ok=True)
            return
        written = file.with_suffix(".new")
        written.write_text(json.dumps(orders))
        written.replace(file)

    def partition(self, replica: str) -> None:
        """Cut a replica off from the primary's changes: it is read on, and serves ever older data."""
        postgres.pause_replay(self.scratch, replica, paused=True)

    def heal(self, replica: str) -> None:
        """Let a replica that was cut off catch up."""
        postgres.pause_replay(self.scratch, replica, paused=False)

    def detach(self, state_file: Path) -> None:
        """Let the target outlive this process; who is told of it by ``state_file`` may end it.

        Raises TargetError if there is such a file already.
        """
        state = {
            "url": self.url,
            "topology": self.topology.name,
            "description": self.topology.describe(),
            "pools": self.pools,
            "scratch": str(self.scratch),
        }
        self._keeper.detach(state_file, state)

    def close(self) -> None:
        """End every process of the target, and return when they are gone. A second time does nothing."""
        self._keeper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def bring_up(
    topology: Topology,
    *,
    cpus: set[int] | None = None,
    port: int | None = None,
    scratch: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
    timeout_s: float = 30.0,
) -> Deployment:
    """Bring the bundled target up on 127.0.0.1 and return it when every server answers.

    ``cpus`` are those that its processes run on (all, if None); ``port`` is drawn if not given; its private directory
    is made within ``scratch`` (the system's temporary directory). ``on_step`` is told what is being done.
    Raises UsageError for what cannot be, and TargetError, with the last lines of the process that failed.
    """
    began = time.monotonic()
    servers.check_installed(topology)
    plan, chosen_port = _plan(topology, cpus, port, scratch, timeout_s)
    keeper = KeeperLink(plan)
    try:
        keeper.wait_until_up(timeout_s * len(plan.stages) + 10, on_step)
    except BaseException:
        keeper.close()
        raise
    return Deployment(topology, f"http://127.0.0.1:{chosen_port}", keeper, time.monotonic() - began)


def _plan(
    topology: Topology, cpus: set[int] | None, port: int | None, scratch: Path | None, timeout_s: float
) -> tuple[Plan, int]:
    private = (scratch or Path(tempfile.gettempdir())).resolve() / f"{SCRATCH_PREFIX}{secrets.token_hex(4)}"
    sockets = [servers.socket_path(private, name) for name in topology.server_names]
    sockets += [postgres.socket_path(private, name) for name in topology.data.server_names]
    before = (Stage("starting Redis", (redis.server(private),)),) if topology.has_redis else ()
    if max(len(os.fsencode(path)) for path in sockets) > _LONGEST_SOCKET_PATH:
        raise UsageError(f"{private} is too long for a Unix socket's path", hint="Set TMPDIR to a shorter directory.")
    _check_cpus(cpus)
    balancer = _BALANCERS.get(topology.balancer)
    binary = balancer.find() if balancer else None
    chosen = _check_port(port) if port is not None else free_port()
    direct = None if balancer else chosen
    databases = postgres.parts(topology.data, private, topology.total_slots)
    own = [
        servers.server(topology, pool, name, private, direct) for pool in topology.pools for name in pool.server_names
    ]
    files: dict[str, str] = {}
    if balancer and binary:
        files.update(balancer.files(topology, private, chosen))
        own.append(balancer.process(binary, private, chosen))
    seeding = (Stage("seeding the database", (servers.seeding(topology, private),)),)
    stages = (
        *before,
        *databases.before,
        *(seeding if topology.serves == "pages" else ()),
        *databases.after,
        Stage(f"starting {topology.describe()}", (*databases.beside, *own)),
    )
    return Plan(str(private), stages, files, tuple(sorted(cpus or ())), timeout_s), chosen


def _check_cpus(cpus: set[int] | None) -> None:
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else cpus
    if cpus is not None and (not cpus or not cpus <= (allowed or set())):
        raise UsageError(f"CPUs {sorted(cpus)} for the target: expected some of {sorted(allowed or ())}")


def _check_port(port: int) -> int:
    """Return the port if it can be listened on now; granian and Envoy would else share it with another server."""
    if not 1 <= port <= 65_535:
        raise UsageError(f"port {port}: expected 1 to 65535")
    try:
        _try_port(port)
    except OSError as error:
        hint = "Give another port, or none: then a free one is taken."
        raise TargetError(f"port {port} of 127.0.0.1 cannot be listened on: {error.strerror}", hint=hint) from None
    return port


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, outside the range of outgoing connections."""
    for port in random.sample(_PORTS, 200):
        try:
            _try_port(port)
        except OSError:
            continue
        return port
    raise TargetError(f"no free port from {_PORTS.start} to {_PORTS.stop} on 127.0.0.1")


def _try_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
