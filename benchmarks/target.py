"""What the benchmarks make load on: nginx on a free loopback port, one process on one core, gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SMALL = json.dumps({"id": 1, "name": "a thing of some kind", "price": "12.50", "stock": 41, "tags": ["new", "red"]})
BACKENDS = 64
_CONFIGURATION = """
daemon off; master_process off; pid {dir}/pid; error_log {dir}/error.log crit; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir};
  scgi_temp_path {dir};
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location ~ ^/backend/(?<number>[0-9]+)/ {{ add_header X-Backend web-$number; return 200 '{small}'; }}
    location / {{ add_header X-Backend web-1; return 200 '{small}'; }}
  }}
}}
"""

_usable: list[int] = []
"""The cores there were before this process gave the first one up."""


class MissingToolError(Exception):
    """A program that a benchmark needs is not here; the text says which, and how to get it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target that is up. ``pid`` is its only process."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core makes the load, and which one takes it (and runs what records)."""

    load: int
    target: int


def take_cores() -> Cores:
    """Return the first and the last core this process may use, and keep this process itself off the first."""
    if not hasattr(os, "sched_getaffinity"):
        raise MissingToolError("the benchmarks keep processes on cores of their own, which needs Linux")
    usable = _usable or sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise MissingToolError("the benchmarks need two cores: one makes the load, one takes it")
    os.sched_setaffinity(0, usable[1:])
    _usable[:] = usable
    return Cores(usable[0], usable[-1])


def tool(name: str, how_to_get_it: str) -> str:
    """Return the path of a program, also where root's programs are. Raises MissingToolError."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join([beside, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise MissingToolError(f"{name} is not installed ({how_to_get_it})")
    return found


@contextmanager
def nginx(cpu: int) -> Iterator[Target]:
    """Run nginx on ``cpu``: a 97-byte JSON answer to anything; ``/backend/N/`` is answered as by backend web-N."""
    program = tool("nginx", "apt-get install nginx-light")
    with tempfile.TemporaryDirectory(prefix="loadsim-bench-") as name:
        directory, port = Path(name), _free_port()
        configuration = directory / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(dir=directory, port=port, small=SMALL))
        process = subprocess.Popen([program, "-e", str(directory / "error.log"), "-c", str(configuration)])
        try:
            os.sched_setaffinity(process.pid, {cpu})
            _await(process, port, directory / "error.log")
            yield Target(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.kill()  # it has nothing to lose, and may be stopped
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"nginx did not come up: {log.read_text() if log.exists() else 'no log'}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
