"""The WebSockets of one Locust user: ``self.ws``. Opening one is a request; what follows is its own account.

The handshake is recorded as the GET it is, so that routes, backends and response times are those of every run; what
becomes of the socket goes to :class:`loadsim.engine.sockets.Sockets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter as now
from typing import TYPE_CHECKING, Any

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from loadsim.engine.compose import field_line
from loadsim.engine.cookies import CookieJar
from loadsim.engine.dial import Line, dial
from loadsim.engine.failures import describe, outcome_of
from loadsim.engine.http import Visitor
from loadsim.engine.prepare import full_target
from loadsim.engine.proxy import ProxyRefusedError, basic
from loadsim.engine.sockets import Sockets, backend_number
from loadsim.engine.websocket import Listener, WebSocket
from loadsim.errors import TargetError
from loadsim.measure.sample import CLASS_SHIFT, Outcome
from loadsim.measure.socket_event import Event

if TYPE_CHECKING:
    from loadsim.engine.origin import Origin

MAX_MESSAGE_BYTES = 1 << 20
_REFUSALS = frozenset({401, 403, 429})


class WebSocketClient:
    """Opens sockets for one user; what a visitor leaves open is closed before the next one comes."""

    def __init__(self, sockets: Sockets, user: Visitor, cookies: CookieJar | None = None) -> None:
        self._sockets, self._user, self._cookies = sockets, user, cookies
        self._routes = sockets.origin.route_numbers["GET"]
        self._left_open: list[WebSocket] = []

    def begin(self) -> None:
        """Let a new visitor take over."""
        for socket in self._left_open:
            socket.close()
        self._left_open.clear()

    def connect(
        self,
        path: str = "",
        name: str | None = None,
        *,
        subprotocols: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        max_size: int = MAX_MESSAGE_BYTES,
        timeout: float | None = None,
        listener: Listener | None = None,
        stay: bool = False,
    ) -> WebSocket:
        """Open a WebSocket at a path of the target, or at a ws:// or wss:// URL of its host.

        Raises ValueError only for a request that cannot be written down. ``name`` groups paths in the results; no
        message may be larger than ``max_size`` bytes. If the visitor means to ``stay`` until the run is over, that
        closes the socket, and a close by the target is a failure even with code 1000 (all is done).
        """
        origin, user = self._sockets.origin, self._user
        target = full_target(origin, path.replace("ws", "http", 1) if path.startswith(("ws:", "wss:")) else path, None)
        protocol = _protocol(origin, subprotocols, max_size)
        request = handshake(origin, protocol, target, headers or {}, self._cookies)
        socket = WebSocket(self._sockets, user, stay=stay, listener=listener)
        self._left_open = [other for other in self._left_open if other]
        self._left_open.append(socket)
        started = now()
        due = started if user.due is None else user.due
        user.due = None
        key = self._routes[name or path or target] | user.visitor_class << CLASS_SHIFT
        opening = Opening(origin, protocol, started, timeout or origin.timeout_s)
        try:
            opening.run(request)
        finally:
            user.last_ended = ended = now()
            key |= opening.backend
            self._sockets.origin.sink.request(
                key | opening.outcome, due, started, ended, opening.received, opening.sent
            )
            if opening.outcome != Outcome.ABORTED:
                self._report(opening, due, started, ended, backend_number(key))
            self._tell(request, opening, ended - started)
        socket.status = opening.status
        if opening.outcome or opening.line is None:
            socket.refuse(opening.outcome, ended)
            user.failed = True
            origin.notes.add(opening.outcome, f"GET {target.partition('?')[0]}: {opening.problem}")
        else:
            socket.take(opening.line, protocol, due, ended, backend_number(key))
        return socket

    # -- inside

    def _tell(self, request: Request, opening: Opening, service_s: float) -> None:
        """Show the handshake to whoever wants to see it."""

    def _report(self, opening: Opening, due: float, started: float, ended: float, backend: int) -> None:
        event = Event.NEVER_OPENED if opening.outcome else Event.OPENED
        middle = opening.connected_at or ended
        self._sockets.writer.add(event, due, started, middle, ended, backend=backend, cause=opening.outcome)


def handshake(
    origin: Origin, protocol: ClientProtocol, target: str, headers: Mapping[str, str], cookies: CookieJar | None
) -> Request:
    """Return the request of a handshake: the run's header fields and the user's beside those of the protocol."""
    fields = protocol.connect().headers
    if origin.url.userinfo is not None:
        fields["Authorization"] = basic(*origin.url.userinfo)
    fields["User-Agent"] = "loadsim"
    if cookies is not None and cookies.jar and (cookie := cookies.header(target)):
        fields["Cookie"] = cookie.decode("latin-1")
    for field, value in (*origin.settings.headers, *headers.items()):
        field_line(field, value)  # raises ValueError for what cannot be sent
        if field in fields:
            del fields[field]
        fields[field] = value
    return Request(target, fields)


class Opening:
    """One attempt. Afterwards ``outcome`` is 0 and ``line`` set, or ``problem`` says in words what went wrong."""

    def __init__(self, origin: Origin, protocol: ClientProtocol, started: float, timeout_s: float) -> None:
        self._origin, self.protocol = origin, protocol
        self._deadline = started + timeout_s
        self._connect_by = started + min(timeout_s, origin.connect_timeout_s)
        self.line: Line | None = None
        self.connected_at: float | None = None
        self.outcome: int = Outcome.ABORTED
        self.problem = ""
        self.response: Response | None = None
        self.status = self.backend = self.received = self.sent = 0

    def run(self, request: Request) -> None:
        """Connect and shake hands; raises only what is thrown into the greenlet."""
        try:
            self.line = line = dial(self._origin, self._connect_by)
            self.connected_at = now()
            line.deadline = self._deadline
            self._shake_hands(line, request)
        except TimeoutError:
            late = Outcome.CONNECT_TIMEOUT if self.line is None else Outcome.TIMEOUT
            self._fail(late, "no connection in time" if self.line is None else "no answer to the handshake in time")
        except OSError as error:
            self._fail(outcome_of(error, opening=self.line is None), describe(error))
        except ProxyRefusedError as error:
            self._fail(Outcome.CONNECT_REFUSED, str(error))
        finally:
            if self.outcome and self.line is not None:
                self.line.close()
                self.line = None

    def _shake_hands(self, line: Line, request: Request) -> None:
        protocol = self.protocol
        protocol.send_request(request)
        data = b"".join(protocol.data_to_send())
        line.send_all(data)
        self.sent = len(data)
        while not protocol.events and protocol.handshake_exc is None:
            data = line.read()
            self.received += len(data)
            if data:
                protocol.receive_data(data)
            else:
                protocol.receive_eof()
        response = protocol.events.pop(0) if protocol.events else None  # what follows it belongs to the socket
        if isinstance(response, Response):
            self.response = response
            self.status = response.status_code
            self._find_backend(response.headers)
        problem = protocol.handshake_exc
        if problem is None:
            self.outcome = Outcome.OK
        elif isinstance(problem, InvalidStatus):
            self._fail_by_status(problem.response)
        elif isinstance(problem, InvalidMessage) and not self.received:
            self._fail(Outcome.CLOSED_EARLY, "the server closed the connection before an answer")
        else:
            cause = problem.__cause__ if isinstance(problem, InvalidMessage) else None
            what = f"{problem} ({cause})" if cause else str(problem)
            self._fail(Outcome.BAD_RESPONSE, f"not a WebSocket handshake: {what}")

    def _fail_by_status(self, response: Response) -> None:
        status = response.status_code
        other = Outcome.REDIRECT if status >= 300 else Outcome.BAD_RESPONSE
        problem = f"answered {status} {response.reason_phrase} to a WebSocket handshake"
        self._fail(status if status >= 400 else other, problem)

    def _fail(self, outcome: int, problem: str) -> None:
        self.outcome, self.problem = outcome, problem

    def _find_backend(self, headers: Headers) -> None:
        for name in self._origin.settings.backend_headers:
            if values := headers.get_all(name):
                self.backend = self._origin.backend_numbers[values[0].encode("latin-1", "replace")]
                return


def _protocol(origin: Origin, subprotocols: Sequence[str], max_size: int) -> ClientProtocol:
    url = origin.url
    uri = WebSocketURI(url.scheme == "https", url.host, url.port, "/", "")
    names: Any = [Subprotocol(name) for name in subprotocols] or None
    return ClientProtocol(uri, subprotocols=names, max_size=max_size)


def check_handshake(origin: Origin) -> tuple[str, ...]:
    """Open one WebSocket at the target's URL before any traffic, and close it. Return remarks; raise TargetError.

    A refusal that may be of the moment (401, 403, 429, a server's error) is a remark: refusals are what a run counts.
    """
    opening = Opening(origin, _protocol(origin, (), MAX_MESSAGE_BYTES), now(), origin.timeout_s)
    opening.run(handshake(origin, opening.protocol, origin.url.path, {}, None))
    if opening.line is not None:
        opening.protocol.send_close(1000)
        try:
            opening.line.send_all(b"".join(opening.protocol.data_to_send()))
        except OSError:
            pass  # it was open, which is all that was asked
        opening.line.close()
        return ()
    problem = origin.notes.clean(opening.problem)
    place = f"{origin.url.origin}{origin.url.path.partition('?')[0]}"
    if opening.status in _REFUSALS or opening.status >= 500:
        return (f"{place} {problem}",)
    what = "is no WebSocket endpoint" if opening.received else "does not answer a WebSocket handshake"
    raise TargetError(
        f"{place} {what}: {problem}",
        hint="Is the path right? It is the target's URL that sockets are opened at: --target ws://HOST:PORT/PATH.",
    )
