"""Django's SQLite backend with its time put on the request's account: waiting for the writer's lock, and the rest."""

from __future__ import annotations

import time
from typing import Any

from django.db.backends.sqlite3 import base as sqlite3_backend

from target_app.timing import span, timing


class TimedCursor(sqlite3_backend.SQLiteCursorWrapper):
    """A cursor that times what it does. SQLite computes rows as they are fetched, so fetching counts too."""

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        started = time.perf_counter()
        try:
            return super().execute(query, params)
        finally:
            timing.add("db", time.perf_counter() - started)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for each of the parameters."""
        with span("db"):
            return super().executemany(query, param_list)

    def fetchone(self) -> Any:
        """Compute the next row."""
        with span("db"):
            return super().fetchone()

    def fetchmany(self, size: int = 1) -> Any:
        """Compute the next rows; Django reads all its rows in this way."""
        started = time.perf_counter()
        try:
            return super().fetchmany(size)
        finally:
            timing.add("db", time.perf_counter() - started)


class DatabaseWrapper(sqlite3_backend.DatabaseWrapper):
    """Django's connection to SQLite, timed."""

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - the parent's signature
        """Return a timed cursor."""
        return self.connection.cursor(factory=TimedCursor)

    def _start_transaction_under_autocommit(self) -> None:
        # BEGIN IMMEDIATE takes the one write lock: its whole duration is the wait for it, and some 20 us.
        with span("lock"), self.wrap_database_errors:
            self.connection.execute(f"BEGIN {self.transaction_mode or 'DEFERRED'}")

    def _commit(self) -> None:
        with span("db"):
            super()._commit()
