"""Misconduct on request: a file says how slow this server is to be, how often wrong, and whether it takes writes.

Without it, it is as it should be. It is JSON: ``{"delay_s": 0.2, "error_share": 0.1, "read_only": true}``. Whoever
writes it renames it into place, so that it is never half there. ``/healthz`` always tells the truth.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from target_app.presentation.refusals import refusal
from target_app.timing import span


@dataclass(frozen=True, slots=True)
class Misconduct:
    """How to answer: ``delay_s`` later, a share with 500, and with 503 what would write if it is ``read_only``."""

    delay_s: float = 0.0
    error_share: float = 0.0
    read_only: bool = False


class Orders:
    """The file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed_ns: int | None = None
        self._now = Misconduct()

    def now(self) -> Misconduct:
        """Return how to answer now."""
        try:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                self._now = Misconduct(**json.loads(self._path.read_text()))
                self._changed_ns = changed_ns
        except FileNotFoundError:
            self._now, self._changed_ns = Misconduct(), None
        return self._now


@cache
def _orders() -> Orders | None:
    return Orders(Path(settings.CONFIG.misconduct)) if settings.CONFIG.misconduct else None


def ordered() -> Misconduct:
    """Return how this server is to answer now."""
    orders = _orders()
    return orders.now() if orders else Misconduct()


class Dice:
    """Picks a share of the requests: exactly that share, evenly spread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owed = 0.0

    def hit(self, share: float) -> bool:
        """Return whether this request is one of the share."""
        with self._lock:
            self._owed += share
            if self._owed < 1.0:
                return False
            self._owed -= 1.0
            return True


class MisconductMiddleware:
    """Delays and fails requests as ordered; the first of all, so that nothing has been done when it fails one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._dice = Dice()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as ordered."""
        if request.path == "/healthz":
            return self._get_response(request)
        order = ordered()
        if order.delay_s:
            with span("fault"):
                time.sleep(order.delay_s)
        if order.error_share and self._dice.hit(order.error_share):
            return refusal(500, "an error on request")
        return self._get_response(request)
