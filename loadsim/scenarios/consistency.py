"""Write, and read it back until it is there.

Sources: time until a write is visible, as measured by Bermbach and Tai ("Eventual consistency: how soon is eventual?",
MW4SOC 2011) and modelled by Bailis et al. ("Probabilistically bounded staleness", VLDB 2012).
"""

from __future__ import annotations

from typing import Any

import msgspec
from locust import task

from loadsim.engine.response import Response
from loadsim.engine.users import LoadUser
from loadsim.engine.versions import follow_version
from loadsim.randomness import Draws
from loadsim.scenarios.declared import sender
from loadsim.scenarios.shop import ITEMS, ShopVisitor
from loadsim.scenarios.version_routes import PLACEHOLDER, version_routes
from loadsim.wire import Plan, Route


class Visitor(ShopVisitor):
    """Comments on an item, and looks for the comment among those of the item."""

    visitor_classes = {"light": 1.0}  # noqa: RUF012 - as the parent declares it

    @task
    def read_own_comment(self) -> None:
        """Write a comment and read until it is there."""
        # Each item as likely: on a popular one the newest comments would soon be others.
        path, name = f"/api/items/{1 + self.draws.below(ITEMS)}/comments", "/api/items/:id/comments"

        def write(version: str) -> Response:
            return self.client.post(path, json={"user": self.user, "text": version}, name=name)

        follow_version(self, write, lambda: self.client.get(path, name=name))


def visitor_for(plan: Plan) -> Any:
    """Return a user class that writes with one of the plan's routes and reads with the other."""
    writing, reading = version_routes(plan.routes)
    read = sender(reading)

    class DeclaredVisitor(LoadUser):
        """Writes a version by one declared request, and reads it back by another."""

        @task
        def read_own_write(self) -> None:
            """Write a version and read until it is there; both requests are about the same ids."""
            state = self.draws.state

            def write(version: str) -> Response:
                answer: Response = sender(with_version(writing, version))(self)
                return answer

            def read_same() -> Response:
                self.draws = Draws(state)
                answer: Response = read(self)
                return answer

            follow_version(self, write, read_same)

    return DeclaredVisitor


def with_version(route: Route, version: str) -> Route:
    """Return the request with its version filled in; those for ids stay."""
    return msgspec.json.decode(msgspec.json.encode(route).decode().replace(PLACEHOLDER, version), type=Route)
