"""A connection to the target, made and used by one greenlet that blocks: TCP, through a proxy where there is one, TLS.

Once it stands, the caller may take ``recv`` and ``send``, which never block, and watch the descriptor itself.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from time import perf_counter as now

from gevent import monkey
from gevent.socket import wait_read, wait_write

from loadsim.engine.address import SocketAddress
from loadsim.engine.origin import Origin
from loadsim.engine.proxy import connect_request, open_tunnel
from loadsim.engine.tls import TlsStream

NativeSocket: type[socket.socket] = monkey.get_original("socket", "socket")
_READ_BYTES = 65536


class Line:
    """One connection. Whatever blocks raises TimeoutError at ``deadline`` (``perf_counter``)."""

    __slots__ = ("_sock", "_tls", "deadline", "recv", "send")

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._tls: TlsStream | None = None
        self.deadline = deadline
        self.recv: Callable[[int], bytes] = sock.recv
        self.send: Callable[[bytes | memoryview], int] = sock.send

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._sock.fileno()

    @property
    def ended(self) -> bool:
        """Whether TLS said that nothing more comes."""
        return self._tls is not None and self._tls.ended

    def close(self) -> None:
        """Close; with TLS say goodbye if that needs no waiting."""
        if self._tls is not None:
            self._tls.close()
        self._sock.close()

    def connect(self, address: SocketAddress) -> None:
        """Connect by TCP. Raises OSError."""
        error = self._sock.connect_ex(address[1])
        if error == errno.EINPROGRESS:
            self.wait_writable()
            error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def secure(self, origin: Origin) -> None:
        """Speak TLS from now on. Raises ssl.SSLError."""
        assert origin.context is not None  # noqa: S101 - the caller asked
        tls = TlsStream(self.recv, self.send, origin.context, origin.url.host)
        tls.handshake(self.wait_readable, self.wait_writable)
        self._tls, self.recv, self.send = tls, tls.recv, tls.send

    def send_all(self, data: bytes) -> None:
        """Send, blocking as long as it takes."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.send(rest) :]
            except BlockingIOError:
                self.wait_writable()

    def read(self) -> bytes:
        """Return what comes next, blocking until it does; nothing at the end."""
        while not self.ended:
            try:
                return self.recv(_READ_BYTES)
            except BlockingIOError:
                self.wait_readable()
        return b""

    def wait_readable(self) -> None:
        """Block until there is something to read."""
        wait_read(self._sock.fileno(), timeout=self._left(), timeout_exc=TimeoutError())

    def wait_writable(self) -> None:
        """Block until something can be written."""
        wait_write(self._sock.fileno(), timeout=self._left(), timeout_exc=TimeoutError())

    def _left(self) -> float:
        return max(0.0, self.deadline - now())


def dial(origin: Origin, deadline: float) -> Line:
    """Return a connection to the origin's next address. Raises OSError or ProxyRefusedError, leaving nothing open."""
    address = origin.next_address()
    sock = NativeSocket(address[0], socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line = Line(sock, deadline)
    try:
        line.connect(address)
        if origin.proxy is not None:  # through a tunnel even without TLS: what follows the handshake is no HTTP
            request = connect_request(origin.url, origin.proxy)
            open_tunnel(request, line.recv, line.send, line.wait_readable)
        if origin.context is not None:
            line.secure(origin)
    except BaseException:
        line.close()
        raise
    return line
