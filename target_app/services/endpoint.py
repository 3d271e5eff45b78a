"""The way in from other services: ``POST /services/SERVICE`` with calls, answered by their results.

It is there only where there are other services or a bus, and for these alone: the balancer takes the header that says
how much time a call has left off requests from outside, and what came over the bus carries a mark of its own.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from target_app.bus import FROM_BUS
from target_app.errors import NotFound
from target_app.services.gather import gather
from target_app.services.operation import decode_calls, encode_results
from target_app.services.present import TIME_LEFT


@require_POST
def serve(request: HttpRequest, service: str) -> HttpResponse:  # noqa: ARG001 - the balancer has read it
    """Perform the calls in their order; the first refusal is the answer to all."""
    over_http = settings.CONFIG.services_socket and TIME_LEFT in request.headers
    if not over_http and FROM_BUS not in request.META:
        raise NotFound(f"no such page: {request.path}")
    return HttpResponse(encode_results(gather(*decode_calls(request.body))), content_type="application/json")
