"""Performs interface calls: in this process, or elsewhere when the settings say that other servers run the app.

``LOADSIM_TARGET_CALLS`` says how the calls are made that a page needs together:

    serial      one after the other, as pages grow when nobody counts
    parallel    those to other services at the same time; those in this process are one thread's work either way
    batched     one request for all that one service is to do
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings

from target_app.services.answer import Answer
from target_app.services.http import HttpTransport
from target_app.services.operation import Call
from target_app.services.present import present
from target_app.timing import timing

if TYPE_CHECKING:
    from target_app.services.bus import BusTransport

_THREADS_A_SLOT = 16


@dataclass(frozen=True, slots=True)
class Part:
    """Calls that go to one service together (None: this process), and where among all calls they stand."""

    service: str | None
    calls: list[Call[Any]]
    positions: list[int]


def gather(*calls: Call[Any]) -> list[Any]:
    """Perform calls that do not need each other's results; return these in order, or raise the first refusal."""
    with timing.calls(len(calls)):
        parts = _parts(calls)
        at_once = settings.CONFIG.calls == "parallel" and sum(part.service is not None for part in parts) > 1
        ends = [_begin(part, at_once) for part in parts]
        results: list[Any] = [None] * len(calls)
        for part, end in zip(parts, ends, strict=True):
            for position, value in zip(part.positions, end(), strict=True):
                results[position] = value
        return results


def _parts(calls: Sequence[Call[Any]]) -> list[Part]:
    """Cut the calls into parts, each one call; or, batched, all that are for one service."""
    services = [settings.CONFIG.services.get(call.operation.app) for call in calls]
    if settings.CONFIG.calls != "batched":
        return [Part(service, [calls[at]], [at]) for at, service in enumerate(services)]
    together = {
        service: [at for at, other in enumerate(services) if other == service] for service in dict.fromkeys(services)
    }
    return [Part(service, [calls[at] for at in positions], positions) for service, positions in together.items()]


def _begin(part: Part, at_once: bool) -> Callable[[], list[Any]]:
    """Return what performs the part and returns its results; ``at_once``, what is for another service is on its way."""
    service = part.service
    if service is None:
        return lambda: [call.perform() for call in part.calls]
    send = partial(_transport().send, service, part.calls, present.deadline, present.headers)
    answer = _threads().submit(send).result if at_once else send
    return lambda: _results(service, answer())


def _results(service: str, answer: Answer) -> list[Any]:
    """Put the answer's time on this request's account and return its results, or raise its refusal."""
    timing.hop(service, answer.seconds, answer.server_timing)
    if answer.refusal is not None:
        raise answer.refusal
    return answer.results


@cache
def _transport() -> HttpTransport | BusTransport:
    if settings.CONFIG.transport == "http":
        return HttpTransport(settings.CONFIG.services_socket)
    from target_app.services.bus import BusTransport, link  # Channels and Redis' client only where there is a bus

    return BusTransport(link())


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.CONFIG.slots * _THREADS_A_SLOT, thread_name_prefix="calls")
