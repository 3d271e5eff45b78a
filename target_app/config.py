"""Every setting of the target: an environment variable each, typed, checked and documented here and nowhere else.

``LOADSIM_TARGET_`` and the field's name in capitals: ``export_hold_s`` is ``LOADSIM_TARGET_EXPORT_HOLD_S``.
``python -m target_app settings`` prints the table below as it stands in the present environment.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

PREFIX = "LOADSIM_TARGET_"
CALLS = ("serial", "parallel", "batched")
TRANSPORTS = ("http", "bus")
CONFIRMATIONS = ("none", "inline", "bus")
WRITES = ("accepted", "refused")
PREFERS = ("availability", "consistency")
UPDATES = ("atomic", "read_modify_write")
FEEDS = ("clock", "channels")
DATABASES = ("single", "postgres", "replicas", "partitioned", "sharded")


class ConfigError(ValueError):
    """A setting that cannot be taken: names the variable, its value and what was expected."""


def _setting(
    default: Any, about: str, low: float = 0, high: float = math.inf, choices: Sequence[str] | None = None
) -> Any:
    return field(default=default, metadata={"about": about, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server process; the defaults are those of the built-in scenarios."""

    databases: str = _setting("single", "how data is laid out over databases: target_app.placement", choices=DATABASES)
    database: str = _setting("loadsim-target.sqlite3", "path of the SQLite file that all servers share (single)")
    postgres: str = _setting("", "directory with one of its own for each PostgreSQL server's socket (all others)")
    replicas: int = _setting(2, "replicas that are read (replicas)", 1, 100)
    shards: int = _setting(3, "databases that comments are cut up over (sharded)", 2, 100)
    sticky_s: float = _setting(0.0, "for so long after a write its user reads where writes go (replicas)", 0, 3600)
    prefers: str = _setting(
        "availability", "what a replica that is behind does: serve old data, or refuse (replicas)", choices=PREFERS
    )
    catch_up_s: float = _setting(0.5, "longest wait for a replica to have all that was written (consistency)", 0, 7200)
    backend: str = _setting("web-1", "name of this server, sent as X-Backend")
    slots: int = _setting(4, "requests this server works on at once; the server's threads, told by /healthz", 1)

    remote: str = _setting("", "apps that other servers run, each with its service: 'users=inventory,...'; or none")
    transport: str = _setting("http", "how other services are called: over HTTP or over the bus", choices=TRANSPORTS)
    services_socket: str = _setting("", "Unix socket behind which the services are (http); empty where there are none")
    redis: str = _setting("", "Unix socket of the Redis that is the bus; empty where there is none")
    bus_capacity: int = _setting(100, "messages that each queue of the bus holds; more are refused", 1, 1_000_000)
    service: str = _setting("", "service whose calls this server takes off the bus; empty for none")
    calls: str = _setting("serial", "how a page calls other services: serial, parallel or batched", choices=CALLS)
    request_timeout_s: float = _setting(30.0, "longest that a request may take with its calls to other services", 0.001)

    cache: str = _setting("", "routes whose answers are kept, each with its longest age in seconds: '/items/:id=5,...'")
    writes: str = _setting("accepted", "whether anything can be written; else a write is answered 503", choices=WRITES)
    tally: str = _setting("", "file of what this server is doing and has done: target_app.tally; empty for none")
    misconduct: str = _setting("", "file that says how to misbehave while it is there: target_app.instructions")

    socket_max_age_s: float = _setting(0.0, "age at which a socket is closed with 1001; 0 for never", 0, 86_400)
    socket_max_age_jitter_s: float = _setting(0.0, "give or take so much, each differently", 0, 86_400)
    feed: str = _setting("clock", "how the feed comes to sockets: target_app.sockets", choices=FEEDS)
    feed_interval_s: float = _setting(1.0, "time between two messages of the feed that sockets hear", 0.001, 3600)

    seed: int = _setting(1, "seeds the data and the payment provider: same seed, same data and same waits")
    items: int = _setting(1_000, "items, each with an image of the same id: ids 1..items", 1, 1_000_000)
    users: int = _setting(200, "users: ids 1..users", 1, 1_000_000)
    comments: int = _setting(5_000, "comments on the items when the data is new", 0, 10_000_000)
    stock: int = _setting(1_000_000, "pieces of each item in stock; lower it to see items sell out", 0, 1_000_000_000)

    scarce_items: int = _setting(5, "items of which there are few: those with the highest ids", 0, 1_000_000)
    scarce_stock: int = _setting(20, "pieces of each of these in stock", 0, 1_000_000_000)
    updates: str = _setting("atomic", "how a purchase takes pieces out of stock: payments.taking", choices=UPDATES)

    lock_timeout_s: float = _setting(5.0, "longest wait for SQLite's one writer; after it the answer is 503", 0, 3600)
    payment_median_s: float = _setting(0.4, "median wait for the payment provider (log-normal)", 0, 3600)
    payment_sigma: float = _setting(0.5, "spread of that wait: the standard deviation of its logarithm", 0, 5)
    confirmation: str = _setting(
        "none", "the mail after a payment: none, sent before the answer, or left to the bus", choices=CONFIRMATIONS
    )
    confirmation_service: str = _setting("", "service that sends it (bus)")
    confirmation_median_s: float = _setting(0.2, "median time that sending it takes (log-normal)", 0, 3600)
    confirmation_sigma: float = _setting(0.5, "spread of that time: the standard deviation of its logarithm", 0, 5)
    decline_share: float = _setting(0.0, "share of payments that the provider declines: 402", 0, 1)
    export_hold_s: float = _setting(0.4, "time for which an export holds its slot", 0, 3600)
    export_cpu_share: float = _setting(0.02, "share of that time spent computing; the rest is waiting", 0, 1)

    def __post_init__(self) -> None:
        _ages(self.cache)
        if self.databases != "single" and not self.postgres:
            raise ConfigError(f"{PREFIX}DATABASES='{self.databases}' needs {PREFIX}POSTGRES: where the servers are")
        if self.services and self.transport == "http" and not self.services_socket:
            raise ConfigError(f"{PREFIX}REMOTE='{self.remote}' needs {PREFIX}SERVICES_SOCKET: where the services are")
        for name in ("transport", "confirmation"):
            if getattr(self, name) == "bus" and not self.redis:
                raise ConfigError(f"{PREFIX}{name.upper()}='bus' needs {PREFIX}REDIS: where the bus is")
        if self.feed == "channels" and not self.redis:
            raise ConfigError(f"{PREFIX}FEED='channels' needs {PREFIX}REDIS: where the channel layer is")
        if self.confirmation == "bus" and not self.confirmation_service:
            raise ConfigError(f"{PREFIX}CONFIRMATION='bus' needs {PREFIX}CONFIRMATION_SERVICE: who sends it")

    @property
    def services(self) -> Mapping[str, str]:
        """For each app that other servers run, the service that it is a part of."""
        return _services(self.remote)

    @property
    def max_ages(self) -> Mapping[str, float]:
        """For each route whose answers are kept, how old they may be, in seconds."""
        return _ages(self.cache)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the settings; raise :class:`ConfigError` for a value that cannot be taken, or an unknown name."""
        given = os.environ if environment is None else environment
        known = {PREFIX + item.name.upper(): item for item in fields(cls)}
        unknown = sorted(name for name in given if name.startswith(PREFIX) and name not in known)
        if unknown:
            raise ConfigError(f"unknown setting {unknown[0]}: known are {', '.join(sorted(known))}")
        values: dict[str, Any] = {}
        for name, item in known.items():
            if name in given:
                values[item.name] = _parse(name, given[name], type(item.default), item.metadata)
        return cls(**values)


@cache
def _services(text: str) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if text]
    if not all(app and service for app, _, service in pairs):
        raise ConfigError(f"{PREFIX}REMOTE='{text}': expected APP=SERVICE,...")
    return {app: service for app, _, service in pairs}


@cache
def _ages(text: str) -> Mapping[str, float]:
    pairs = [pair.partition("=") for pair in text.split(",") if text]
    try:
        return {route: float(age) for route, _, age in pairs}
    except ValueError:
        raise ConfigError(f"{PREFIX}CACHE='{text}': expected ROUTE=SECONDS,...") from None


def _parse(name: str, text: str, kind: type, limits: Mapping[str, Any]) -> str | int | float:
    if kind is str:
        if not text:
            raise ConfigError(f"{name} is empty")
        if limits["choices"] and text not in limits["choices"]:
            raise ConfigError(f"{name}='{text}': expected {', '.join(limits['choices'])}")
        return text
    expected = f"{name}='{text}': expected {'a whole number' if kind is int else 'a number'}"
    try:
        value: int | float = int(text) if kind is int else float(text)
    except ValueError:
        raise ConfigError(expected) from None
    if not limits["low"] <= value <= limits["high"]:
        raise ConfigError(f"{expected} from {limits['low']:,} to {limits['high']:,}")
    return value
