"""What the target's parts say of themselves over time: servers of their slots and requests, replicas of their lag."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadsim.measure.per_second import SecondValues, second_of
from loadsim.measure.rates import RateMeter

LAG_S, LOG_BYTES = range(2)
"""Columns of a replica."""


@dataclass(slots=True)
class Server:
    """One server: slots at work (the rate of the time that they were), and requests a second."""

    busy: RateMeter = field(default_factory=RateMeter)
    requests: RateMeter = field(default_factory=RateMeter)


@dataclass(slots=True)
class OwnAccount:
    """Takes readings by profile time; what precedes time 0 is not kept."""

    servers: dict[str, Server] = field(default_factory=dict)
    replicas: dict[str, SecondValues] = field(default_factory=dict)

    def read_server(self, time_s: float, name: str, *, busy_s: float, requests: int) -> None:
        """Take what a server says: the time that its slots were at work, and requests, both since it began."""
        server = self.servers.setdefault(name, Server())
        server.busy.read(time_s, busy_s)
        server.requests.read(time_s, requests)

    def read_replica(self, time_s: float, name: str, *, lag_s: float | None, log_bytes: int | None) -> None:
        """Take how far a replica is behind."""
        replica = self.replicas.setdefault(name, SecondValues(2))
        for column, value in ((LAG_S, lag_s), (LOG_BYTES, log_bytes)):
            if time_s >= 0 and value is not None:
                replica.put(second_of(time_s), column, value)
