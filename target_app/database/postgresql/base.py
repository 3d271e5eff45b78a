"""Django's PostgreSQL backend with its time put on the request's account, by the role of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base as postgresql_backend

from target_app.timing import span


class DatabaseWrapper(postgresql_backend.DatabaseWrapper):
    """Django's connection to PostgreSQL, timed as the part that ``TIMED_AS`` of its settings names."""

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        self._part: str = settings_dict["TIMED_AS"]
        self.execute_wrappers.append(self._timed)

    def _timed(self, execute: Callable[..., Any], *args: Any) -> Any:
        # The driver has all rows when a statement is done: fetching them is no part of the database's time.
        with span(self._part):
            return execute(*args)

    def _commit(self) -> None:
        with span(self._part):
            super()._commit()
