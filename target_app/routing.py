"""Brings Django's queries to the databases that :mod:`target_app.placement` names.

Queries on what one database holds find it through :class:`Router`. Where the key decides, the apps ask
:func:`database`, or :func:`everywhere` when they have none; whatever writes does so within :func:`writing`.

Replicas are read as they are, or, with ``LOADSIM_TARGET_PREFERS=consistency``, once they have all that was written.
What a request has written it sees: once it writes, it reads where writes go. With ``LOADSIM_TARGET_STICKY_S`` so do the
later requests of its user, for so long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from target_app import placement
from target_app.currency import wait_until_current
from target_app.errors import ReadOnly
from target_app.instructions import instructions
from target_app.last_writes import LastWrites
from target_app.placement import Intent
from target_app.services.present import present

Model = type[models.Model]


def database(model: Model, intent: Intent, key: int | None = None) -> str:
    """Return the database for rows of ``model``; ``key`` is what they are cut up by, where they are."""
    own = intent == "read" and _reads_own_writes()
    place = placement.place(settings.CONFIG, _app(model), "write" if own else intent, key, present.turn)
    if settings.CONFIG.prefers == "consistency" and place in placement.replicas(settings.CONFIG):
        _be_current(place)
    return place


def everywhere(model: Model) -> tuple[str, ...]:
    """Return the databases to read, each once, to find rows of ``model`` whatever their key."""
    places = placement.homes(settings.CONFIG, _app(model))
    return places if len(places) > 1 else (database(model, "read"),)


@contextmanager
def writing(model: Model, key: int | None = None) -> Iterator[str]:
    """Make the block one transaction where ``model`` is written; yield that database's name.

    Raises ReadOnly while nothing is to be written; who has begun to write may go on, and is not left half done.
    """
    if not present.has_written and (settings.CONFIG.writes == "refused" or instructions().read_only):
        raise ReadOnly("nothing can be written now, only read")
    name = database(model, "write", key)
    present.has_written = True
    with transaction.atomic(using=name):
        yield name
    if settings.CONFIG.sticky_s and present.user:
        _last_writes().note(present.user)


def _be_current(replica: str) -> None:
    """Wait for a replica, once a request: what was written before it began is what it is to show."""
    if not present.is_current:
        wait_until_current(replica)
        present.is_current = True


def _reads_own_writes() -> bool:
    """Whether this request has written, or its user has within the sticky time."""
    sticky_s: float = settings.CONFIG.sticky_s
    if present.has_written or not (sticky_s and present.user):
        return present.has_written
    return _last_writes().ago_s(present.user) < sticky_s


@cache
def _last_writes() -> LastWrites:
    return LastWrites(Path(settings.CONFIG.postgres) / "last-writes")


def _app(model: Model) -> str:
    return str(model._meta.app_label)  # noqa: SLF001 - Django's documented interface


class Router:
    """Finds for Django the database of a query that names none."""

    def db_for_read(self, model: Model, **_: Any) -> str:
        """Return where to read rows of ``model``."""
        return database(model, "read")

    def db_for_write(self, model: Model, **_: Any) -> str:
        """Return where to write rows of ``model``."""
        return database(model, "write")

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        """Make tables where their rows are written; replicas get them from there."""
        return db in placement.homes(settings.CONFIG, app_label)
