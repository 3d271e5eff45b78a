"""The target's servers: granian processes that share their databases, and the command that fills these first."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from loadsim.deploy import redis, services
from loadsim.deploy.plan import Process, file_limit
from loadsim.deploy.pools import Pool
from loadsim.deploy.topology import HEAVY_CPU, HEAVY_HOLD, Topology
from loadsim.errors import UsageError
from loadsim.units import parse_duration

KEEP_ALIVE_S = 60
"""How long a server keeps an idle connection: granian's longest wait for the next request's head."""
BACKLOG = 4096
"""Connections waiting to be accepted: the kernel's usual most. A Unix socket refuses at once when it is full."""
_CATCH_UP_S = 0.5
"""Beyond its lag, the longest wait for a replica where consistency is preferred: then it is taken to be cut off."""
_PREFIX = "LOADSIM_TARGET_"
_NEEDED = {
    "pages": {"django": "Django", "granian": "granian", "PIL": "Pillow", "target_app": "the package target_app"},
    "redis": {"channels": "channels", "channels_redis": "channels_redis"},
    "sockets": {"uvicorn": "uvicorn", "target_app": "the package target_app"},
}


def check_installed(topology: Topology) -> None:
    """Raise UsageError if a part that the bundled target needs is not installed."""
    needed = _NEEDED[topology.serves] | (_NEEDED["redis"] if topology.has_redis else {})
    missing = [name for module, name in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the bundled target needs what is not installed: {', '.join(missing)}",
            hint="pip install 'loadsim[target]', or give a system of your own with --target URL.",
        )


def socket_path(scratch: Path, name: str) -> Path:
    """Return where the server called ``name`` listens."""
    return scratch / f"{name}.sock"


def misconduct_file(scratch: Path, name: str) -> Path:
    """Return where the server called ``name`` reads how to misbehave."""
    return scratch / f"{name}.misconduct"


def tally_file(scratch: Path, name: str) -> Path:
    """Return where the server called ``name`` keeps account of its slots and requests."""
    return scratch / f"{name}.tally"


def calls_socket(scratch: Path) -> Path:
    """Return where the balancer takes the calls of the servers to other services."""
    return scratch / "services.sock"


def seeding(topology: Topology, scratch: Path) -> Process:
    """Return the command that makes the tables and fills them."""
    return Process("seed", (sys.executable, "-m", "target_app", "seed"), _environment(topology, scratch), once=True)


def socket_server(topology: Topology, name: str, scratch: Path, port: int | None = None) -> Process:
    """Return one server of WebSockets, as :func:`server` does one of pages."""
    unix = "" if port else str(socket_path(scratch, name))
    listen = ("--host", "127.0.0.1", "--port", str(port)) if port else ("--uds", unix)
    options = {
        "--ws": "target_app.sockets.protocol:SocketProtocol",
        "--ws-ping-interval": 100_000_000,  # pings are the client's to send
        "--ws-per-message-deflate": "false",  # it takes more memory than all the rest
        "--timeout-graceful-shutdown": 1,
        "--timeout-keep-alive": KEEP_ALIVE_S,
        "--backlog": BACKLOG,
        "--log-level": "warning",
    }
    flags = [text for name, value in options.items() for text in (name, str(value))]
    argv = (sys.executable, "-m", "uvicorn", *listen, *flags, "target_app.sockets.app:application")
    age_s, jitter_s = topology.socket_ages
    own = {
        "backend": name,
        "misconduct": str(misconduct_file(scratch, name)),
        "socket_max_age_s": str(age_s),
        "socket_max_age_jitter_s": str(jitter_s),
    }
    if topology.feed == "channels":
        own |= {"feed": "channels", **_redis(topology, scratch)}
    env = _environment(topology, scratch) | {f"{_PREFIX}{setting.upper()}": value for setting, value in own.items()}
    return Process(name, argv, env, unix=unix, port=port or 0)


