"""HTML pages: what the interfaces tell, put into templates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from target_app.comments import interface as comments
from target_app.images import interface as images
from target_app.inventory import interface as inventory
from target_app.payments import interface as payments
from target_app.presentation.reading import whole
from target_app.timing import span
from target_app.users import interface as users

SUGGESTIONS = 5
"""Items on a dashboard; each costs three interface calls."""


def _page(template: str, **values: Any) -> HttpResponse:
    with span("render"):
        return HttpResponse(render_to_string(template, values))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """``GET /``: a page of items."""
    return _page("home.html", page=inventory.items_page(whole(request, "page", 1)))


@require_safe
def item(request: HttpRequest, item_id: int) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    """``GET /items/<id>``: the item, its picture, stock and comments, from four apps."""
    shown = inventory.item(item_id)
    said = comments.of_item(item_id)
    names = users.names(tuple({comment.user_id for comment in said}))
    return _page(
        "item.html",
        item=shown,
        image=images.image(item_id),
        stock=inventory.stock(item_id),
        comments=[(comment, names.get(comment.user_id, "someone")) for comment in said],
    )


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """``GET /dashboard?user=ID``: twenty interface calls, one after the other, as pages grow when nobody counts."""
    user_id = whole(request, "user")
    user = users.user(user_id)
    suggested = [(user_id * 7 + number * 13) % settings.CONFIG.items + 1 for number in range(SUGGESTIONS)]
    return _page(
        "dashboard.html",
        user=user,
        orders=payments.orders_of(user_id),
        comments=comments.by_user(user_id),
        suggestions=[
            (inventory.item(item_id), inventory.stock(item_id), images.image(item_id)) for item_id in suggested
        ],
        news=inventory.items_page(1),
        talk=comments.of_item(suggested[0]),
    )
