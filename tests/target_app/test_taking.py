"""Two orders that are paid at the same time, one within the other."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

ITEM = 8


def _stock(client: httpx.Client) -> int:
    return int(client.get(f"/api/items/{ITEM}/stock").json()["available"])


def _use(monkeypatch: pytest.MonkeyPatch, updates: str) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "CONFIG", dataclasses.replace(settings.CONFIG, updates=updates))


@pytest.mark.parametrize(("updates", "gone"), [("atomic", 5), ("read_modify_write", 3)])
def test_of_two_orders_at_once_one_is_lost_where_stock_is_read_and_written(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, updates: str, gone: int
) -> None:
    from target_app.payments.taking import taking

    _use(monkeypatch, updates)
    before = _stock(client)
    with taking(ITEM, 3) as item, taking(ITEM, 2):
        assert item.id == ITEM
    assert _stock(client) == before - gone


@pytest.mark.parametrize("updates", ["atomic", "read_modify_write"])
def test_what_is_declined_or_not_there_leaves_the_stock_as_it_was(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, updates: str
) -> None:
    from target_app.errors import Declined, NotFound, SoldOut
    from target_app.payments.taking import taking

    _use(monkeypatch, updates)
    before = _stock(client)
    with pytest.raises(Declined), taking(ITEM, 3):
        raise Declined("no")
    with pytest.raises(SoldOut), taking(ITEM, before + 1):
        pass
    with pytest.raises(NotFound), taking(10**6, 1):
        pass
    assert _stock(client) == before
