"""A visitor who sends the requests its user declared (``--request``, ``[routes]``), or only a GET of the given URL.

Placeholders in a path, and then in JSON or a body, are drawn for each arrival: ``{zipf:N}`` is an id from 1 to N by
popularity, ``{uniform:N}`` one of N, each as likely. A text of JSON that is one placeholder becomes a number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

import msgspec
from locust import task

from loadsim.engine.users import LoadUser
from loadsim.randomness import Draws, Zipf
from loadsim.scenarios import SCENARIOS
from loadsim.scenarios.version_routes import READS
from loadsim.wire import Plan, Route

_PLACEHOLDER = re.compile(r"\{(zipf|uniform):(\d+)\}")
_QUOTED = re.compile(rf'"({_PLACEHOLDER.pattern})"')


def visitor_for(plan: Plan) -> Any:
    """Return a user class that plays the plan's routes, weighted as they say, reads and writes as the scenario says."""
    routes = plan.routes or (_only(plan.http.url),)
    scenario = SCENARIOS.get(plan.scenario)
    weights = weighted(routes, scenario.reads if scenario else None)
    bounds = [bound / sum(weights) for bound in accumulate(weights)][:-1]
    senders = [sender(route) for route in routes]

    class Visitor(LoadUser):
        """Sends one declared request an arrival."""

        @task
        def send(self) -> None:
            """Send one of the routes."""
            senders[bisect_right(bounds, self.draws.uniform())](self)

    return Visitor


def weighted(routes: Sequence[Route], reads: float | None) -> list[float]:
    """Return the routes' weights, scaled so that reads have the share ``reads``, where both kinds are there.

    A scenario that only reads leaves declared writes out of its mix: their weight becomes 0.
    """
    weights = [route.weight for route in routes]
    read = sum(route.weight for route in routes if route.method in READS)
    written = sum(weights) - read
    if reads is None or not read or not written:
        return weights
    return [
        route.weight / read * reads if route.method in READS else route.weight / written * (1 - reads)
        for route in routes
    ]


def _only(url: str) -> Route:
    parts = urlsplit(url)
    if parts.path in ("", "/"):
        return Route(path="/" + (f"?{parts.query}" if parts.query else ""))
    return Route(path="", name=parts.path)  # paths are relative to the URL, and this is the URL itself


def sender(route: Route, **more: Any) -> Callable[[LoadUser], Any]:
    """Return what sends the request for a user, its placeholders drawn; ``more`` are options of the client."""
    path = filler(route.path)
    name = route.name or _PLACEHOLDER.sub(":id", route.path.partition("?")[0])
    options: dict[str, Any] = {"headers": dict(route.headers)} if route.headers else {}
    options |= more
    if content := _drawn_content(route):
        return lambda user: user.client.request(
            route.method, path if isinstance(path, str) else path(user.draws), name, **options, **content(user.draws)
        )
    if route.json is not None:
        options["json"] = route.json
    elif route.body:
        options["data"] = route.body.encode()
    if isinstance(path, str) and not options and route.method == "GET":
        return lambda user: user.client.get(path, name)
    return lambda user: user.client.request(
        route.method, path if isinstance(path, str) else path(user.draws), name, **options
    )


def _drawn_content(route: Route) -> Callable[[Draws], dict[str, Any]] | None:
    """Return what makes JSON or body with its placeholders drawn; None where there are no placeholders."""
    if route.json is not None:
        json = filler(_QUOTED.sub(r"\1", msgspec.json.encode(route.json).decode()))
        return None if isinstance(json, str) else lambda draws: {"json": msgspec.json.decode(json(draws))}
    body = filler(route.body)
    return None if isinstance(body, str) else lambda draws: {"data": body(draws).encode()}


def filler(template: str) -> str | Callable[[Draws], str]:
    """Return the path itself, or a function that fills its placeholders."""
    pieces = _PLACEHOLDER.split(template)  # text, kind, number, text, kind, number, ... text
    if len(pieces) == 1:
        return template
    texts = pieces[::3]
    ids = [_id_drawer(kind, int(number)) for kind, number in zip(pieces[1::3], pieces[2::3], strict=True)]

    def fill(draws: Draws) -> str:
        parts = [texts[0]]
        for draw, text in zip(ids, texts[1:], strict=True):
            parts += (str(draw(draws)), text)
        return "".join(parts)

    return fill


def _id_drawer(kind: str, n: int) -> Callable[[Draws], int]:
    if kind == "uniform":
        return lambda draws: 1 + draws.below(n)
    popularity = Zipf(n, 0.99)
    return lambda draws: 1 + draws.zipf(popularity)
