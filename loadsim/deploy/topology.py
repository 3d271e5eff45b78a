"""Which processes make up the bundled target, and how requests find them: a value, brought up by ``deployment``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from loadsim.errors import UsageError, nearest

POLICIES = ("round_robin", "least_request", "random", "ring_hash")
MOST_SERVERS, MOST_SLOTS = 64, 512


@dataclass(frozen=True, slots=True)
class Topology:
    """``servers`` equal servers of ``slots`` slots each; a slot works on one request at a time, the others wait.

    ``policy`` is how the balancer chooses a server, in Envoy's terms: ``least_request`` takes the less busy of two
    drawn at random, ``ring_hash`` goes by the request's ``X-User`` header (at random without it). Without a
    ``balancer`` the one server is spoken to directly. Raises UsageError for what cannot be.
    """

    name: str
    servers: int
    slots: int
    policy: str = "round_robin"
    balancer: bool = True

    def __post_init__(self) -> None:
        for field, most in (("servers", MOST_SERVERS), ("slots", MOST_SLOTS)):
            value = getattr(self, field)
            if not isinstance(value, int) or not 1 <= value <= most:
                raise UsageError(f"topology '{self.name}': {field}={value}: expected a whole number from 1 to {most}")
        if self.policy not in POLICIES:
            raise UsageError(
                f"topology '{self.name}': unknown policy '{self.policy}'", hint=nearest(self.policy, POLICIES)
            )
        if self.servers > 1 and not self.balancer:
            raise UsageError(
                f"topology '{self.name}': {self.servers} servers need a balancer",
                hint="Give one server, or take the topology 'balanced'.",
            )

    @property
    def server_names(self) -> tuple[str, ...]:
        """``web-1``, ``web-2`` ...: as each server names itself in its answers."""
        return tuple(f"web-{number}" for number in range(1, self.servers + 1))

    @property
    def total_slots(self) -> int:
        """Requests that the whole works on at once."""
        return self.servers * self.slots

    def describe(self) -> str:
        """Return it in words: ``4 servers of 4 slots behind Envoy (round_robin)``."""
        servers = f"{self.servers} server{'s' * (self.servers > 1)} of {self.slots} slot{'s' * (self.slots > 1)}"
        return f"{servers} behind Envoy ({self.policy})" if self.balancer else f"{servers}, no balancer"


# Equal slots in all, so that a comparison of the two compares their shapes and not their sizes.
TOPOLOGIES = {
    "monolith": Topology("monolith", servers=1, slots=16, balancer=False),
    "balanced": Topology("balanced", servers=4, slots=4),
}


def topology(name: str, **overrides: Any) -> Topology:
    """Return the topology called ``name`` with some fields changed; raise UsageError that names the nearest one."""
    if name not in TOPOLOGIES:
        raise UsageError(f"unknown topology '{name}'", hint=nearest(name, TOPOLOGIES))
    known = [field.name for field in dataclasses.fields(Topology) if field.name != "name"]
    for field in overrides:
        if field not in known:
            raise UsageError(f"topology '{name}' has no '{field}'", hint=nearest(field, known))
    return dataclasses.replace(TOPOLOGIES[name], **overrides)
