"""JSON over HTTP: one interface call, or a few, behind each URL."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from target_app.comments import interface as comments
from target_app.images import interface as images
from target_app.inventory import interface as inventory
from target_app.payments import interface as payments
from target_app.presentation.reading import fields, whole
from target_app.tally import tally
from target_app.users import interface as users


def _answer(value: Any, status: int = 200) -> JsonResponse:
    return JsonResponse(asdict(value), status=status)


@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """``GET /items?page=N``: twenty items."""
    return _answer(inventory.items_page(whole(request, "page", 1)))


@require_safe
def item(request: HttpRequest, item_id: int) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /api/items/<id>``."""
    return _answer(inventory.item(item_id))


@require_safe
def stock(request: HttpRequest, item_id: int) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /api/items/<id>/stock``."""
    return _answer(inventory.stock(item_id))


@require_http_methods(["GET", "HEAD", "POST"])
def item_comments(request: HttpRequest, item_id: int) -> HttpResponse:
    """``GET`` or ``POST {"user", "text"}`` on ``/api/items/<id>/comments``."""
    inventory.item(item_id)
    if request.method == "POST":
        user_id, text = fields(request, user=int, text=str)
        users.user(user_id)
        return _answer(comments.add(item_id, user_id, text), 201)
    return JsonResponse({"comments": [asdict(comment) for comment in comments.of_item(item_id)]})


@require_POST
def place_order(request: HttpRequest) -> HttpResponse:
    """``POST /api/orders {"user", "item", "quantity"}``: 201, or 402 declined, 409 sold out."""
    user_id, item_id, quantity = fields(request, user=int, item=int, quantity=int)
    users.user(user_id)
    return _answer(payments.place_order(user_id, item_id, quantity), 201)


@require_safe
def order(request: HttpRequest, order_id: int) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /api/orders/<id>``."""
    return _answer(payments.order(order_id))


@require_safe
def user(request: HttpRequest, user_id: int) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /api/users/<id>``."""
    return _answer(users.user(user_id))


@require_safe
def thumbnail(request: HttpRequest, image_id: int) -> HttpResponse:
    """``GET /images/<id>/thumbnail?size=64``: a PNG."""
    return HttpResponse(images.thumbnail(image_id, whole(request, "size", 64)), content_type="image/png")


@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /healthz``: who answers, and how many of its slots are taken, this request's own included."""
    config = settings.CONFIG
    return JsonResponse({"status": "ok", "backend": config.backend, "slots": config.slots, "busy": tally().busy})
