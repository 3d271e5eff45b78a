"""Somebody's locustfile, unmodified: its users are driven by arrivals and measured through Locust's events.

Locust fires ``events.request`` with what the user's ``context()`` returns, which here is the user itself; so a request
finds the arrival it belongs to. Their clients cost some ten times loadsim's own, and that is said.
"""

from __future__ import annotations

import socket
import ssl
from time import perf_counter
from typing import Any

from locust import User

from loadsim.engine.names import MAX_BACKEND_CHARS, printable
from loadsim.engine.origin import Origin
from loadsim.engine.users import ArrivalDriven
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, Outcome

_MOST_BYTES = 0xFFFFFFFF


def driven_by_arrivals(user_class: Any) -> Any:
    """Return a subclass of a Locust user class that runs one iteration an arrival and records its requests."""
    return type(user_class.__name__, (_Foreign, user_class), {"abstract": False, "__module__": user_class.__module__})


class _Foreign(ArrivalDriven):
    client: Any

    def __init__(self, environment: Any) -> None:
        self.host = environment.host  # type: ignore[misc] # an instance's host stands before its class's
        super().__init__(environment)

    def begin_visit(self) -> None:
        """Forget the cookies of the visitor before, unless the class keeps a session by an on_start of its own."""
        if type(self).on_start is User.on_start:
            jar = getattr(self.client, "cookiejar", None) or getattr(self.client, "cookies", None)
            if jar is not None:
                jar.clear()

    def context(self) -> dict[str, Any]:
        """Let the request event know whose it is."""
        return {"loadsim_user": self}


def listen(environment: Any) -> None:
    """Record the requests of foreign users. Called once, before any user runs."""
    environment.events.request.add_listener(_record)


def _record(
    request_type: str,
    name: str,
    response_time: float,
    response_length: int,
    exception: BaseException | None = None,
    context: dict[str, Any] | None = None,
    response: Any = None,
    **_: Any,
) -> None:
    user: _Foreign | None = (context or {}).get("loadsim_user")
    if user is None:
        return
    ended = perf_counter()
    started = ended - response_time / 1e3
    due = user.due if user.due is not None else user.last_ended
    user.due, user.last_ended = None, ended
    outcome, origin = _outcome(exception, response), user.engine.origin
    if outcome:
        user.failed = True
        origin.notes.add(outcome, f"{request_type} {name}: {type(exception).__name__}: {exception}")
    routes = origin.numbers_for(request_type)
    key = routes[name] | _backend(origin, response) | user.visitor_class << CLASS_SHIFT | outcome
    received = min(int(response_length or 0), _MOST_BYTES)
    user.engine.samples.request(key, started if due is None else min(due, started), started, ended, received, 0)


def _backend(origin: Origin, response: Any) -> int:
    headers = getattr(response, "headers", None) or {}
    for name in origin.settings.backend_headers:
        value = headers.get(name)
        if value:
            return origin.backends.number(printable(str(value).strip(), MAX_BACKEND_CHARS)) << BACKEND_SHIFT
    return 0


def _outcome(exception: BaseException | None, response: Any) -> int:
    if exception is None:
        return Outcome.OK
    status = getattr(response, "status_code", 0) or 0
    if 400 <= status <= 999:
        return int(status)
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
