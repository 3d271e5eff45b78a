"""Every URL of the target.

Ids of items, images and users count from 1 to as many as were seeded (``LOADSIM_TARGET_ITEMS``, 1,000; an item and its
image share their id; ``LOADSIM_TARGET_USERS``, 200). Above that the answer is 404.
"""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from target_app.presentation import api, pages
from target_app.presentation.export import export
from target_app.services import answer, endpoint

urlpatterns = [
    path("", pages.home),
    path("items", api.items),
    path("items/<int:item_id>", pages.item),
    path("dashboard", pages.dashboard),
    path("export", export),
    path("images/<int:image_id>/thumbnail", api.thumbnail),
    path("api/items/<int:item_id>", api.item),
    path("api/items/<int:item_id>/stock", api.stock),
    path("api/items/<int:item_id>/comments", api.item_comments),
    path("api/orders", api.place_order),
    path("api/orders/<int:order_id>", api.order),
    path("api/users/<int:user_id>", api.user),
    path("healthz", api.health),
]
if settings.CONFIG.services_socket or settings.CONFIG.redis:
    urlpatterns.append(path(f"{answer.PREFIX.lstrip('/')}/<str:service>", endpoint.serve))

handler400 = "target_app.presentation.refusals.bad_request"
handler404 = "target_app.presentation.refusals.not_found"
handler500 = "target_app.presentation.refusals.server_error"
