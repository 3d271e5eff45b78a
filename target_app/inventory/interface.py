"""What the inventory does for others: tells items and stock, and reserves pieces."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from target_app.errors import NotFound, SoldOut
from target_app.inventory import models
from target_app.routing import writing
from target_app.services.exposed import exposed


@dataclass(frozen=True, slots=True)
class Item:
    """Something for sale."""

    id: int
    name: str
    category: str
    price_cents: int
    description: str


@dataclass(frozen=True, slots=True)
class Stock:
    """How many pieces of an item are left."""

    item_id: int
    available: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the items, in the order of their ids; ``page`` counts from 1."""

    items: tuple[Item, ...]
    page: int
    pages: int
    total: int


@exposed
def item(item_id: int) -> Item:
    """Return the item; raise NotFound."""
    row = models.Item.objects.filter(pk=item_id).first()
    if row is None:
        raise NotFound(f"no item {item_id}")
    return _item(row)


@exposed
def items_page(page: int, size: int = 20) -> Page:
    """Return page ``page`` of ``size`` items; raise NotFound past the last."""
    total = models.Item.objects.count()
    pages = max(1, -(-total // size))
    if not 1 <= page <= pages:
        raise NotFound(f"no page {page}: there are {pages}")
    rows = models.Item.objects.order_by("pk")[(page - 1) * size : page * size]
    return Page(tuple(_item(row) for row in rows), page, pages, total)


@exposed
def stock(item_id: int) -> Stock:
    """Return what is left of the item; raise NotFound."""
    available = models.Stock.objects.filter(pk=item_id).values_list("available", flat=True).first()
    if available is None:
        raise NotFound(f"no item {item_id}")
    return Stock(item_id, available)


@exposed
def reserve(item_id: int, quantity: int) -> Item:
    """Take ``quantity`` pieces out of stock and return the item; raise NotFound or SoldOut and take none."""
    with writing(models.Stock):
        row = models.Item.objects.filter(pk=item_id).first()
        if row is None:
            raise NotFound(f"no item {item_id}")
        left = models.Stock.objects.filter(pk=item_id, available__gte=quantity)
        if not left.update(available=F("available") - quantity):
            raise SoldOut(f"item {item_id} is sold out: fewer than {quantity} left")
    return _item(row)


@exposed
def release(item_id: int, quantity: int) -> None:
    """Put ``quantity`` reserved pieces back into stock."""
    with writing(models.Stock):
        models.Stock.objects.filter(pk=item_id).update(available=F("available") + quantity)


@exposed
def set_stock(item_id: int, available: int) -> None:
    """Write how many pieces there are, whatever it was before."""
    with writing(models.Stock):
        models.Stock.objects.filter(pk=item_id).update(available=available)


def _item(row: models.Item) -> Item:
    return Item(row.pk, row.name, row.category, row.price_cents, row.description)