def server(topology: Topology, pool: Pool, name: str, scratch: Path, port: int | None = None) -> Process:
    """Return one server: on its Unix socket, or on a port of 127.0.0.1 where there is no balancer before it."""
    if topology.serves == "sockets":
        return socket_server(topology, name, scratch, port)
    unix = "" if port else str(socket_path(scratch, name))
    listen = ("--host", "127.0.0.1", "--port", str(port)) if port else ("--uds", unix)
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--loop": "asyncio",
        "--workers": 1,
        "--blocking-threads": topology.slots,
        # A thread that stays keeps its database connection.
        "--blocking-threads-idle-timeout": 600,
        # Bounds connections, and one too many hangs while slots idle. The balancer has at most as many as it may have
        # file descriptors: twice that is never reached.
        "--backpressure": 2 * file_limit(),
        "--backlog": BACKLOG,
        "--http1-header-read-timeout": KEEP_ALIVE_S * 1000,
        "--workers-kill-timeout": 2,
        "--log-level": "warning",
    }
    flags = [text for name, value in options.items() for text in (name, str(value))]
    argv = (sys.executable, "-m", "granian", *listen, *flags, "--no-ws", "target_app.wsgi:application")
    own = {
        "backend": name,
        "slots": str(topology.slots),
        "writes": topology.writes,
        "tally": str(tally_file(scratch, name)),
        **_cache(topology),
        **_heavy_work(topology),
        "misconduct": str(misconduct_file(scratch, name)),
        "updates": topology.updates,
        **_old_data(topology),
        **_calls(topology, pool, scratch),
        **_bus(topology, pool, scratch),
    }
    env = _environment(topology, scratch) | {f"{_PREFIX}{setting.upper()}": value for setting, value in own.items()}
    return Process(name, argv, env, unix=unix, port=port or 0)


def _calls(topology: Topology, pool: Pool, scratch: Path) -> dict[str, str]:
    """Return the settings of a server's calls to other services; none where each server does everything itself."""
    if not topology.has_inner_calls:
        return {}
    elsewhere = topology.elsewhere(pool.name)
    remote = {"remote": ",".join(f"{app}={service}" for app, service in elsewhere.items())} if elsewhere else {}
    way = {"services_socket": str(calls_socket(scratch))} if topology.calls_over_http else {"transport": "bus"}
    return {"calls": topology.calls, **way, **remote}


def _bus(topology: Topology, pool: Pool, scratch: Path) -> dict[str, str]:
    """Return the settings of the bus, and of what is left to it.

    Heavy work is told by path or by user, which calls know not: its servers take none, as with HTTP.
    """
    settings = {"confirmation": topology.confirmation} if topology.confirmation != "none" else {}
    if topology.has_bus:
        settings |= _redis(topology, scratch)
        if pool.name != services.HEAVY:
            settings["service"] = pool.name
    if topology.confirmation == "bus":
        settings["confirmation_service"] = services.home(topology.services, "payments")
    return settings


def _redis(topology: Topology, scratch: Path) -> dict[str, str]:
    return {"redis": str(redis.socket_path(scratch)), "bus_capacity": str(topology.bus_capacity)}


def _environment(topology: Topology, scratch: Path) -> dict[str, str | None]:
    """Return what changes in the environment: the database is set, the caller's settings of Django and granian go.

    The target's settings (``LOADSIM_TARGET_...``) pass through.
    """
    changed: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("GRANIAN_", "DJANGO_"))}
    spec = importlib.util.find_spec("target_app")
    if spec and spec.origin:
        found = [str(Path(spec.origin).parents[1]), os.environ.get("PYTHONPATH", "")]
        changed["PYTHONPATH"] = os.pathsep.join(part for part in found if part)
    return changed | {f"{_PREFIX}{setting.upper()}": value for setting, value in _databases(topology, scratch).items()}


def _databases(topology: Topology, scratch: Path) -> dict[str, str]:
    """Return the settings of where the data is."""
    data = topology.data
    if not data.primaries:
        return {"database": str(scratch / "shop.sqlite3")}
    counts = {"replicas": data.replicas, "shards": data.shards}
    own = {name: str(count) for name, count in counts.items() if count}
    return {"databases": data.layout, "postgres": str(scratch), "sticky_s": str(data.sticky_s), **own}


def _heavy_work(topology: Topology) -> dict[str, str]:
    """Return what heavy work takes, where it is not as the target's own settings have it."""
    settings = {}
    if topology.heavy_hold != HEAVY_HOLD:
        settings["export_hold_s"] = str(topology.heavy_hold_s)
    if topology.heavy_cpu != HEAVY_CPU:
        settings["export_cpu_share"] = str(topology.heavy_cpu_share)
    return settings


def _cache(topology: Topology) -> dict[str, str]:
    """Return the setting of which answers a server keeps; none where it keeps none."""
    ages = ",".join(f"{route}={parse_duration(age)}" for route, age in topology.cache.items())
    return {"cache": ages} if ages else {}


def _old_data(topology: Topology) -> dict[str, str]:
    """Return the settings of how old what is read may be; who makes the data reads no replica."""
    data = topology.data
    return {"prefers": data.prefers, "catch_up_s": str(data.lag_s + _CATCH_UP_S)} if data.replicas else {}
