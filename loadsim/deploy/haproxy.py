"""HAProxy as the balancer: where its binary is, how it is configured, and what it counted.

It does what :mod:`loadsim.deploy.envoy` does, so that the two can be compared: no timeout, retry or queue of its own,
one thread, connections to the servers kept and shared. Two policies differ by nature: ``least_request`` is the least
busy of all servers, not of two drawn at random, and without ``X-User`` a ``ring_hash`` goes round robin.
"""

from __future__ import annotations

import csv
import shutil
import socket
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from loadsim.deploy.balancer import Balancer, Sent
from loadsim.deploy.plan import file_limit
from loadsim.deploy.pools import Pool
from loadsim.deploy.routes import (
    MARK_OF_CALLS,
    OWN_ANSWER,
    REQUEST_START,
    USER,
    Route,
    call_routes,
    request_routes,
)
from loadsim.deploy.servers import KEEP_ALIVE_S, calls_socket, socket_path
from loadsim.deploy.services import CLASS_HEADER
from loadsim.deploy.topology import Topology
from loadsim.errors import TargetError, UsageError

CONFIG_FILE = "haproxy.cfg"
_IDLE_S = KEEP_ALIVE_S // 2
"""It drops an idle connection well before the server would, so that it never sends on one that is being closed."""
_CALLS = "calls"
"""The frontend for calls between services."""
_BALANCE = {
    "round_robin": "roundrobin",
    "least_request": "leastconn",
    "random": "random(1)",
    "ring_hash": f"hdr({USER})",
}
_OWN_STATUSES = {400: "bad request", 408: "request timeout", 500: "internal error", 502: "bad answer of the server",
                 503: "no server answers", 504: "server timeout"}  # fmt: skip


def find() -> Path:
    """Return HAProxy's binary on the PATH; raise UsageError that says what to do."""
    found = shutil.which("haproxy")
    if found:
        return Path(found)
    raise UsageError(
        "this topology asks for HAProxy as its balancer, and there is none on the PATH",
        hint="apt-get install haproxy (Debian) or brew install haproxy (macOS), or leave balancer=haproxy out.",
    )


def argv(binary: Path, config: Path) -> tuple[str, ...]:
    """Return how it is started."""
    return (str(binary), "-db", "-f", str(config))


def files(topology: Topology, scratch: Path, port: int) -> dict[str, str]:
    """Return all that it reads, by the file's name."""
    return {CONFIG_FILE: configuration(topology, scratch, port)}


def configuration(topology: Topology, scratch: Path, port: int) -> str:
    """Return its configuration: requests come in on ``port``, the servers are on Unix sockets."""
    lines = [*_global(scratch), *_defaults()]
    lines += _frontend("requests", f"127.0.0.1:{port}", request_routes(topology), remove=MARK_OF_CALLS)
    if topology.calls_over_http:
        lines += _frontend(_CALLS, f"unix@{calls_socket(scratch)} mode 600", call_routes(topology))
    for pool in topology.pools:
        lines += _backend(topology, pool, scratch)
    return "\n".join(lines) + "\n"


def sent(scratch: Path) -> Sent | None:
    """Ask it for the requests that each server got, and for the calls among them; None if it is gone."""
    try:
        return parse_statistics(_order(scratch, "show stat"))
    except OSError:
        return None


def parse_statistics(told: str) -> Sent:
    """Read the answer to ``show stat``, a CSV whose header begins with '# '."""
    rows = _rows(told)
    servers = {row["svname"]: int(row["stot"]) for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")}
    calls = [int(row["req_tot"]) for row in rows if (row["pxname"], row["svname"]) == (_CALLS, "FRONTEND")]
    return Sent(servers, sum(calls))


def keep_out(topology: Topology, scratch: Path, servers: Collection[str]) -> None:
    """Have it send nothing new to these servers; each is told its state, whether it changes or not."""
    states = {
        f"{pool.name}/{name}": "drain" if name in servers else "ready"
        for pool in topology.pools
        for name in pool.server_names
    }
    try:
        answer = _order(scratch, "; ".join(f"set server {name} state {state}" for name, state in states.items()))
    except OSError as error:
        raise TargetError(f"the balancer takes no orders: {error}") from None
    if answer.strip():
        raise TargetError(f"the balancer does not do as it is told: {answer.strip()}")


def is_idle(scratch: Path, server: str) -> bool:
    """Return whether it sends nothing new to the server, and has no request there that is not answered."""
    try:
        (row,) = (row for row in _rows(_order(scratch, "show stat")) if row["svname"] == server)
    except OSError as error:
        raise TargetError(f"the balancer does not say what is in flight: {error}") from None
    return row["status"].startswith("DRAIN") and row["scur"] == "0"


def _rows(told: str) -> list[dict[str, str]]:
    return list(csv.DictReader(told.removeprefix("# ").splitlines()))


def _order(scratch: Path, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(str(_admin_socket(scratch)))
        link.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: link.recv(65_536), b"")).decode()


def _admin_socket(scratch: Path) -> Path:
    return scratch / "admin.sock"


def _global(scratch: Path) -> Iterator[str]:
    yield "global"
    yield "  nbthread 1"  # threads take turns each on their own
    yield f"  maxconn {(file_limit() - 100) // 2}"  # a connection on either side
    yield f"  stats socket {_admin_socket(scratch)} mode 600 level admin"


def _defaults() -> Iterator[str]:
    yield "defaults"
    yield "  mode http"
    yield "  retries 0"
    yield "  http-reuse always"
    yield "  timeout connect 5s"
    for which in ("client", "server", "tunnel", "http-keep-alive"):
        yield f"  timeout {which} 20d"  # near the longest it takes
    for status, reason in _OWN_STATUSES.items():
        body = f'{{"error": "the balancer got no answer: {reason}"}}'
        yield (
            f"  http-error status {status} content-type application/json string '{body}' hdr {OWN_ANSWER} '{reason}'"
        )


def _frontend(name: str, bind: str, routes: Iterable[Route], remove: str = "") -> Iterator[str]:
    yield f"frontend {name}"
    yield f"  bind {bind}"
    if remove:
        yield f"  http-request del-header {remove}"
    yield f"  http-request set-header {REQUEST_START} t=%[date(0,us)]"
    for route in routes:
        condition = _condition(route)
        yield f"  use_backend {route.pool} if {condition}" if condition else f"  default_backend {route.pool}"


def _condition(route: Route) -> str:
    if route.user_class:
        return f"{{ req.hdr({CLASS_HEADER}) -m str {route.user_class} }}"
    if route.pattern:
        return f"{{ path_reg '^(?:{route.pattern})$' }}"
    return f"{{ path -m str {route.path} }}" if route.path else ""


def _backend(topology: Topology, pool: Pool, scratch: Path) -> Iterator[str]:
    yield f"backend {pool.name}"
    yield f"  balance {_BALANCE[topology.policy]}"
    yield "  hash-type consistent"
    for name in pool.server_names:
        weight = topology.weights.get(name, 1)
        yield f"  server {name} unix@{socket_path(scratch, name)} weight {weight} pool-purge-delay {_IDLE_S}s"


HAPROXY = Balancer(CONFIG_FILE, find, argv, files, sent, keep_out, is_idle)
