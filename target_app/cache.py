"""Deliberate caching: this server's answers kept for as long as their route may be old, and served again.

``LOADSIM_TARGET_CACHE`` says which routes, and for how long. Every server has a cache of its own; what is written
meanwhile shows when the answer has grown too old. Each answer of such a route says what it is, as any cache does:
``Cache-Control`` and ``Age`` (RFC 9111), ``Cache-Status`` (RFC 9211).
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

MOST_ANSWERS = 1_000
"""Of these the one that was not asked for the longest goes first."""
_MOST_BYTES = 1 << 18
"""A larger answer is not kept."""
_ID = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when it was made (by ``time.monotonic``)."""

    body: bytes
    headers: dict[str, str]
    made_s: float


class Cache:
    """Answers by their URL; used by all threads of a server at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def get(self, url: str) -> Kept | None:
        """Return what is kept, however old."""
        with self._lock:
            kept = self._kept.get(url)
            if kept is not None:
                self._kept.move_to_end(url)
            return kept

    def put(self, url: str, kept: Kept) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[url] = kept
            self._kept.move_to_end(url)
            if len(self._kept) > MOST_ANSWERS:
                self._kept.popitem(last=False)


def route_of(path: str) -> str:
    """Return a path with its ids left open: ``/items/:id``."""
    return _ID.sub("/:id", path)


class CacheMiddleware:
    """Answers from the cache where the route has one, and fills it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._cache = Cache()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is not to be kept, or is not there."""
        ages = settings.CONFIG.max_ages
        max_age_s = ages.get(route_of(request.path)) if ages and request.method == "GET" else None
        if max_age_s is None:
            return self._get_response(request)
        url = request.get_full_path()
        kept = self._cache.get(url)
        now_s = time.monotonic()
        if kept is not None and now_s - kept.made_s < max_age_s:
            return self._again(kept, now_s - kept.made_s, max_age_s)
        response = self._get_response(request)
        why = "uri-miss" if kept is None else "stale"
        if response.status_code == HTTPStatus.OK and len(response.content) <= _MOST_BYTES:
            response["Cache-Control"] = f"max-age={math.ceil(max_age_s)}"
            self._cache.put(url, Kept(response.content, dict(response.items()), now_s))
            why += "; stored"
        response["Cache-Status"] = f"{settings.CONFIG.backend}; fwd={why}"
        return response

    def _again(self, kept: Kept, age_s: float, max_age_s: float) -> HttpResponse:
        response = HttpResponse(kept.body, headers=kept.headers)
        response["Age"] = str(math.floor(age_s))
        response["Cache-Status"] = f"{settings.CONFIG.backend}; hit; ttl={math.floor(max_age_s - age_s)}"
        return response
