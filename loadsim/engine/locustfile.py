"""Somebody's locustfile, unmodified: its users are driven by arrivals and measured through Locust's events.

Locust fires ``events.request`` with what the user's ``context()`` returns, which here is the user itself; so a request
finds the arrival it belongs to. Their clients cost some ten times loadsim's own, and that is said.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from time import perf_counter
from typing import Any

from locust import FastHttpUser, HttpUser, User

from loadsim.engine.names import MAX_BACKEND_CHARS, Routes, printable
from loadsim.engine.origin import Origin
from loadsim.engine.users import ArrivalDriven
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, Outcome
from loadsim.wire import HttpSettings

_MOST_BYTES = 0xFFFFFFFF
_OLDEST_S = 600.0
_MOST_KINDS = 64
_current_user: ContextVar[_Foreign | None] = ContextVar("loadsim_user", default=None)
"""For events that a client of one's own fires without the user's context."""


def driven_by_arrivals(user_class: Any) -> Any:
    """Return a subclass of a Locust user class that runs one iteration an arrival and records its requests."""
    return type(user_class.__name__, (_Foreign, user_class), {"abstract": False, "__module__": user_class.__module__})


class _Foreign(ArrivalDriven):
    client: Any

    def __init__(self, environment: Any) -> None:
        self.host = environment.host  # an instance's host stands before its class's
        settings = environment.engine.plan.http
        if isinstance(self, FastHttpUser):
            _prepare_fast(self, settings)
        super().__init__(environment)
        if isinstance(self, HttpUser):
            self.client.headers.update(dict(settings.headers))
            self.client.request = partial(self.client.request, timeout=settings.timeout_s)  # unless a call says other
        self._jar = _cookie_jar(self)

    def begin_visit(self) -> None:
        """Forget the cookies of the visitor before, unless the class keeps a session by an on_start of its own."""
        if self._jar is not None:
            self._jar.clear()

    def run(self) -> None:
        """Live as any arrival-driven user; whatever this greenlet sends is this user's."""
        _current_user.set(self)
        super().run()

    def context(self) -> dict[str, Any]:
        """Let the request event know whose it is."""
        return {**super().context(), "loadsim_user": self}  # type: ignore[misc] # Locust's User comes next


def _prepare_fast(user: Any, settings: HttpSettings) -> None:
    """Set what its client is made of; a value that the script's class sets itself stands."""
    user.default_headers = {**(user.default_headers or {}), **dict(settings.headers)}
    for name in ("network_timeout", "connection_timeout"):
        if getattr(type(user), name) == getattr(FastHttpUser, name):
            setattr(user, name, settings.timeout_s)


def remarks(user_class: Any) -> tuple[str, ...]:
    """Return what the user should know about a class that brings Locust's own client."""
    if not issubclass(user_class, (HttpUser, FastHttpUser)):
        return ()
    return (
        f"{user_class.__name__} uses Locust's own client, whose requests cost some ten times those of loadsim's "
        "LoadUser; of the HTTP options, --header, --timeout and --env reach it",
    )


def _cookie_jar(user: Any) -> Any:
    if type(user).on_start is not User.on_start:
        return None
    client = vars(user).get("client")  # the class's stand-in for a missing client raises on every attribute
    jar = getattr(client, "cookiejar", None)
    return jar if jar is not None else getattr(client, "cookies", None)


def listen(environment: Any) -> None:
    """Record the requests of foreign users. Called once, before any user runs."""
    environment.events.request.add_listener(_record)


def _record(
    request_type: str,
    name: str,
    response_time: float,
    response_length: int = 0,
    exception: BaseException | None = None,
    context: Mapping[str, Any] | None = None,
    response: Any = None,
    start_time: float | None = None,
    **_: Any,
) -> None:
    user: _Foreign | None = (context or {}).get("loadsim_user") or _current_user.get()
    if user is None:
        return
    length_s = (response_time or 0.0) / 1e3
    ended = perf_counter() - _age_s(start_time, length_s)
    started = ended - length_s
    due = user.due if user.due is not None else user.last_ended
    user.due, user.last_ended = None, ended
    outcome, origin = _outcome(exception, response), user.engine.origin
    if outcome:
        user.failed = True
        origin.notes.add(outcome, f"{request_type} {name}: {type(exception).__name__}: {exception}")
    key = _route(origin, str(request_type), str(name)) | _backend(origin, response)
    key |= user.visitor_class << CLASS_SHIFT | outcome
    received = max(0, min(int(response_length or 0), _MOST_BYTES))
    user.engine.samples.request(key, started if due is None else min(due, started), started, ended, received, 0)


def _age_s(start_time: float | None, length_s: float) -> float:
    """Return how long ago the answer came: under ``catch_response`` the event comes when the script has judged it.

    Locust tells the start on the wall clock; an age that this makes absurd is not believed.
    """
    age_s = time.time() - start_time - length_s if start_time else 0.0
    return age_s if 0.0 < age_s < _OLDEST_S else 0.0


def _route(origin: Origin, kind: str, name: str) -> int:
    """Return the route's number; clients of one's own call their requests what they like ("gRPC", "WS receive")."""
    if kind not in origin.route_numbers and len(origin.route_numbers) < _MOST_KINDS:
        origin.route_numbers[kind] = Routes(printable(kind, 32), origin.routes)
    return origin.route_numbers.get(kind, origin.route_numbers["GET"])[name]


def _backend(origin: Origin, response: Any) -> int:
    headers: Any = getattr(response, "headers", None)
    if not hasattr(headers, "get"):
        return 0
    for name in origin.settings.backend_headers:
        value = headers.get(name)
        if value:
            return origin.backends.number(printable(str(value).strip(), MAX_BACKEND_CHARS)) << BACKEND_SHIFT
    return 0


def _outcome(exception: BaseException | None, response: Any) -> int:
    if exception is None:
        return Outcome.OK
    status = getattr(response, "status_code", 0)
    status = status if isinstance(status, int) else 0
    if 400 <= status <= 999:
        return status
    if status:
        return Outcome.CHECK_FAILED
    return _of_exception(exception)


def _of_exception(exception: BaseException) -> int:
    """Look through the chain of causes for what the socket said."""
    seen: list[BaseException] = []
    cause: Any = exception
    while cause is not None and cause not in seen and len(seen) < 10:
        seen.append(cause)
        for kind, outcome in (
            (ConnectionRefusedError, Outcome.CONNECT_REFUSED),
            (ConnectionResetError, Outcome.RESET),
            (BrokenPipeError, Outcome.RESET),
            (ssl.SSLError, Outcome.TLS),
            (socket.gaierror, Outcome.DNS),
            (TimeoutError, Outcome.TIMEOUT),
        ):
            if isinstance(cause, kind):
                return outcome
        arguments = [argument for argument in getattr(cause, "args", ()) if isinstance(argument, BaseException)]
        cause = cause.__cause__ or cause.__context__ or getattr(cause, "reason", None) or next(iter(arguments), None)
        if not isinstance(cause, BaseException):
            cause = None
    names = " ".join(type(item).__name__ + printable(str(item), 200) for item in seen).lower()
    for word, outcome in (
        ("refused", Outcome.CONNECT_REFUSED),
        ("timed out", Outcome.TIMEOUT),
        ("timeout", Outcome.TIMEOUT),
    ):
        if word in names:
            return outcome
    return Outcome.CLOSED_EARLY
