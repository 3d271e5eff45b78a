"""How requests find their pool: routes that every balancer carries out alike, the first that matches."""

from __future__ import annotations

from dataclasses import dataclass

from loadsim.deploy import services
from loadsim.deploy.topology import Topology

CALLS_PREFIX = "/services/"
"""Where the target's servers take each other's calls, followed by the name of the service that is called."""
MARK_OF_CALLS = "x-time-left"
"""A header that a server sends with each call, and without which it takes none: taken off requests from outside."""
REQUEST_START = "x-request-start"
"""A header for the server: when the balancer took the request."""
OWN_ANSWER = "x-balancer-answer"
"""A header that tells an answer of the balancer's own from a server's: why it is there."""
USER = "x-user"
"""A header by which ``ring_hash`` chooses."""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests for ``pool``: those of one ``path``, of a ``pattern`` for the whole path, of a user's class, or all."""

    pool: str
    path: str = ""
    pattern: str = ""
    user_class: str = ""


def request_routes(topology: Topology) -> tuple[Route, ...]:
    """Return the routes of requests from outside; the last one takes all that are left."""
    routes = [Route(service, pattern=pattern) for pattern, service in services.paths(topology.services)]
    if topology.heavy == "path":
        routes.insert(0, Route(services.HEAVY, path=services.HEAVY_PATH))
    if topology.heavy == "user":
        routes.insert(0, Route(services.HEAVY, user_class=services.HEAVY))
    return (*routes, Route(topology.pools[0].name))


def call_routes(topology: Topology) -> tuple[Route, ...]:
    """Return the routes of calls from one service to another; none where these do not go through the balancer."""
    if not topology.calls_over_http:
        return ()
    return tuple(Route(service, path=f"{CALLS_PREFIX}{service}") for service in services.SERVICES[topology.services])
