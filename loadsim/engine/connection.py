"""One keep-alive connection to the target: gevent's hub receives and parses, and wakes the user when one is whole.

The read watcher stays armed for the connection's whole life: no attempt to read before there is anything, no
registration a request, and a server that hangs up on an idle connection is noticed at once. No request has a timer:
``deadline`` is an attribute that ``Origin.sweep`` looks at every 50 ms.
"""

from __future__ import annotations

import errno
import math
import os
import socket
from collections.abc import Callable
from time import perf_counter as now
from typing import TYPE_CHECKING, Any

import httptools
from gevent import Timeout, get_hub, getcurrent, monkey

from loadsim.engine.address import SocketAddress
from loadsim.engine.failures import outcome_of
from loadsim.engine.headers import Headers
from loadsim.engine.proxy import ProxyRefusedError, open_tunnel
from loadsim.engine.tls import TlsStream
from loadsim.measure.sample import Outcome

if TYPE_CHECKING:
    from loadsim.engine.origin import Origin

NativeSocket: type[socket.socket] = monkey.get_original("socket", "socket")
READ_BYTES = 65536
MAX_HEAD_BYTES = 65536
"""For the heads of an answer, interim ones (1xx) included; as much again for the framing of its body."""
NEVER = math.inf
_READ, _WRITE = 1, 2
_OK = int(Outcome.OK)


class _OverError(Exception):
    """The exchange ended (deadline passed) while its connection was being made."""


class _HeadersOnlyError(Exception):
    """Raised into the parser after the head of an answer to HEAD, which announces a body that does not come."""


