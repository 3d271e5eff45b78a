"""Performs interface calls: in this process, or elsewhere when the settings say that other servers run the app.

``LOADSIM_TARGET_CALLS`` says how the calls are made that a page needs together:

    serial      one after the other, as pages grow when nobody counts
    parallel    those to other services at the same time; those in this process are one thread's work either way
    batched     one request for all that one service is to do
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.conf import settings

from target_app.errors import Refused
from target_app.services.http import Answer, HttpTransport
from target_app.services.operation import Call
from target_app.services.present import present
from target_app.timing import timing

_THREADS_A_SLOT = 16
Part = tuple[str | None, list[int]]
"""A service, None for this process, and the positions of the calls that it is to do together."""


def gather(*calls: Call[Any]) -> list[Any]:
    """Perform calls that do not need each other's results; return these in order, or raise the first refusal."""
    with timing.calls(len(calls)):
        return _perform(calls)


def _perform(calls: Sequence[Call[Any]]) -> list[Any]:
    config = settings.CONFIG
    parts = _parts([config.services.get(call.operation.app) for call in calls], config.calls)
    answers = _answers(parts, calls, config.calls)
    results: list[Any] = [None] * len(calls)
    for (_, positions), values in zip(parts, answers, strict=True):
        for position, value in zip(positions, values, strict=True):
            results[position] = value
    return results


def _parts(places: Sequence[str | None], calls: str) -> list[Part]:
    """Cut the calls into parts, each one call; or, batched, all that are for one service."""
    if calls != "batched":
        return [(place, [position]) for position, place in enumerate(places)]
    return [
        (place, [position for position, other in enumerate(places) if other == place])
        for place in dict.fromkeys(places)
    ]


def _answers(parts: Sequence[Part], calls: Sequence[Call[Any]], mode: str) -> list[list[Any]]:
    together = [[calls[position] for position in positions] for _, positions in parts]
    remote = sum(place is not None for place, _ in parts)
    if mode == "parallel" and remote > 1:
        return _in_parallel([place for place, _ in parts], together)
    return [_one_part(place, some) for (place, _), some in zip(parts, together, strict=True)]


def _one_part(place: str | None, calls: Sequence[Call[Any]]) -> list[Any]:
    if place is None:
        return [call.perform() for call in calls]
    return _results(place, _transport().send(place, calls, present.deadline, present.headers))


def _in_parallel(places: Sequence[str | None], together: Sequence[Sequence[Call[Any]]]) -> list[list[Any]]:
    """Send what is for other services at once, do the rest meanwhile; the account is this thread's alone."""
    sent = [
        _threads().submit(_transport().send, place, calls, present.deadline, present.headers) if place else None
        for place, calls in zip(places, together, strict=True)
    ]
    done: list[list[Any] | Refused] = []
    for place, calls, future in zip(places, together, sent, strict=True):
        try:
            done.append(_results(place, future.result()) if place and future else _one_part(None, calls))
        except Refused as refused:
            done.append(refused)
    first = next((each for each in done if isinstance(each, Refused)), None)
    if first is not None:
        raise first
    return [each for each in done if not isinstance(each, Refused)]


def _results(place: str, answer: Answer) -> list[Any]:
    """Put the answer's time on this request's account and return its results, or raise its refusal."""
    timing.hop(place, answer.seconds, answer.server_timing)
    if answer.refusal is not None:
        raise answer.refusal
    return answer.results


@cache
def _transport() -> HttpTransport:
    return HttpTransport(settings.CONFIG.services_socket)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.CONFIG.slots * _THREADS_A_SLOT, thread_name_prefix="calls")
