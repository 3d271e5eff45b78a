"""The HTTP client of one Locust user: ``self.client``, with the calls scripts know. HTTP/1.1; nothing is sent twice.

A request that fails raises nothing: its outcome is recorded, ``user.failed`` is set, and the response says so. One
request and the redirects it followed are one sample, from its start to the end of the last answer, with the bytes of
all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter as now
from typing import Protocol, Unpack

from loadsim.engine.compose import Auth, authorization_value, plain_path
from loadsim.engine.connection import Connection
from loadsim.engine.cookies import Cookie, CookieJar
from loadsim.engine.failures import describe
from loadsim.engine.headers import Headers
from loadsim.engine.origin import Origin
from loadsim.engine.prepare import Options, Prepared, prepare, timeout_s
from loadsim.engine.redirects import CODES, MAX_REDIRECTS, RedirectError
from loadsim.engine.response import CaughtResponse, Response
from loadsim.measure.sample import CLASS_SHIFT, Outcome

_ERRORS_FROM = 400
Facts = tuple[float, float, float, int, int]
"""due, started, ended (seconds), received and sent bytes."""


class Visitor(Protocol):
    """What the client reads and writes on its user. Times are ``perf_counter``'s."""

    due: float | None
    """When the next request is due; the request that uses it sets None, which means: when the one before it ended."""
    last_ended: float | None
    """When the last request ended; None before the first."""
    failed: bool
    """Set when a request was not good."""
    visitor_class: int


