"""Tables of the inventory."""

from __future__ import annotations

from django.db import models


class Item(models.Model):
    """Something for sale."""

    name = models.CharField(max_length=80)
    category = models.CharField(max_length=40)
    price_cents = models.PositiveIntegerField()
    description = models.TextField()


class Stock(models.Model):
    """How many pieces of an item are left. A table of its own: it is written, the items are read."""

    item = models.OneToOneField(Item, models.CASCADE, primary_key=True)
    available = models.PositiveIntegerField()
