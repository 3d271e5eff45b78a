from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/items/41", 404),
        ("/items/0", 404),
        ("/items/x", 404),
        ("/api/items/99999999999999999999999999", 404),
        ("/api/items/41/comments", 404),
        ("/api/users/11", 404),
        ("/api/orders/999", 404),
        ("/images/41/thumbnail", 404),
        ("/images/1/thumbnail?size=0", 400),
        ("/images/1/thumbnail?size=100000", 400),
        ("/items?page=-1", 400),
        ("/items?page=0", 404),
        ("/items?page=%00", 400),
        ("/dashboard", 400),
        ("/dashboard?user=11", 404),
        ("/export?user=1&format=xml", 400),
    ],
)
def test_what_cannot_be_granted_is_a_4xx_in_json(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert response.headers["x-backend"] == "web-7"


def test_a_wrong_method_is_told_the_right_one(client: httpx.Client) -> None:
    response = client.delete("/api/orders")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "POST" in response.json()["error"]


def test_a_body_too_large_is_refused(client: httpx.Client) -> None:
    assert client.post("/api/orders", content=b"[" * 100_000).status_code == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["user", "item", "quantity"]), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=json_values)
def test_any_json_at_all_gets_an_answer_that_is_no_bug(client: httpx.Client, body: object) -> None:
    assert client.post("/api/orders", json=body).status_code in {201, 400, 404}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60))
def test_any_bytes_at_all_get_an_answer_that_is_no_bug(client: httpx.Client, body: bytes) -> None:
    assert client.post("/api/items/1/comments", content=body).status_code == 400


def test_a_database_locked_for_too_long_is_a_503_and_its_wait_is_told(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    from django.conf import settings as django_settings
    from django.db import connection

    assert client.get("/api/items/1").status_code == 200  # so that there is a connection to make less patient
    connection.connection.execute("PRAGMA busy_timeout = 60")
    try:
        with closing(sqlite3.connect(django_settings.DATABASES["default"]["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            response = client.post("/api/items/1/comments", json={"user": 1, "text": "wait for me"})
            other.execute("ROLLBACK")
    finally:
        connection.connection.execute("PRAGMA busy_timeout = 5000")
    assert response.status_code == 503
    lock_ms = next(part for part in response.headers["server-timing"].split(", ") if part.startswith("lock"))
    assert float(lock_ms.removeprefix("lock;dur=")) >= 50
    assert "database is locked" in caplog.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/orders", {"user": 1, "item": 3, "quantity": 1}),
        ("/api/items/3/comments", {"user": 1, "text": "not now"}),
    ],
)
def test_while_writes_are_refused_they_are_a_503_that_says_when_to_come_again(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, object]
) -> None:
    from django.conf import settings as django_settings

    monkeypatch.setattr(django_settings, "CONFIG", replace(django_settings.CONFIG, writes="refused"))
    refused = client.post(path, json=body)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json() == {"error": "nothing can be written now, only read"}
    assert client.get("/items/3").status_code == 200
