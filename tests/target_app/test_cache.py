"""Answers kept and served again: what a cache says of itself, and that old data is what it serves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from loadsim.deploy.topology import CACHEABLE
from target_app.cache import MOST_ANSWERS, Cache, Kept, route_of
from target_app.config import Config, ConfigError

COMMENTS = "/api/items/3/comments"
LONG, SHORT = 600, 0.05


@pytest.fixture
def caching(application: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A server of its own cache that keeps some routes for long, and one for a moment."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    ages = f"/api/items/:id/comments={LONG},/items/:id={LONG},/api/items/:id={SHORT}"
    monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, cache=ages))
    with httpx.Client(transport=httpx.WSGITransport(app=get_wsgi_application()), base_url="http://target") as client:
        yield client


def status(answer: httpx.Response) -> str:
    return answer.headers.get("cache-status", "")


def test_the_second_answer_is_the_first_one_again_and_says_so(caching: httpx.Client) -> None:
    first, second = caching.get(COMMENTS), caching.get(COMMENTS)
    assert (status(first), first.headers.get("age")) == ("web-7; fwd=uri-miss; stored", None)
    assert status(second).startswith("web-7; hit; ttl=")
    assert 0 <= int(second.headers["age"]) < LONG
    assert second.headers["cache-control"] == f"max-age={LONG}"
    assert second.content == first.content
    assert second.headers["content-type"] == "application/json"


def test_what_is_written_meanwhile_does_not_show(caching: httpx.Client) -> None:
    caching.get(COMMENTS)
    written = caching.post(COMMENTS, json={"user": 1, "text": "too late for the cache"})
    assert (written.status_code, status(written)) == (201, "")
    assert "too late for the cache" not in caching.get(COMMENTS).text
    assert "too late for the cache" in caching.get(f"{COMMENTS}?other=url").text


def test_an_answer_that_has_grown_too_old_is_made_anew(caching: httpx.Client) -> None:
    caching.get("/api/items/3")
    time.sleep(2 * SHORT)
    assert status(caching.get("/api/items/3")) == "web-7; fwd=stale; stored"


def test_a_route_that_is_not_named_is_never_kept(caching: httpx.Client) -> None:
    answers = [caching.get("/") for _ in range(2)]
    assert [(status(each), "age" in each.headers, "cache-control" in each.headers) for each in answers] == [
        ("", False, False)
    ] * 2


def test_a_refusal_is_never_kept(caching: httpx.Client) -> None:
    answers = [caching.get("/items/41") for _ in range(2)]
    assert [(each.status_code, status(each)) for each in answers] == [(404, "web-7; fwd=uri-miss")] * 2


@pytest.mark.usefixtures("application")
def test_what_can_be_cached_is_what_there_is_to_read() -> None:
    """The target knows nothing of loadsim, so what both must know is written down twice."""
    from django.urls import resolve

    assert {route_of(route.replace(":id", "17")) for route in CACHEABLE} == set(CACHEABLE)
    assert all(resolve(route.replace(":id", "17")) for route in CACHEABLE)


@pytest.mark.parametrize(
    ("path", "route"),
    [("/", "/"), ("/items", "/items"), ("/items/17", "/items/:id"), ("/images/2/thumbnail", "/images/:id/thumbnail")],
)
def test_the_route_of_a_path_leaves_its_ids_open(path: str, route: str) -> None:
    assert route_of(path) == route


def test_the_cache_is_bounded_and_forgets_what_was_not_asked_for_the_longest() -> None:
    cache = Cache()
    for number in range(MOST_ANSWERS):
        cache.put(f"/{number}", Kept(b"", {}, 0.0))
    assert cache.get("/0") is not None
    cache.put("/new", Kept(b"", {}, 0.0))
    assert [cache.get(url) is None for url in ("/0", "/1", "/2", "/new")] == [False, True, False, False]


def test_ages_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"LOADSIM_TARGET_CACHE='/items/:id': expected ROUTE=SECONDS"):
        Config.from_environment({"LOADSIM_TARGET_CACHE": "/items/:id"})
