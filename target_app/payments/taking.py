"""How an order takes its pieces out of stock.

``LOADSIM_TARGET_UPDATES`` chooses:

- ``atomic``: in one statement, before it is paid. The database has others wait for that; no piece is sold twice.
- ``read_modify_write``: it reads what is left, is paid, and writes what is left then. Two that do so at once write the
  same, and one piece is sold twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from django.conf import settings

from target_app.errors import Declined, SoldOut
from target_app.inventory import interface as inventory


def taking(item_id: int, quantity: int) -> AbstractContextManager[inventory.Item]:
    """Take pieces for the block that has them paid, and leave the stock as it was if that raises Declined.

    Raises NotFound or SoldOut.
    """
    return _WAYS[settings.CONFIG.updates](item_id, quantity)


@contextmanager
def _before(item_id: int, quantity: int) -> Iterator[inventory.Item]:
    item = inventory.reserve(item_id, quantity)
    try:
        yield item
    except Declined:
        inventory.release(item_id, quantity)
        raise


@contextmanager
def _afterwards(item_id: int, quantity: int) -> Iterator[inventory.Item]:
    item, left = inventory.item(item_id), inventory.stock(item_id).available
    if left < quantity:
        raise SoldOut(f"item {item_id} is sold out: fewer than {quantity} left")
    yield item
    inventory.set_stock(item_id, left - quantity)


_WAYS: dict[str, Callable[[int, int], AbstractContextManager[inventory.Item]]] = {
    "atomic": _before,
    "read_modify_write": _afterwards,
}
