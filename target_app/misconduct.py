"""Misconduct on request: a server is as slow, and as often wrong, as it was told; but ``/healthz`` is always right."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from target_app.dice import Dice
from target_app.instructions import instructions
from target_app.presentation.refusals import refusal
from target_app.timing import span


class MisconductMiddleware:
    """Delays and fails requests as ordered; the first of all, so that nothing has been done when it fails one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._dice = Dice()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as ordered."""
        if request.path == "/healthz":
            return self._get_response(request)
        told = instructions()
        if told.delay_s:
            with span("fault"):
                time.sleep(told.delay_s)
        if told.error_share and self._dice.hit(told.error_share):
            return refusal(told.error_status, "an error on request")
        return self._get_response(request)
