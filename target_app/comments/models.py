"""Tables of the comments."""

from __future__ import annotations

from django.db import models


class Comment(models.Model):
    """What a user said about an item. Users and items are other apps': their ids are plain numbers here."""

    item_id = models.PositiveIntegerField()
    user_id = models.PositiveIntegerField()
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        """The two ways in which comments are read, the newest first."""

        indexes = (
            models.Index(fields=["item_id", "id"], name="comments_of_item"),
            models.Index(fields=["user_id", "id"], name="comments_by_user"),
        )
