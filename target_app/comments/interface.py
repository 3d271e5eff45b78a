"""What the comments' app does for others: tells what was said, and takes down more."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from target_app.comments import models
from target_app.errors import BadInput
from target_app.routing import database, everywhere, writing
from target_app.services.exposed import exposed

LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Comment:
    """What a user said about an item; ``written_at`` is RFC 3339 in UTC."""

    id: int
    item_id: int
    user_id: int
    text: str
    written_at: str


@exposed
def of_item(item_id: int, limit: int = 10) -> tuple[Comment, ...]:
    """Return the newest comments on an item, the newest first."""
    place = database(models.Comment, "read", item_id)
    return _newest(models.Comment.objects.using(place).filter(item_id=item_id), limit)


@exposed
def by_user(user_id: int, limit: int = 10) -> tuple[Comment, ...]:
    """Return the newest comments of a user, the newest first."""
    found = [
        comment
        for place in everywhere(models.Comment)
        for comment in _newest(models.Comment.objects.using(place).filter(user_id=user_id), limit)
    ]
    return tuple(sorted(found, key=lambda comment: comment.id, reverse=True)[:limit])


@exposed
def add(item_id: int, user_id: int, text: str) -> Comment:
    """Take down a comment and return it; raise BadInput for an empty or overlong one.

    That item and user exist is the caller's to check.
    """
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise BadInput(f"text: expected 1 to {LONGEST_TEXT:,} characters")
    written = {"item_id": item_id, "user_id": user_id, "text": text, "written_at": timezone.now()}
    with writing(models.Comment, item_id) as place:
        row = models.Comment.objects.using(place).create(**written)
    return _comment(row)


def _newest(rows: QuerySet[models.Comment], limit: int) -> tuple[Comment, ...]:
    return tuple(_comment(row) for row in rows.order_by("-id")[:limit])


def _comment(row: models.Comment) -> Comment:
    written_at = row.written_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Comment(row.pk, row.item_id, row.user_id, row.text, written_at)
