"""The services that the target can be cut into, from the same code, and which requests are whose.

Calls between services go one way, so that no two can wait for each other's slots:

    presentation -> comments -> users, images, inventory
    presentation -> payments -> users, inventory
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

HEAVY = "heavy"
"""The pool for heavy work, where it has one of its own: servers that do what the first service does."""
HEAVY_PATH = "/export"
CLASS_HEADER = "x-user-class"
"""Says ``heavy`` on the requests of a heavy user."""

SERVICES: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    1: {"web": ("inventory", "payments", "users", "images", "comments")},
    3: {"presentation": (), "inventory": ("inventory", "users", "images", "comments"), "payments": ("payments",)},
    6: {
        "presentation": (),
        "inventory": ("inventory",),
        "payments": ("payments",),
        "users": ("users",),
        "images": ("images",),
        "comments": ("comments",),
    },
}
"""Into how many services -> each service and the apps whose interfaces it offers. The first one answers all requests
that are no other's; pages are made there, of what the others tell."""

_PATHS = {
    "comments": "/api/items/[^/]+/comments",
    "inventory": "/items|/api/items/.*",
    "images": "/images/.*",
    "payments": "/api/orders.*",
    "users": "/api/users/.*",
}
"""App -> the paths of its own, as a regular expression for the whole path; an earlier one stands before a later."""


def paths(services: int) -> Iterator[tuple[str, str]]:
    """Yield (regular expression, service) in the order in which they are to be tried; the rest is the first's."""
    others = list(SERVICES[services])[1:]
    home = {app: service for service in others for app in SERVICES[services][service]}
    for app, pattern in _PATHS.items():
        if app in home:
            yield pattern, home[app]


def home(services: int, app: str) -> str:
    """Return the service whose servers run ``app``."""
    return next(service for service, apps in SERVICES[services].items() if app in apps)


def elsewhere(services: int, service: str) -> dict[str, str]:
    """Return the apps that servers of ``service`` have to call at other services, with those services' names."""
    return {app: other for other, apps in SERVICES[services].items() if other != service for app in apps}
