from __future__ import annotations

import dataclasses

import httpx
import pytest


def _stock(client: httpx.Client, item: int) -> int:
    return int(client.get(f"/api/items/{item}/stock").json()["available"])


def _order(client: httpx.Client, **changed: int) -> httpx.Response:
    return client.post("/api/orders", json={"user": 1, "item": 5, "quantity": 3} | changed)


def test_an_order_takes_its_pieces_out_of_stock_and_can_be_read_again(client: httpx.Client) -> None:
    before = _stock(client, 5)
    made = _order(client)
    assert made.status_code == 201
    assert made.json()["status"] == "paid"
    assert made.json()["total_cents"] == 3 * client.get("/api/items/5").json()["price_cents"]
    assert _stock(client, 5) == before - 3
    assert client.get(f"/api/orders/{made.json()['id']}").json() == made.json()
    assert "provider" in made.headers["server-timing"]


def test_an_item_sells_out_and_not_one_piece_more_is_sold(client: httpx.Client) -> None:
    before = _stock(client, 6)
    statuses = [_order(client, item=6, quantity=90).status_code for _ in range(before // 90 + 1)]
    assert statuses == [201] * (before // 90) + [409]
    assert _stock(client, 6) == before % 90
    assert "sold out" in _order(client, item=6, quantity=90).json()["error"]


def test_a_declined_order_puts_its_pieces_back(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "CONFIG", dataclasses.replace(settings.CONFIG, decline_share=1.0))
    before = _stock(client, 7)
    refused = _order(client, item=7)
    assert refused.status_code == 402
    assert _stock(client, 7) == before
    number = refused.json()["error"].split()[1].rstrip(":")
    assert client.get(f"/api/orders/{number}").json()["status"] == "declined"


@pytest.mark.parametrize("changed", [{"user": 11}, {"item": 41}, {"user": 0}])
def test_an_order_of_or_by_nobody_is_not_found(client: httpx.Client, changed: dict[str, int]) -> None:
    assert _order(client, **changed).status_code == 404
