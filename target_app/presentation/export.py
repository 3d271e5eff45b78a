"""The heavy request of a few heavy users: everything about one of them. It holds its slot, mostly by waiting.

What is scarce on a real system is its worker slots. A target that burnt CPU instead would run out of this machine's
cores first and would measure those. So an export computes for ``export_cpu_share`` of ``export_hold_s`` and waits for
the rest, as one does that fetches from a warehouse elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from target_app.comments import interface as comments
from target_app.errors import BadInput
from target_app.payments import interface as payments
from target_app.presentation.reading import whole
from target_app.services.gather import gather
from target_app.timing import span
from target_app.users import interface as users

MOST_ROWS = 1_000


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """``GET /export?user=ID&format=json|csv``: a user's orders and comments, and a digest over them."""
    user_id = whole(request, "user")
    form = request.GET.get("format", "json")
    if form not in ("json", "csv"):
        raise BadInput(f"format={form}: expected json or csv")
    with span("export"):
        until = time.perf_counter() + settings.CONFIG.export_hold_s
        user, bought, written = gather(
            users.user.later(user_id),
            payments.orders_of.later(user_id, MOST_ROWS),
            comments.by_user.later(user_id, MOST_ROWS),
        )
        orders, said = [asdict(order) for order in bought], [asdict(comment) for comment in written]
        digest = _digest(orders + said, settings.CONFIG.export_hold_s * settings.CONFIG.export_cpu_share)
        time.sleep(max(0.0, until - time.perf_counter()))
    if form == "csv":
        return HttpResponse(_csv(orders, said), content_type="text/csv")
    return JsonResponse({"user": asdict(user), "orders": orders, "comments": said, "digest": digest})


def _digest(rows: list[dict[str, Any]], cpu_s: float) -> str:
    """Hash the rows over and over until this thread has computed for ``cpu_s``; return the digest of one round."""
    until = time.thread_time() + cpu_s
    data = repr(rows).encode()
    digest = hashlib.sha256(data).hexdigest()
    while time.thread_time() < until:
        hashlib.sha256(data).hexdigest()
    return digest


def _csv(orders: list[dict[str, Any]], said: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["kind", "id", "item", "quantity", "total_cents", "status", "text"])
    for order in orders:
        row = [order[name] for name in ("id", "item_id", "quantity", "total_cents", "status")]
        writer.writerow(["order", *row, ""])
    for comment in said:
        writer.writerow(["comment", comment["id"], comment["item_id"], "", "", "", comment["text"]])
    return out.getvalue()
