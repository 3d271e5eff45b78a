"""Reads that must show all that was written: a replica is waited for until it has it, or the request is refused.

The primary is asked how far it has written when the read begins, and the replica until it has applied that: the "read
index" of Ongaro's "Consensus: bridging theory and practice" (2014), 6.4. So no read is stale, whatever the lag; the
price is a question to the primary for each request that reads, the wait, and no answer where either is cut off.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.db import connections

from target_app.errors import NotCurrent
from target_app.placement import FIRST
from target_app.services.present import present
from target_app.timing import span

_ASK_EVERY_S = 0.005
_REMEMBERED_S = 1.0
"""For so long after a wait in vain a replica is asked and not waited for: else those who wait would fill all slots."""
_in_vain: dict[str, float] = {}


def wait_until_current(replica: str) -> None:
    """Return when a replica has applied all that had been written when this was called; raise NotCurrent."""
    written = _ask(FIRST, "SELECT pg_current_wal_flush_lsn()::text")
    began = time.monotonic()
    waits = began > _in_vain.get(replica, 0.0) + _REMEMBERED_S
    until = min(began + settings.CONFIG.catch_up_s, present.deadline) if waits else began
    with span("catch-up"):
        while not _ask(replica, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written):
            if time.monotonic() >= until:
                if waits:
                    _in_vain[replica] = time.monotonic()
                raise NotCurrent(f"{replica} lacks what was written, and old data is not to be served")
            time.sleep(_ASK_EVERY_S)


def _ask(database: str, query: str, *values: object) -> object:
    with connections[database].cursor() as cursor:
        cursor.execute(query, values or None)
        row = cursor.fetchone()
    return row[0] if row else None
