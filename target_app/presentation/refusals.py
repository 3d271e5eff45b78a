"""Every answer that is not a yes, as JSON: ``{"error": text}`` with the status that fits. Never a traceback page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from target_app.errors import DatabaseBusy, Refused
from target_app.services.http import REFUSED

log = logging.getLogger("target_app")


def refusal(status: int, text: str) -> JsonResponse:
    """Return the answer for a request that is not granted."""
    return JsonResponse({"error": text}, status=status)


class RefusalMiddleware:
    """Turns what views raise into answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; Django's answer to a wrong method is an empty page."""
        response = self._get_response(request)
        if response.status_code == 405:
            allowed = response["Allow"]
            response = refusal(405, f"{request.method} is not for this URL: use {allowed}")
            response["Allow"] = allowed
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for what a view raised; leave to Django what nobody expected."""
        if isinstance(error, OperationalError) and "locked" in str(error):
            log.warning("%s %s: %s", request.method, request.path, error)
            error = DatabaseBusy("the database's one writer was busy for too long")
        if isinstance(error, Refused):
            response = refusal(error.status, str(error))
            response[REFUSED] = type(error).__name__
            return response
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a request that Django found malformed."""
    return refusal(400, "malformed request")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a URL that is not there."""
    return refusal(404, f"no such page: {request.path}")


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a bug in the target; Django has logged it."""
    return refusal(500, "internal error")
