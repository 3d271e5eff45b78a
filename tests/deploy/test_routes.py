from __future__ import annotations

import re

import pytest

from loadsim.deploy import topology
from loadsim.deploy.routes import Route, call_routes, request_routes


def _pool(routes: tuple[Route, ...], path: str, user_class: str = "light") -> str:
    """Return where a request goes, as a balancer would."""
    return next(
        route.pool
        for route in routes
        if (not route.path or route.path == path)
        and (not route.pattern or re.fullmatch(route.pattern, path))
        and (not route.user_class or route.user_class == user_class)
    )


def test_in_one_piece_everything_goes_to_one_pool() -> None:
    assert request_routes(topology("balanced")) == (Route("web"),)
    assert call_routes(topology("balanced")) == ()


@pytest.mark.parametrize(
    ("path", "three", "six"),
    [
        ("/", "presentation", "presentation"),
        ("/items", "inventory", "inventory"),
        ("/items/3", "presentation", "presentation"),
        ("/items/3/", "presentation", "presentation"),
        ("/api/items/3", "inventory", "inventory"),
        ("/api/items/3/stock", "inventory", "inventory"),
        ("/api/items/3/comments", "inventory", "comments"),
        ("/api/items/3/comments/4", "inventory", "inventory"),
        ("/api/users/3", "inventory", "users"),
        ("/images/3/thumbnail", "inventory", "images"),
        ("/api/orders", "payments", "payments"),
        ("/api/orders/3", "payments", "payments"),
        ("/export", "heavy", "heavy"),
        ("/exports", "presentation", "presentation"),
    ],
)
def test_a_path_goes_to_the_service_whose_it_is(path: str, three: str, six: str) -> None:
    assert _pool(request_routes(topology("split")), path) == three
    assert _pool(request_routes(topology("micro")), path) == six


def test_with_a_pool_for_heavy_users_their_every_request_goes_there_and_the_others_exports_do_not() -> None:
    routes = request_routes(topology("split", heavy="user"))
    assert {_pool(routes, path, "heavy") for path in ("/", "/export", "/api/orders")} == {"heavy"}
    assert _pool(routes, "/export") == "presentation"
    assert _pool(routes, "/api/orders") == "payments"


def test_calls_go_to_services_alone_and_only_where_they_leave_the_process() -> None:
    assert {route.path for route in call_routes(topology("split"))} == {
        "/services/presentation", "/services/inventory", "/services/payments",
    }  # fmt: skip
    assert call_routes(topology("split", transport="in_process")) == ()
