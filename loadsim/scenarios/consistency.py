"""Write, and read it back until it is there; and change what others change at the same time.

Sources: time until a write is visible, as measured by Bermbach and Tai ("Eventual consistency: how soon is eventual?",
MW4SOC 2011) and modelled by Bailis et al. ("Probabilistically bounded staleness", VLDB 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from locust import task

from loadsim.engine.response import Response
from loadsim.engine.updates import update_number
from loadsim.engine.users import LoadUser
from loadsim.engine.versions import follow_version
from loadsim.randomness import Draws
from loadsim.scenarios.counter_routes import SCARCE, counter_routes, counter_settings, is_counted
from loadsim.scenarios.declared import filler, sender
from loadsim.scenarios.shop import ITEMS, ShopVisitor
from loadsim.scenarios.version_routes import PLACEHOLDER, version_routes
from loadsim.wire import Plan, Route


class Visitor(ShopVisitor):
    """Comments on an item, and looks for the comment among those of the item; or buys what there is little of."""

    visitor_classes = {"light": 1.0}  # noqa: RUF012 - as the parent declares it

    @task(2)
    def read_own_comment(self) -> None:
        """Write a comment and read until it is there."""
        # Each item as likely: on a popular one the newest comments would soon be others.
        path, name = f"/api/items/{1 + self.draws.below(ITEMS)}/comments", "/api/items/:id/comments"

        def write(version: str) -> Response:
            return self.client.post(path, json={"user": self.user, "text": version}, name=name)

        follow_version(self, write, lambda: self.client.get(path, name=name))

    @task(1)
    def buy_the_last(self) -> None:
        """Order one of an item of which there are few, as others do at the same time."""
        number = self.draws.below(len(SCARCE))
        body = {"user": self.user, "item": SCARCE[number], "quantity": 1}
        update_number(
            self, number, lambda: self.client.post("/api/orders", json=body, name="/api/orders", catch_response=True)
        )


def visitor_for(plan: Plan) -> Any:
    """Return a user class that writes and reads with the plan's routes: versions, a number, or both in turns."""
    rest = [route for route in plan.routes if not is_counted(route)]
    counted = counter_routes(plan.routes)
    does = [_update(plan, *counted)] if counted else []
    if rest or not does:
        does.append(_follow(*version_routes(rest)))

    class DeclaredVisitor(LoadUser):
        """Does one of them for each arrival."""

        tasks = does

    return DeclaredVisitor


def _follow(writing: Route, reading: Route) -> Callable[[LoadUser], None]:
    read = sender(reading)

    def read_own_write(user: LoadUser) -> None:
        """Write a version and read until it is there; both requests are about the same ids."""
        state = user.draws.state

        def write(version: str) -> Response:
            answer: Response = sender(with_version(writing, version))(user)
            return answer

        def read_same() -> Response:
            user.draws = Draws(state)
            answer: Response = read(user)
            return answer

        follow_version(user, write, read_same)

    return read_own_write


def _update(plan: Plan, changing: Route, showing: Route) -> Callable[[LoadUser], None]:
    settings = counter_settings(plan.routes, bundled=plan.bundled)
    numbers = {path: number for number, path in enumerate(settings.paths if settings else ())}
    shown_at, change = filler(showing.path), sender(changing, catch_response=True)

    def change_number(user: LoadUser) -> None:
        """Change the number that the other request would show, with the same ids."""
        path = shown_at if isinstance(shown_at, str) else shown_at(Draws(user.draws.state))
        update_number(user, numbers[path], lambda: change(user))

    return change_number


def with_version(route: Route, version: str) -> Route:
    """Return the request with its version filled in; those for ids stay."""
    return msgspec.json.decode(msgspec.json.encode(route).decode().replace(PLACEHOLDER, version), type=Route)
