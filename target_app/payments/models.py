"""Tables of the payments."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """Pieces of an item that a user bought or tried to buy; status is pending, paid or declined."""

    user_id = models.PositiveIntegerField()
    item_id = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField()
    status = models.CharField(max_length=10)

    class Meta:
        """Orders are read by id, and by user with the newest first."""

        indexes = (models.Index(fields=["user_id", "id"], name="orders_by_user"),)