class Client:
    """Sends the requests of one user over one connection (and more while several greenlets of the user ask at once)."""

    def __init__(self, origin: Origin, user: Visitor) -> None:
        self.origin = origin
        self.user = user
        self.headers: dict[str, str] = {}
        """Header fields for every request of this user."""
        self.cookies = CookieJar(origin.url.host, secure=origin.url.scheme == "https")
        self._jar = self.cookies.jar
        self._base = origin.url.base
        self._connection = Connection(origin)
        self._spares: list[Connection] = []
        self._record, self._tell = origin.sink.request, origin.sink.told
        self._scan, self._read = origin.scanner.search, origin.scanner.read
        self._fresh = origin.settings.connections == "visitor"
        self._first_cookies: dict[tuple[str, str, str], Cookie] | None = None
        self._get_numbers = origin.route_numbers["GET"]
        self._lead = origin.leads["GET"]

    # -- for the engine

    def begin(self) -> None:
        """Let a new visitor take over: with the cookies ``on_start`` left, and a fresh connection if so set."""
        if self._fresh:
            self._connection.close()
            self._drop_spares()
        if self.cookies.changed:
            if self._first_cookies is None:
                self._first_cookies = dict(self._jar)
            self.cookies.restore(self._first_cookies)
        elif self._first_cookies is None:
            self._first_cookies = {}

    def close(self) -> None:
        """Close for good."""
        self._connection.discard()
        self._drop_spares()

    # -- for scripts

    @property
    def base_url(self) -> str:
        """The target's URL, without user and password."""
        return self.origin.url.origin + self.origin.url.base

    @property
    def auth(self) -> None:
        """The (user, password) or bearer token of every request. It is written, not read; None takes it back."""
        return None

    @auth.setter
    def auth(self, value: Auth | None) -> None:
        if value is None:
            self.headers.pop("Authorization", None)
        else:
            self.headers["Authorization"] = authorization_value(value)

    def get(self, path: str, name: str | None = None, **options: Unpack[Options]) -> Response:
        """Send a GET. ``path`` is relative to the target's URL, itself ``""``. ``name`` groups paths in the results."""
        if options or self._jar or self.headers or not plain_path(path):
            return self.request("GET", path, name, **options)
        origin = self.origin
        wire = (self._lead + path).encode() + origin.plain
        return self._send(wire, self._get_numbers[name or path], path, origin.timeout_s)

    def post(
        self, path: str, data: object = None, json: object = None, name: str | None = None, **options: Unpack[Options]
    ) -> Response:
        """Send a POST with a form, bytes or text (``data``), JSON, or ``files``."""
        return self.request("POST", path, name, data=data, json=json, **options)

    def put(
        self, path: str, data: object = None, json: object = None, name: str | None = None, **options: Unpack[Options]
    ) -> Response:
        """Send a PUT."""
        return self.request("PUT", path, name, data=data, json=json, **options)

    def patch(
        self, path: str, data: object = None, json: object = None, name: str | None = None, **options: Unpack[Options]
    ) -> Response:
        """Send a PATCH."""
        return self.request("PATCH", path, name, data=data, json=json, **options)

    def delete(self, path: str, name: str | None = None, **options: Unpack[Options]) -> Response:
        """Send a DELETE."""
        return self.request("DELETE", path, name, **options)

    def head(self, path: str, name: str | None = None, **options: Unpack[Options]) -> Response:
        """Send a HEAD; redirects are not followed unless asked (as in requests)."""
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", path, name, **options)

    def options(self, path: str, name: str | None = None, **options: Unpack[Options]) -> Response:
        """Send an OPTIONS."""
        return self.request("OPTIONS", path, name, **options)

    def request(
        self,
        method: str,
        path: str,
        name: str | None = None,
        data: object = None,
        json: object = None,
        **options: Unpack[Options],
    ) -> Response:
        """Send any request. Raises ValueError or TypeError only for a request that cannot be written down."""
        origin = self.origin
        prepared = prepare(origin, method, path, self.headers, data, json, options)
        numbers = origin.numbers_for(prepared.method)
        wire = prepared.wire(origin.head, self.cookies)
        seconds = timeout_s(options.get("timeout"), origin.timeout_s)
        return self._send(wire, numbers[name or path], path, seconds, prepared, options.get("catch_response", False))

    # -- inside

    def _send(
        self, wire: bytes, route: int, path: str, seconds: float, prepared: Prepared | None = None, catch: bool = False
    ) -> Response:
        """Send, follow, record. ``prepared`` is None for the plain GET: keep what that does not need out of its way."""
        origin, user, connection = self.origin, self.user, self._connection
        if connection.busy:
            connection = self._spare()
        connection.head_only = prepared is not None and prepared.method == "HEAD"
        started = now()
        due = user.due
        if due is None:
            due = user.last_ended or started
        else:
            user.due = None
        key = route | user.visitor_class << CLASS_SHIFT
        history: list[Response] = []
        try:
            connection.exchange(wire, started + seconds)
            status = connection.status
            if status:
                match = self._scan(connection.raw)
                if match is None or match.lastindex is not None or 300 < status < 400:
                    backend, cookies, timing, caches = self._read(connection.raw, match)
                    if timing or caches:
                        self._tell(due, key, timing, caches)
                    if cookies or 300 < status < 400:
                        prepared = prepared or Prepared("GET", self._base + path)
                        self._keep(cookies, prepared.target)
                        if status in CODES and prepared.follow:
                            prepared, backend = self._follow(connection, prepared, backend, started + seconds, history)
                            status = connection.status
                    key |= backend
        except BaseException:
            code = connection.outcome or Outcome.ABORTED
            facts = (due, started, connection.ended, connection.received, connection.sent)
            user.last_ended = connection.ended
            self._settle(key, facts, path, connection.problem, code, "")
            raise
        ended = user.last_ended = connection.ended
        code = connection.outcome or (status if status >= _ERRORS_FROM else 0)
        target = self._base + path if prepared is None else prepared.target
        response = (CaughtResponse if catch else Response)(origin, connection, code, started, target)
        if history:
            response.history = tuple(history)
        if code or catch:
            facts = (due, started, ended, connection.received, connection.sent)
            label = f"{prepared.method if prepared else 'GET'} {path}"
            problem = connection.problem if connection.outcome else connection.raw  # never the response: it holds this
            settle = partial(self._settle, key, facts, label, problem)
            if isinstance(response, CaughtResponse):
                response.bind(settle)
            else:
                settle(code, "")
        else:
            self._record(key, due, started, ended, connection.received, connection.sent)
        return response

    def _settle(self, key: int, facts: Facts, label: str, problem: object, code: int, why: str) -> None:
        """Record a request that took the long way: it failed, or the script judged it."""
        if code:
            self.user.failed = True
            notes = self.origin.notes
            if code not in notes.seen:
                notes.add(code, f"{label.partition('?')[0]}: {why or _in_words(problem)}")
        self._record(key | code, *facts)

    def _keep(self, cookies: Sequence[bytes], path: str) -> None:
        for cookie in cookies:
            self.cookies.keep(cookie.decode("latin-1"), path)

    def _follow(
        self, connection: Connection, prepared: Prepared, backend: int, deadline: float, history: list[Response]
    ) -> tuple[Prepared, int]:
        """Go where a redirect leads; return the last request and its backend's number.

        The connection then holds the last answer, and the bytes of all of them.
        """
        origin = self.origin
        received = sent = 0
        try:
            while not connection.outcome and connection.status in CODES:
                location = Headers.parse(connection.raw.partition(b"\r\n\r\n")[0]).get("location")
                if not location:
                    break
                if len(history) >= MAX_REDIRECTS:
                    raise RedirectError(f"more than {MAX_REDIRECTS} redirects")
                onward = prepared.redirected(origin, connection.status, location)
                history.append(Response(origin, connection, 0, connection.ended, prepared.target))
                prepared = onward
                received, sent = received + connection.received, sent + connection.sent
                connection.exchange(prepared.wire(origin.head, self.cookies), deadline)
                backend, cookies, *_ = self._read(connection.raw, self._scan(connection.raw))
                self._keep(cookies, prepared.target)
        except RedirectError as error:
            connection.outcome, connection.problem = Outcome.REDIRECT, str(error)
        finally:
            connection.received += received
            connection.sent += sent
        return prepared, backend

    def _spare(self) -> Connection:
        for connection in self._spares:
            if not connection.busy:
                return connection
        self._spares.append(Connection(self.origin))
        return self._spares[-1]

    def _drop_spares(self) -> None:
        for connection in self._spares:
            connection.discard()
        self._spares.clear()


def _in_words(problem: object) -> str:
    """Say what was seen: a failure of the socket, a text, or the status line of an answer."""
    if isinstance(problem, bytes):
        return problem.partition(b"\r\n")[0].decode("latin-1").partition(" ")[2]
    return describe(problem) if isinstance(problem, OSError) else str(problem)
