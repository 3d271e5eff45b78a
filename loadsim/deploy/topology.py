"""Which processes make up the bundled target, and how requests find them: a value, brought up by ``deployment``."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadsim.deploy import services
from loadsim.deploy.databases import LAYOUTS, LONGEST_S, MOST_CONNECTIONS, PREFERS, Databases
from loadsim.deploy.pools import Pool, share_out
from loadsim.errors import SpecError, UsageError, nearest
from loadsim.units import parse_age, parse_duration, parse_share

POLICIES = ("round_robin", "least_request", "random", "ring_hash")
BALANCERS = {"envoy": "Envoy", "haproxy": "HAProxy", "none": "no balancer"}
SERVES = ("pages", "sockets")
HEAVY_POOLS = ("shared", "path", "user")
TRANSPORTS = {"in_process": "in process", "http": "over HTTP", "bus": "over a bus"}
CALLS = ("serial", "parallel", "batched")
CONFIRMATIONS = ("none", "inline", "bus")
FEEDS = ("clock", "channels")
UPDATES = ("atomic", "read_modify_write")
WRITES = ("accepted", "refused")
CACHEABLE = (
    *("/", "/items", "/items/:id", "/dashboard", "/export", "/images/:id/thumbnail"),
    *("/api/items/:id", "/api/items/:id/stock", "/api/items/:id/comments", "/api/orders/:id", "/api/users/:id"),
)
"""The target's routes that are read."""
MOST_SERVERS, MOST_SLOTS, MOST_WEIGHT, MOST_WAITING = 64, 512, 1000, 1_000_000
BUS_CAPACITY = 100
HEAVY_HOLD, HEAVY_CPU = "400ms", "2%"
"""As the target has them by itself."""


