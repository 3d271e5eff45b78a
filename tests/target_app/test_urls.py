from __future__ import annotations

import csv
import io

import httpx
import pytest
from PIL import Image

from .conftest import timings


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/?page=2", "text/html"),
        ("/items", "application/json"),
        ("/items/3", "text/html"),
        ("/dashboard?user=2", "text/html"),
        ("/export?user=2", "application/json"),
        ("/export?user=2&format=csv", "text/csv"),
        ("/images/3/thumbnail", "image/png"),
        ("/api/items/3", "application/json"),
        ("/api/items/3/stock", "application/json"),
        ("/api/items/3/comments", "application/json"),
        ("/api/users/3", "application/json"),
        ("/healthz", "application/json"),
    ],
)
def test_every_page_answers_names_its_backend_and_tells_its_time(client: httpx.Client, path: str, kind: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == kind
    assert response.headers["x-backend"] == "web-7"
    assert timings(response)["app"] > 0


def test_items_come_in_pages_of_twenty(client: httpx.Client) -> None:
    first, second = (client.get("/items", params={"page": page}).json() for page in (1, 2))
    assert [item["id"] for item in first["items"] + second["items"]] == list(range(1, 41))
    assert (second["page"], second["pages"], second["total"]) == (2, 2, 40)
    assert client.get("/items", params={"page": 3}).status_code == 404


def test_a_thumbnail_is_a_png_of_the_size_asked_for(client: httpx.Client) -> None:
    with Image.open(io.BytesIO(client.get("/images/3/thumbnail", params={"size": 48}).content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (48, 48))


def test_a_dashboard_makes_twenty_interface_calls(client: httpx.Client) -> None:
    assert 'desc="20 calls"' in client.get("/dashboard?user=4").headers["server-timing"]


def test_an_export_holds_its_slot_for_as_long_as_it_is_told_to(client: httpx.Client) -> None:
    assert timings(client.get("/export?user=1"))["export"] >= 50


def test_an_export_tells_the_same_as_json_and_as_csv(client: httpx.Client) -> None:
    as_json = client.get("/export?user=5").json()
    rows = list(csv.DictReader(io.StringIO(client.get("/export?user=5&format=csv").text)))
    assert [row["text"] for row in rows if row["kind"] == "comment"] == [c["text"] for c in as_json["comments"]]


def test_a_comment_is_kept_and_escaped_where_it_is_shown(client: httpx.Client) -> None:
    made = client.post("/api/items/9/comments", json={"user": 1, "text": "<script>alert(1)</script>"})
    assert made.status_code == 201
    assert client.get("/api/items/9/comments").json()["comments"][0] == made.json()
    page = client.get("/items/9").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_health_page_counts_itself_as_the_only_one_at_work(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "backend": "web-7", "slots": 4, "busy": 1}
