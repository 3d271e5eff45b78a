"""How far replicas are behind, as PostgreSQL tells it, asked once a second and beside everything else.

A replica that has applied all that it received is not behind. Of any other the lag is the time since the newest commit
that it has applied (``pg_last_xact_replay_timestamp``): what it lacks is younger than that. Who is behind is asked once
more: after a time without writes, one that is on its way for a moment would pass for a lag as long as that time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from loadsim.deploy.postgres import USER

if TYPE_CHECKING:
    import psycopg

_EVERY_S, _AGAIN_S = 1.0, 0.05
_LAG = """
    SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
           ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8"""
_BEHIND = "SELECT application_name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::int8 FROM pg_stat_replication"


@dataclass(frozen=True, slots=True)
class Behind:
    """How far one replica is behind: in time by its own account, in bytes of log by the primary's. None: not known."""

    lag_s: float | None
    log_bytes: int | None


Reading = tuple[float, dict[str, Behind]]
"""When it was taken, by ``time.perf_counter``, and how far each replica was behind."""


class ReplicaWatch:
    """Asks while it is open, in a thread of its own, since a server that hangs does not answer. A context manager."""

    def __init__(self, scratch: Path, replicas: Sequence[str]) -> None:
        self._scratch, self._replicas = scratch, replicas
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._readings: deque[Reading] = deque()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="replicas", daemon=True)

    def readings(self) -> list[Reading]:
        """Return what was read since this was last called."""
        return [self._readings.popleft() for _ in range(len(self._readings))]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(_EVERY_S)  # one that hangs ends with the server that it waits for

    def _watch(self) -> None:
        due = perf_counter()
        while not self._closing.wait(max(0.0, due - perf_counter())):
            due = max(due + _EVERY_S, perf_counter())
            behind = {str(name): int(size) for name, size in self._ask("primary", _BEHIND) if size is not None}
            lags = {replica: self._lag_s(replica) for replica in self._replicas}
            self._readings.append(
                (perf_counter(), {name: Behind(lag_s, behind.get(name)) for name, lag_s in lags.items()})
            )
        for connection in self._connections.values():
            connection.close()

    def _lag_s(self, replica: str) -> float | None:
        (found,) = self._ask(replica, _LAG) or [(None,)]
        if found[0]:
            self._closing.wait(_AGAIN_S)
            (found,) = self._ask(replica, _LAG) or [(None,)]
        return None if found[0] is None else max(0.0, float(found[0]))

    def _ask(self, server: str, query: str) -> list[tuple[Any, ...]]:
        """Return the rows; none if the server cannot be asked, to which another connection is tried the next time."""
        import psycopg

        try:
            if server not in self._connections:
                host = str(self._scratch / server)
                self._connections[server] = psycopg.connect(
                    host=host, user=USER, dbname=USER, connect_timeout=2, autocommit=True
                )
            return self._connections[server].execute(query).fetchall()
        except psycopg.Error:
            if server in self._connections:
                with suppress(psycopg.Error):
                    self._connections.pop(server).close()
            return []
