"""What the users' app does for others: tells who someone is."""

from __future__ import annotations

from dataclasses import dataclass

from target_app.errors import NotFound
from target_app.services.exposed import exposed
from target_app.users import models


@dataclass(frozen=True, slots=True)
class User:
    """Someone who visits, comments and orders."""

    id: int
    name: str
    email: str
    city: str


@exposed
def user(user_id: int) -> User:
    """Return the user; raise NotFound."""
    row = models.User.objects.filter(pk=user_id).first()
    if row is None:
        raise NotFound(f"no user {user_id}")
    return User(row.pk, row.name, row.email, row.city)


@exposed
def names(user_ids: tuple[int, ...]) -> dict[int, str]:
    """Return the names of those of the users that there are, by id."""
    return dict(models.User.objects.filter(pk__in=user_ids).values_list("pk", "name"))
