"""How the target's data is laid out over databases, and which servers that takes; ``target_app.placement`` does it."""

from __future__ import annotations

from dataclasses import dataclass

PREFERS = ("availability", "consistency")
LAYOUTS = ("single", "postgres", "replicas", "partitioned", "sharded")
PARTITIONS = ("users", "images", "comments")
MOST_COPIES = 16
LONGEST_S = 3600.0
MOST_CONNECTIONS = 400
"""PostgreSQL has a process for each connection, and each slot holds one to each of its servers."""


@dataclass(frozen=True, slots=True)
class Databases:
    """``single`` is one SQLite file, ``postgres`` one PostgreSQL server; the others are several of these.

    ``replicas``: the first takes every write and the others are copies of it, ``lag_s`` behind, which are read; for
    ``sticky_s`` after a write its user reads the first. ``prefers`` is what a copy that is cut off does: it serves old
    data (``availability``), or refuses (``consistency``); then every read waits until its copy is up to date.
    ``partitioned``: users, images and comments have one each.
    ``sharded``: comments are cut up over ``shards`` by the item they are about.

    Raises ValueError, with what was expected, for what cannot be.
    """

    layout: str
    replicas: int = 0
    shards: int = 0
    lag_s: float = 0.0
    sticky_s: float = 0.0
    prefers: str = PREFERS[0]

    def __post_init__(self) -> None:
        own: dict[str, dict[str, float]] = {
            "replicas": {
                "replicas": self.replicas,
                "lag": self.lag_s,
                "sticky": self.sticky_s,
                "prefers": self.prefers != PREFERS[0],
            },
            "sharded": {"shards": self.shards},
        }
        for layout, settings in own.items():
            for name, value in settings.items():
                if value and layout != self.layout:
                    why = "SQLite has no replication" if (self.layout, name) == ("single", "replicas") else ""
                    raise ValueError(f"{name} with databases={self.layout}: {why or f'it goes with {layout}'}")
        for name, seconds in (("lag", self.lag_s), ("sticky", self.sticky_s)):
            if seconds > LONGEST_S:
                raise ValueError(f"{name} of {seconds:g} s: expected an hour at most")
        self._count("replicas", self.replicas, 1)
        self._count("shards", self.shards, 2, layout="sharded")

    def _count(self, name: str, value: int, least: int, layout: str = "replicas") -> None:
        if layout == self.layout and not least <= value <= MOST_COPIES:
            raise ValueError(f"databases={layout} with {name}={value}: expected {least} to {MOST_COPIES}")

    @property
    def primaries(self) -> tuple[str, ...]:
        """The PostgreSQL servers that take writes; none for SQLite."""
        apart = tuple(f"db-{app}" for app in PARTITIONS)  # a server of pages may have the name of an app
        more = {"partitioned": apart, "sharded": _numbered("db-comments", self.shards)}
        return () if self.layout == "single" else ("primary", *more.get(self.layout, ()))

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every PostgreSQL server."""
        return (*self.primaries, *self.replica_names)

    @property
    def replica_names(self) -> tuple[str, ...]:
        """The PostgreSQL servers that copy the first."""
        return _numbered("replica", self.replicas)

    def describe(self) -> str:
        """Return it in words."""
        if self.layout in ("single", "postgres"):
            return "SQLite" if self.layout == "single" else "PostgreSQL"
        if self.layout == "replicas":
            copies = f"PostgreSQL with {self.replicas} replica{'s' * (self.replicas > 1)}"
            late = f" {self.lag_s:g} s behind" if self.lag_s else ""
            sticky = f", sticky for {self.sticky_s:g} s" if self.sticky_s else ""
            return copies + late + sticky + (", consistency preferred" if self.prefers != PREFERS[0] else "")
        return f"PostgreSQL {self.layout} over {', '.join(self.primaries)}"


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}-{number}" for number in range(1, count + 1))
