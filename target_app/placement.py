"""Which database holds what: the one place that decides, so that to place data otherwise is one change.

``LOADSIM_TARGET_DATABASES`` says how the data is laid out:

    single        one SQLite file
    postgres      one PostgreSQL server
    replicas      one that takes every write, and replicas of it that are read
    partitioned   users, images and comments on servers of their own; the rest on the first
    sharded       comments by the item that they are about, over several servers; the rest on the first

Databases have the names by which Django knows them: ``default``, and ``replica-1``, ``users`` or ``comments-1``.
Nothing here knows of Django: :mod:`target_app.routing` brings its queries to the places named here.
"""

from __future__ import annotations

from typing import Literal

from target_app.config import Config

Intent = Literal["read", "write"]
FIRST = "default"
PARTITIONS = ("users", "images", "comments")
"""The apps that get databases of their own when the data is partitioned."""
_REPLICA = "replica"
SHARDED = "comments"
"""The app whose rows are cut up by a key when the data is sharded."""


def place(config: Config, app: str, intent: Intent, key: int | None = None, turn: int = 0) -> str:
    """Return the database for rows of ``app``.

    ``key`` is what they are cut up by, where they are; ``turn`` counts, and those who read take the replicas by turns.
    Raises LookupError where the key decides and is not given.
    """
    copies = replicas(config)
    if intent == "read" and copies:
        return copies[turn % len(copies)]
    places = homes(config, app)
    if len(places) == 1:
        return places[0]
    if key is None:
        raise LookupError(f"{app} are cut up over {len(places)} databases: which one has it depends on the key")
    return places[key % len(places)]


def homes(config: Config, app: str) -> tuple[str, ...]:
    """Return every database that takes writes of ``app``: who has no key must ask them all."""
    if config.databases == "sharded" and app == SHARDED:
        return _numbered(SHARDED, config.shards)
    if config.databases == "partitioned" and app in PARTITIONS:
        return (app,)
    return (FIRST,)


def replicas(config: Config) -> tuple[str, ...]:
    """Return every database that is read and never written."""
    return _numbered(_REPLICA, config.replicas) if config.databases == "replicas" else ()


def primaries(config: Config) -> tuple[str, ...]:
    """Return every database that takes writes."""
    return tuple(dict.fromkeys([FIRST, *(name for app in PARTITIONS for name in homes(config, app))]))


def server(name: str) -> str:
    """Return what the PostgreSQL server of this database is called; a server of pages may have the name of an app."""
    if name == FIRST:
        return "primary"
    return name if name.startswith(_REPLICA) else f"db-{name}"


def role(name: str) -> str:
    """Return what Server-Timing calls the time in this database: ``db``, ``db-replica``, ``db-comments``."""
    return "db" if name == FIRST else f"db-{name.rstrip('-0123456789')}"


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}-{number}" for number in range(1, count + 1))
