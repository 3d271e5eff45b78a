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
from target_app.services.gather import gather
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
    shown, image, stock, said = gather(
        inventory.item.later(item_id),
        images.image.later(item_id),
        inventory.stock.later(item_id),
        comments.of_item.later(item_id),
    )
    names = users.names(tuple({comment.user_id for comment in said}))
    return _page(
        "item.html",
        item=shown,
        image=image,
        stock=stock,
        comments=[(comment, names.get(comment.user_id, "someone")) for comment in said],
    )


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """``GET /dashboard?user=ID``: twenty interface calls, as pages grow when nobody counts."""
    user_id = whole(request, "user")
    suggested = [(user_id * 7 + number * 13) % settings.CONFIG.items + 1 for number in range(SUGGESTIONS)]
    user, orders, said, news, talk, *rest = gather(
        users.user.later(user_id),
        payments.orders_of.later(user_id),
        comments.by_user.later(user_id),
        inventory.items_page.later(1),
        comments.of_item.later(suggested[0]),
        *(ask.later(item_id) for ask in (inventory.item, inventory.stock, images.image) for item_id in suggested),
    )
    suggestions = zip(*(rest[start : start + SUGGESTIONS] for start in range(0, len(rest), SUGGESTIONS)), strict=True)
    return _page(
        "dashboard.html",
        user=user,
        orders=orders,
        comments=said,
        suggestions=list(suggestions),
        news=news,
        talk=talk,
    )