@dataclass(frozen=True, slots=True)
class Topology:
    """``servers`` servers of ``slots`` slots each; a slot works on one request at a time, the others wait.

    ``services`` is how many services the target is cut into by logic, 1, 3 or 6, each with a pool of servers of its
    own. ``heavy`` says where heavy work goes: with the rest (``shared``), or to a pool of its own, told by its
    ``path`` or by the ``user`` who asks. That pool gets a quarter of the servers, the services share the others alike;
    ``sizes`` says of some pools how many servers they get instead.

    A heavy request holds its slot for ``heavy_hold``, and computes for ``heavy_cpu`` of that; for the rest it waits.

    ``transport`` is how services call each other: ``in_process`` (every server does everything itself, with the same
    code and database), ``http`` or ``bus`` (Channels over Redis, with one queue for each service); ``calls`` is how a
    page makes those it needs: ``serial``, ``parallel``, ``batched``. ``confirmation`` is when the mail after a payment
    is sent: never (``none``), before the answer (``inline``), or some time later (``bus``). Each queue of the bus holds
    ``bus_capacity`` messages.

    ``policy`` is how the balancer chooses a server, in Envoy's terms: ``least_request`` takes the less busy of two
    drawn at random, ``ring_hash`` goes by the request's ``X-User`` header (at random without it). ``weights`` are those
    of servers in ``round_robin``, 1 where none is given. With ``none`` as its ``balancer`` the one server is spoken to
    directly.

    ``databases`` is how the data is laid out (:class:`~loadsim.deploy.databases.Databases`), and ``replicas``, their
    ``lag``, the ``sticky`` time, what a replica ``prefers`` and ``shards`` are what some layouts take.

    ``cache`` names routes whose answers each server keeps and serves again, and how old they may be.

    With ``writes`` ``refused`` the target is read-only: what would write is answered 503, and reads go on.

    ``updates`` is how a purchase takes pieces out of stock: ``atomic``, in one statement for which the database has
    others wait, or ``read_modify_write``, by which two at once write the same and one of them is lost.

    ``serves`` is what the servers do: ``pages``, as all of this says, or ``sockets``: WebSockets alone, which know no
    services and no databases, and of which a server holds as many as come, whatever its slots. A server closes them at
    ``socket_max_age``, ``60s`` or ``60s~20s`` give or take, or never (``0s``). Their ``feed`` is sent by every server
    for itself (``clock``), or by one of them to all over a channel layer on Redis (``channels``), which holds
    ``bus_capacity`` messages for each server and drops what is beyond.

    Raises UsageError for what cannot be.
    """

    name: str
    servers: int
    slots: int
    policy: str = "round_robin"
    balancer: str = "envoy"
    services: int = 1
    heavy: str = "shared"
    heavy_hold: str = HEAVY_HOLD
    heavy_cpu: str = HEAVY_CPU
    transport: str = "in_process"
    calls: str = "serial"
    confirmation: str = "none"
    bus_capacity: int = BUS_CAPACITY
    sizes: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    databases: str = "single"
    replicas: int = 0
    lag: str = "0s"
    sticky: str = "0s"
    prefers: str = PREFERS[0]
    shards: int = 0
    cache: Mapping[str, str] = field(default_factory=dict)
    writes: str = "accepted"
    updates: str = "atomic"
    socket_max_age: str = "0s"
    feed: str = "clock"
    serves: str = "pages"

    def __post_init__(self) -> None:
        self._whole("servers", self.servers, MOST_SERVERS)
        self._whole("slots", self.slots, MOST_SLOTS)
        if self.services not in services.SERVICES or isinstance(self.services, bool):
            raise self._wrong(f"services={self.services}: expected 1, 3 or 6")
        self._one_of("balancer", self.balancer, BALANCERS)
        self._one_of("policy", self.policy, POLICIES)
        self._one_of("heavy", self.heavy, HEAVY_POOLS)
        self._one_of("transport", self.transport, TRANSPORTS)
        self._one_of("calls", self.calls, CALLS)
        self._one_of("confirmation", self.confirmation, CONFIRMATIONS)
        self._one_of("updates", self.updates, UPDATES)
        self._one_of("writes", self.writes, WRITES)
        self._cache()
        self._heavy_work()
        self._enough_servers()
        self._sizes()
        self._weights()
        self._bus()
        self._databases()
        self._served()

    @property
    def heavy_hold_s(self) -> float:
        """How long heavy work holds a slot."""
        return parse_duration(self.heavy_hold)

    @property
    def heavy_cpu_share(self) -> float:
        """How much of that it computes."""
        return parse_share(self.heavy_cpu)

    def _heavy_work(self) -> None:
        try:
            hold_s, cpu = self.heavy_hold_s, self.heavy_cpu_share
        except SpecError as error:
            raise self._wrong(f"heavy work: {error.message}") from None
        if not 0 <= hold_s <= LONGEST_S:
            raise self._wrong(f"heavy_hold={self.heavy_hold}: expected an hour at most")
        if not 0 <= cpu <= 1:
            raise self._wrong(f"heavy_cpu={self.heavy_cpu}: expected 0% to 100%")

    def _enough_servers(self) -> None:
        names = self._pool_names()
        if self.servers < len(names):
            hint = f"Give servers={len(names)} or more, and fewer slots each to keep their sum."
            raise self._wrong(f"servers={self.servers}: {len(names)} pools need one each: {', '.join(names)}", hint)
        if self.servers > 1 and not self.has_balancer:
            raise self._wrong(
                f"{self.servers} servers need a balancer", "Give one server, or take the topology 'balanced'."
            )

    def _sizes(self) -> None:
        names = self._pool_names()
        for pool, size in self.sizes.items():
            if pool not in names:
                raise self._wrong(f"a size for '{pool}', which is no pool", f"Pools: {', '.join(names)}.")
            self._whole(f"size of {pool}", size, MOST_SERVERS)
        try:
            share_out(self.servers, names, self.sizes)
        except ValueError as error:
            raise self._wrong(f"servers={self.servers} cannot be shared out: {error}") from None

    def _weights(self) -> None:
        for server, weight in self.weights.items():
            if server not in self.server_names:
                raise self._wrong(
                    f"a weight for '{server}', which is no server", f"Servers: {', '.join(self.server_names)}."
                )
            self._whole(f"weight of {server}", weight, MOST_WEIGHT)
        if self.weights and (self.policy != "round_robin" or not self.has_balancer):
            chosen = f"the policy {self.policy}" if self.has_balancer else "no balancer"
            raise self._wrong(f"weights with {chosen}: they go with round_robin", "Leave them out, or change that.")

    def _bus(self) -> None:
        self._whole("bus_capacity", self.bus_capacity, MOST_WAITING)
        if self.bus_capacity != BUS_CAPACITY and not self.has_redis:
            raise self._wrong(
                f"bus_capacity={self.bus_capacity} without a bus",
                "Set transport=bus or confirmation=bus, feed=channels for sockets, or leave it out.",
            )

    def _databases(self) -> None:
        self._one_of("databases", self.databases, LAYOUTS)
        self._one_of("prefers", self.prefers, PREFERS)
        try:
            primaries = self.data.primaries
        except ValueError as error:
            raise self._wrong(str(error)) from None
        except SpecError as error:
            raise self._wrong(f"lag or sticky: {error.message}") from None
        if primaries and self.total_slots > MOST_CONNECTIONS:
            limit = f"has a process for each: expected {MOST_CONNECTIONS} at most"
            raise self._wrong(f"{self.total_slots} slots on PostgreSQL, which {limit}")

    def _cache(self) -> None:
        for route, age in self.cache.items():
            if route not in CACHEABLE:
                raise self._wrong(f"cache for '{route}', which is no route", nearest(route, CACHEABLE))
            try:
                age_s = parse_duration(age)
            except SpecError as error:
                raise self._wrong(f"cache for '{route}': {error.message}") from None
            if not 0 < age_s <= LONGEST_S:
                raise self._wrong(f"cache for '{route}' of {age}: expected more than 0s, and an hour at most")

    def _served(self) -> None:
        self._one_of("serves", self.serves, SERVES)
        plain = self.services == 1 and self.heavy == "shared" and self.databases == "single"
        plain = plain and self.writes == "accepted" and self.confirmation == "none"
        if self.serves == "sockets" and (self.cache or not plain):
            raise self._wrong("serves=sockets: sockets know no services, heavy work, databases, caches or writes")
        try:
            age_s, _ = self.socket_ages
        except SpecError as error:
            raise self._wrong(f"socket_max_age: {error.message}") from None
        if age_s and self.serves != "sockets":
            raise self._wrong(f"socket_max_age={self.socket_max_age}: its servers hold no sockets")
        self._one_of("feed", self.feed, FEEDS)
        if self.feed != FEEDS[0] and self.serves != "sockets":
            raise self._wrong(f"feed={self.feed}: its servers hold no sockets")

    def _whole(self, name: str, value: Any, most: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise self._wrong(f"{name}={value}: expected a whole number from 1 to {most}")

    def _one_of(self, name: str, value: str, known: Collection[str]) -> None:
        if value not in known:
            raise self._wrong(f"unknown {name} '{value}'", nearest(str(value), known))

    def _wrong(self, text: str, hint: str = "") -> UsageError:
        return UsageError(f"topology '{self.name}': {text}", hint=hint)

    def _pool_names(self) -> tuple[str, ...]:
        heavy = () if self.heavy == "shared" else (services.HEAVY,)
        return (*services.SERVICES[self.services], *heavy)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Every pool; the first answers what no other is for, the pool for heavy work is the last."""
        return share_out(self.servers, self._pool_names(), self.sizes)

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every server of every pool."""
        return tuple(name for pool in self.pools for name in pool.server_names)

    @property
    def has_balancer(self) -> bool:
        """Whether anything stands between clients and servers."""
        return self.balancer != "none"

    @property
    def data(self) -> Databases:
        """How the data is laid out over databases."""
        lag_s, sticky_s = parse_duration(self.lag), parse_duration(self.sticky)
        return Databases(self.databases, self.replicas, self.shards, lag_s, sticky_s, self.prefers)

    @property
    def socket_ages(self) -> tuple[float, float]:
        """At which age its servers close a socket, give or take how much, in seconds; 0 for never."""
        return (0.0, 0.0) if self.socket_max_age == "0s" else parse_age(self.socket_max_age)

    @property
    def total_slots(self) -> int:
        """Requests that the whole works on at once."""
        return self.servers * self.slots

    @property
    def has_inner_calls(self) -> bool:
        """Whether services call each other over the network."""
        return self.services > 1 and self.transport != "in_process"

    @property
    def calls_over_http(self) -> bool:
        """Whether services call each other through the balancer."""
        return self.has_inner_calls and self.transport == "http"

    @property
    def has_bus(self) -> bool:
        """Whether there is a Redis, over which services call each other or leave work for later."""
        return (self.has_inner_calls and self.transport == "bus") or self.confirmation == "bus"

    @property
    def has_redis(self) -> bool:
        """Whether there is a Redis."""
        return self.has_bus or self.feed == "channels"

    def elsewhere(self, pool: str) -> dict[str, str]:
        """Return the apps that servers of ``pool`` do not run themselves, each with the service to call instead."""
        first = next(iter(services.SERVICES[self.services]))
        own = first if pool == services.HEAVY else pool
        return services.elsewhere(self.services, own) if self.has_inner_calls else {}

    def settings(self) -> dict[str, Any]:
        """Return its settings by their names, as loadsim.toml would have them."""
        return {each: getattr(self, each) for each in SETTINGS}

    def expected_weights(self) -> dict[str, dict[str, int]]:
        """Return the weight of each server by pool, and in ``all`` of them; nothing where all count the same."""
        if not self.weights:
            return {}
        pools = {pool.name: pool.server_names for pool in self.pools} | {"all": self.server_names}
        return {pool: {name: self.weights.get(name, 1) for name in names} for pool, names in pools.items()}

    def describe(self) -> str:
        """Return it in words: ``4 servers of 4 slots behind Envoy (round_robin)``, and its pools if it has several."""
        servers = f"{self.servers} server{'s' * (self.servers > 1)}"
        slots = f" of {self.slots} slot{'s' * (self.slots > 1)}"
        servers += " of WebSockets" if self.serves == "sockets" else slots
        before = f" behind {BALANCERS[self.balancer]} ({self.policy})" if self.has_balancer else ", no balancer"
        parts = [servers + before]
        if len(self.pools) > 1:
            parts.append("pools " + ", ".join(f"{pool.name} {pool.servers}" for pool in self.pools))
        if self.heavy_hold != HEAVY_HOLD:
            parts.append(f"heavy work of {self.heavy_hold}")
        if self.heavy_cpu != HEAVY_CPU:
            parts.append(f"heavy work computing {self.heavy_cpu}")
        if self.has_inner_calls:
            parts.append(f"{self.calls} calls {TRANSPORTS[self.transport]}")
        if self.confirmation != "none":
            parts.append("payments confirmed " + ("inline" if self.confirmation == "inline" else "over a bus"))
        if self.feed == "channels":
            parts.append("feed over Channels")
        if self.data.primaries:
            parts.append(self.data.describe())
        if self.updates != UPDATES[0]:
            parts.append("stock by read-modify-write")
        if self.cache:
            parts.append("caching " + ", ".join(f"{route} for {age}" for route, age in self.cache.items()))
        if self.writes == "refused":
            parts.append("read-only")
        return "; ".join(parts)


SETTINGS = tuple(each.name for each in dataclasses.fields(Topology) if each.name != "name")
"""What of a topology can be set."""

# Equal slots in all, so that a comparison of any two compares their shapes and not their sizes.
TOPOLOGIES = {
    shape.name: shape
    for shape in (
        Topology("monolith", servers=1, slots=16, balancer="none"),
        Topology("balanced", servers=4, slots=4),
        Topology("split", servers=4, slots=4, services=3, heavy="path", transport="http", calls="batched"),
        Topology("split-users", servers=4, slots=4, heavy="user"),
        Topology("postgres", servers=4, slots=4, databases="postgres"),
        Topology("replicas", servers=4, slots=4, databases="replicas", replicas=2),
        Topology("partitioned", servers=4, slots=4, databases="partitioned"),
        Topology("sharded", servers=4, slots=4, databases="sharded", shards=3),
        Topology("sockets", servers=4, slots=4, serves="sockets"),
        Topology("bus", servers=4, slots=4, services=3, heavy="path", transport="bus", calls="batched"),
        Topology("micro", servers=8, slots=2, services=6, heavy="path", transport="http", calls="batched"),
    )
}
SUMMARIES = {
    "monolith": "One server that does everything, and no balancer.",
    "balanced": "Equal servers, each of which does everything.",
    "split": "Split by logic: each service and the heavy work have servers of their own; calls go over HTTP.",
    "split-users": "Split by who asks: heavy users have servers of their own, each of which does everything.",
    "postgres": "As balanced, with PostgreSQL instead of SQLite.",
    "replicas": "One PostgreSQL server that takes the writes, and replicas of it that are read.",
    "partitioned": "Users, images and comments on PostgreSQL servers of their own.",
    "sharded": "Comments cut up over several PostgreSQL servers by the item they are about.",
    "sockets": "Equal servers of WebSockets: an echo, and a feed that all hear.",
    "bus": "As split, but calls go over a bus: Channels on Redis, with a bounded queue for each service.",
    "micro": "Split into six services, and the heavy work: the same code in smaller pieces.",
}
"""What each built-in topology is, in a line."""


def topology(name: str, own: Mapping[str, Mapping[str, Any]] | None = None, **overrides: Any) -> Topology:
    """Return the topology called ``name`` with some fields changed; raise UsageError that names the nearest one.

    ``own`` are topologies of the user's: each its settings, and as its ``base`` a built-in one (``balanced``).
    """
    own = own or {}
    if name in own and name in TOPOLOGIES:
        raise UsageError(f"the topology '{name}' is built in and cannot be another", hint="Give yours another name.")
    if name not in own and name not in TOPOLOGIES:
        raise UsageError(f"unknown topology '{name}'", hint=nearest(name, (*TOPOLOGIES, *own)))
    settings = {"base": "balanced", **own[name]} if name in own else {"base": name}
    base = settings.pop("base")
    if base not in TOPOLOGIES:
        raise UsageError(f"topology '{name}': unknown base '{base}'", hint=nearest(base, TOPOLOGIES))
    changed = {**settings, **overrides}
    for each in changed:
        if each not in SETTINGS:
            raise UsageError(f"topology '{name}' has no '{each}'", hint=nearest(each, SETTINGS))
    return dataclasses.replace(TOPOLOGIES[base], name=name, **changed)