class Connection:
    """Sends one request at a time, and holds its answer until the next one.

    After :meth:`exchange`: ``outcome`` (0 or a code of ``Outcome``), ``problem`` (what was seen, when that is not 0),
    ``status`` (0 when no answer's head came), ``raw`` (the answer from its first byte to at least the end of its head,
    interim answers left out), ``parts`` (the body as it came), ``received`` and ``sent`` (bytes of HTTP, before TLS),
    ``ended`` (seconds, ``perf_counter``).
    """

    __slots__ = (
        "_hub", "_limit", "_most", "_opening", "_origin", "_parser", "_recv", "_send", "_sock", "_tls", "_waiter",
        "_watcher", "_whole", "address", "busy", "deadline", "ended", "head_only", "keep", "outcome", "parts",
        "problem", "raw", "received", "sent", "status",
    )  # fmt: skip

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._most = origin.max_body_bytes
        self._hub: Any = get_hub()
        self._sock: socket.socket | None = None
        self._tls: TlsStream | None = None
        self._parser: Any = None
        self._watcher: Any = None
        self._recv: Callable[[int], bytes]
        self._send: Callable[[bytes | memoryview], int]
        self._waiter: Callable[[], object] | None = None
        self._opening = False
        self.address: SocketAddress | None = None
        """Where to connect; None: the origin says, each time."""
        self.busy = False
        self.head_only = False
        """The next request is a HEAD: set and cleared by the caller."""
        self.deadline = NEVER
        self.problem: object = ""
        origin.connections.add(self)

    # -- in the user's greenlet

    def exchange(self, request: bytes, deadline: float) -> None:
        """Send ``request``, wait for the whole answer until ``deadline``; raises only what is thrown into the greenlet.

        Never sends again: what a connection that breaks leaves behind is an outcome. An empty request only connects.
        """
        self.busy = self.keep = True
        self._whole = False
        self.outcome = self.status = self.received = self.sent = 0
        self.raw = b""
        self.parts: list[bytes] = []
        self._limit = MAX_HEAD_BYTES
        try:
            if self._sock is None and not self._open(deadline, request):
                return
            self.deadline = deadline
            try:
                self.sent = self._send(request)
            except BlockingIOError:
                pass
            if self.sent != len(request):
                self._send_rest(request)
            if not self._whole:
                self._waiter = getcurrent().switch
                self._hub.switch()
        except OSError as error:
            self._broke(error)
        except (_OverError, ProxyRefusedError) as error:
            if not self._whole:
                self._fail(Outcome.CONNECT_REFUSED, error)
        except BaseException as error:
            self._waiter = None
            timed_out = isinstance(error, Timeout)
            self._fail(Outcome.TIMEOUT if timed_out else Outcome.ABORTED, "ended by the scenario or the drain")
            raise
        finally:
            self._waiter = None
            self.deadline = NEVER
            self.busy = False
            if not self.keep or not self._whole:
                self.close()

    def close(self) -> None:
        """Close; the next exchange opens a new connection."""
        if self._sock is not None:
            if self._watcher is not None:
                self._watcher.stop()
                self._watcher.close()
                self._watcher = None
            if self._tls is not None:
                self._tls.close()
                self._tls = None
            self._sock.close()
            self._sock = self._parser = None  # the parser holds methods of this object

    def discard(self) -> None:
        """Close for good: the origin forgets this connection."""
        self.close()
        self._origin.connections.discard(self)

    def _open(self, deadline: float, request: bytes) -> bool:
        """Connect, and return whether there is a request to send."""
        origin = self._origin
        self._opening = True
        self.deadline = min(deadline, now() + origin.connect_timeout_s)
        try:
            self._connect(self.address or origin.next_address())
            if origin.tunnel:
                open_tunnel(origin.tunnel, self._recv, self._send, self._wait_readable)
            if origin.context is not None:
                self._tls = tls = TlsStream(self._recv, self._send, origin.context, origin.url.host)
                tls.handshake(self._wait_readable, self._wait_writable)
                self._recv, self._send = tls.recv, tls.send
        except OSError as error:
            self._broke(error)
            return False
        finally:
            self._opening = False
        self._parser = httptools.HttpResponseParser(self)
        self._watcher = self._hub.loop.io(self._sock.fileno(), _READ)  # type: ignore[union-attr]  # _connect made it
        self._watcher.start(self._readable)
        if not request:
            self._whole = True
            self.ended = now()
        return bool(request)

    def _connect(self, address: SocketAddress) -> None:
        self._sock = sock = NativeSocket(address[0], socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._recv, self._send = sock.recv, sock.send
        error = sock.connect_ex(address[1])
        if error == errno.EINPROGRESS:
            self._wait_writable()
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def _send_rest(self, request: bytes) -> None:
        rest = memoryview(request)[self.sent :]
        while rest and not self._whole:
            try:
                sent = self._send(rest)
            except BlockingIOError:
                self._wait(_WRITE)
            else:
                self.sent += sent
                rest = rest[sent:]
        if rest:  # answered before the request was whole: the server will not read the rest as one
            self.keep = False

    def _wait(self, events: int) -> None:
        """Block until the socket is ready, or the exchange ends by a deadline or an early answer."""
        watcher = self._hub.loop.io(self._sock.fileno(), events)  # type: ignore[union-attr]  # only between connect and close
        watcher.start(self._wake)
        try:
            self._waiter = getcurrent().switch
            self._hub.switch()
        finally:
            watcher.stop()
            watcher.close()

    def _wait_readable(self) -> None:
        self._wait(_READ)
        if self._whole:
            raise _OverError

    def _wait_writable(self) -> None:
        self._wait(_WRITE)
        if self._whole:
            raise _OverError

    def _broke(self, error: OSError) -> None:
        """Take what answer there is after the socket failed, or fail. In the user's greenlet or in the hub."""
        if self._sock is not None and not self._opening:
            self._read_last_words()
        if self._whole:
            self.keep = False
            self._wake()
        else:
            error.__traceback__ = error.__context__ = None  # frames that hold this object
            self._fail(outcome_of(error, opening=self._opening), error)

    def _read_last_words(self) -> None:
        """Read on: a server that refuses a body may answer, then reset; the answer is still in the receive buffer."""
        try:
            while not self._whole and (data := self._recv(READ_BYTES)):
                if not self.status:
                    self.raw += data
                self.received += len(data)
                self._parser.feed_data(data)
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            pass  # nothing more, or nothing sensible: the first failure stands

    # -- in the hub, called by the loop: must neither block nor raise

    def expire(self, time: float) -> None:
        """End the exchange if its deadline is before ``time``."""
        if self.deadline < time:
            if self._opening:
                self._fail(Outcome.CONNECT_TIMEOUT, "no connection in time")
            else:
                self._fail(Outcome.TIMEOUT, f"no whole answer in time ({self.received} bytes came)")

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            waiter()

    def _fail(self, outcome: Outcome, problem: object) -> None:
        self.keep = False
        if self.busy and not self._whole:
            self._whole = True
            self.outcome = outcome
            self.problem = problem
            self.ended = now()
            self._wake()

    def _readable(self) -> None:
        try:
            data = self._recv(READ_BYTES)
            if not data:
                return self._end_of_file()
            if not self.busy:
                return self.close()  # an answer nobody asked for: a 408, or more than one to the last request
            if not self.status:
                self.raw = self.raw + data if self.raw else data
            self.received += len(data)
            self._parser.feed_data(data)
        except BlockingIOError:
            return None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return self._not_parsed(error)
        except OSError as error:
            return self._broke(error) if self.busy else self.close()
        if self.received > self._limit:
            self._check_size()
        if self._whole:
            waiter = self._waiter
            if waiter is not None:
                self._waiter = None
                waiter()
        elif self._tls is not None and self._tls.ended:
            self._end_of_file()
        return None

    def _not_parsed(self, error: Exception) -> None:
        cause = error.__context__
        if isinstance(cause, _HeadersOnlyError):
            head, _, surplus = self.raw.partition(b"\r\n\r\n")
            self.keep = not surplus and _keeps_alive(head)
            self._parser = httptools.HttpResponseParser(self)
            return self._wake()
        problem = cause if isinstance(cause, ValueError) else error
        self._whole = False
        return self._fail(Outcome.BAD_RESPONSE, f"{problem}: {(self.raw if not self.status else b'')[:80]!r}")

    def _end_of_file(self) -> None:
        if not self.busy:
            return self.close()
        if self.status and _runs_to_the_end(self.raw):
            self.ended = now()
            self._whole, self.keep = True, False
            return self._wake()
        where = f"in the body, after {sum(map(len, self.parts))} bytes of it" if self.status else "before an answer"
        return self._fail(Outcome.CLOSED_EARLY, f"the server closed the connection {where}")

    def _check_size(self) -> None:
        """More came than the limit at hand: end the exchange, or set the next limit."""
        most = self._origin.max_body_bytes
        if not self.status:
            self._whole = False
            return self._fail(Outcome.BAD_RESPONSE, f"a head of more than {MAX_HEAD_BYTES} bytes")
        body = sum(map(len, self.parts))
        if body > most:
            self._whole = False
            return self._fail(Outcome.TOO_LARGE, f"a body of more than {most} bytes")
        if self.received - body > 2 * MAX_HEAD_BYTES + body:
            self._whole = False
            return self._fail(Outcome.BAD_RESPONSE, f"{self.received} bytes for a body of {body}")
        self._limit = self.received + most - body
        return None

    # -- called by the parser, in the hub: what they raise ends the parsing

    def on_message_begin(self) -> None:
        """Refuse a second answer; bytes that follow an answer are no answer to the next request."""
        if self._whole:
            raise ValueError("more bytes than the answer's length")

    def on_headers_complete(self) -> None:
        """Keep the status of a final answer."""
        status = self._parser.get_status_code()
        if status >= 200:
            self.status = status
            self._limit = self._most
            if self.head_only:
                self._whole = True
                self.ended = now()
                raise _HeadersOnlyError
        elif status < 100 or status == 101:
            raise ValueError(f"status {status:03d} was not asked for")

    def on_body(self, part: bytes) -> None:
        """Keep a piece of the body."""
        self.parts.append(part)

    def on_message_complete(self) -> None:
        """Note the end of the final answer; forget an interim one."""
        if self.status:
            self._whole = True
            self.ended = now()
            self.keep = self.keep and self._parser.should_keep_alive()
        else:
            self.raw = self.raw[self.raw.find(b"\r\n\r\n") + 4 :]


def _keeps_alive(head: bytes) -> bool:
    options = Headers.parse(head).get("connection", "").lower()
    return "close" not in options and (head.startswith(b"HTTP/1.1") or "keep-alive" in options)


def _runs_to_the_end(raw: bytes) -> bool:
    """Tell whether the end of the connection is the end of the body (RFC 9112, 6.3, cases 4 and 8)."""
    headers = Headers.parse(raw.partition(b"\r\n\r\n")[0])
    coding = headers.get("transfer-encoding", "").lower()
    return not coding.endswith("chunked") if coding else "content-length" not in headers
