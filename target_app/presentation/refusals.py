"""Every answer that is not a yes, as JSON: ``{"error": text}`` with the status that fits. Never a traceback page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from target_app.errors import DatabaseBusy, OutOfReach, Refused
from target_app.services.answer import REFUSED

log = logging.getLogger("target_app")
RETRY_AFTER_S = 1
"""When who got 503 may come again."""


def refusal(status: int, text: str) -> JsonResponse:
    """Return the answer for a request that is not granted."""
    response = JsonResponse({"error": text}, status=status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


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
        if isinstance(error, OperationalError | InterfaceError):
            log.warning("%s %s: %s", request.method, request.path, error)
            error = _of_database(error)
        if isinstance(error, Refused):
            response = refusal(error.status, str(error))
            response[REFUSED] = type(error).__name__
            return response
        return None


def _of_database(error: OperationalError | InterfaceError) -> Exception:
    """Return the refusal for what a database's driver raised; a bug stays what it is."""
    if settings.CONFIG.databases != "single":
        return OutOfReach("a database cannot be reached")
    if "locked" in str(error):
        return DatabaseBusy("the database's one writer was busy for too long")
    return error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a request that Django found malformed."""
    return refusal(400, "malformed request")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a URL that is not there."""
    return refusal(404, f"no such page: {request.path}")


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a bug in the target; Django has logged it."""
    return refusal(500, "internal error")
