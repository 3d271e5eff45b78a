"""What the payments' app does for others: places orders, and tells of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings

from target_app.errors import BadInput, Declined, NotFound
from target_app.payments import mail, models, provider
from target_app.payments.taking import taking
from target_app.routing import writing
from target_app.services.exposed import exposed

LARGEST_QUANTITY = 100


@dataclass(frozen=True, slots=True)
class Order:
    """Pieces of an item that a user bought or tried to buy; ``status`` is pending, paid or declined."""

    id: int
    user_id: int
    item_id: int
    quantity: int
    total_cents: int
    status: str


@exposed
def place_order(user_id: int, item_id: int, quantity: int) -> Order:
    """Take the pieces, have them paid, and return the order; the user's id is the caller's to check.

    Raise BadInput, NotFound, SoldOut, or Declined when the provider says no: then the stock is as before.
    No lock is held while the provider is waited for.
    """
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise BadInput(f"quantity={quantity}: expected 1 to {LARGEST_QUANTITY}")
    with taking(item_id, quantity) as item:
        with writing(models.Order):
            row = models.Order.objects.create(
                user_id=user_id,
                item_id=item_id,
                quantity=quantity,
                total_cents=quantity * item.price_cents,
                status="pending",
            )
        accepted = provider.charge(settings.CONFIG, row.pk)
        row.status = "paid" if accepted else "declined"
        with writing(models.Order):
            row.save(update_fields=["status"])
        if not accepted:
            raise Declined(f"order {row.pk}: the payment was declined")
    _have_confirmed(row.pk)
    return _order(row)


@exposed
def confirm(order_id: int) -> None:
    """Send the mail that says that the order is paid."""
    mail.send(settings.CONFIG, order_id)


def _have_confirmed(order_id: int) -> None:
    """Confirm a payment now, or leave that to the bus; if the bus refuses, the order stands all the same."""
    if settings.CONFIG.confirmation == "inline":
        confirm(order_id)
    elif settings.CONFIG.confirmation == "bus":
        from target_app.services.bus import leave  # Channels and Redis' client only where there is a bus

        leave(settings.CONFIG.confirmation_service, confirm.later(order_id), time.monotonic())


@exposed
def order(order_id: int) -> Order:
    """Return the order; raise NotFound."""
    row = models.Order.objects.filter(pk=order_id).first()
    if row is None:
        raise NotFound(f"no order {order_id}")
    return _order(row)


@exposed
def orders_of(user_id: int, limit: int = 10) -> tuple[Order, ...]:
    """Return a user's newest orders, the newest first."""
    return tuple(_order(row) for row in models.Order.objects.filter(user_id=user_id).order_by("-id")[:limit])


def _order(row: models.Order) -> Order:
    return Order(row.pk, row.user_id, row.item_id, row.quantity, row.total_cents, row.status)
