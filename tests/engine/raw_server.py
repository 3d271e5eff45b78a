"""A server that plays bytes: each connection is handed to a script, in a thread of its own."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """What came: ``fields`` by lower-case name, the last of a name."""

    method: str
    target: str
    fields: dict[str, str]
    body: bytes
    raw: bytes


class HungUpError(Exception):
    """The client closed the connection."""


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: RawServer) -> None:
        self.sock = sock
        self.server = server
        self._buffer = b""

    def request(self) -> Request:
        """Read one request, with its body; it is also kept in ``server.requests``."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(fields.get("content-length", 0))
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        request = Request(method, target, fields, body, head)
        self.server.requests.append(request)
        return request

    def send(self, *pieces: bytes, pause_s: float = 0.0) -> None:
        for piece in pieces:
            self.sock.sendall(piece)
            if pause_s:
                time.sleep(pause_s)

    def reset(self) -> None:
        """Close with an RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_for_hang_up(self) -> None:
        """Return when the client has closed its end."""
        with suppress(HungUpError, OSError):
            while True:
                self._more()

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise HungUpError
        self._buffer += data


Script = Callable[[Peer], object]


def ok(body: bytes = b"hello", *fields: bytes) -> bytes:
    """Return a good answer."""
    return (
        b"HTTP/1.1 200 OK\r\n"
        + b"".join(f + b"\r\n" for f in fields)
        + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def answering(*answers: bytes) -> Script:
    """Answer request after request, the last answer again and again."""

    def script(peer: Peer) -> None:
        for answer in answers[:-1]:
            peer.request()
            peer.send(answer)
        while True:
            peer.request()
            peer.send(answers[-1])

    return script


def routed(routes: dict[str, bytes]) -> Script:
    """Answer by path (without the query); 404 for others."""

    def script(peer: Peer) -> None:
        while True:
            path = peer.request().target.partition("?")[0]
            peer.send(routes.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))

    return script


class RawServer:
    """Listens while entered. ``scripts`` are for the first, second ... connection, the last for others."""

    def __init__(
        self, scripts: Script | Iterable[Script], *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> None:
        self._scripts = [scripts] if callable(scripts) else list(scripts)
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._listener.settimeout(0.05)
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._peers: list[Peer] = []
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[Request] = []
        self.connections = 0
        self.failures: list[BaseException] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._listener.close()
        for peer in self._peers:
            with suppress(OSError):
                peer.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        if error is None and self.failures:
            raise self.failures[0]

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(self._serve, sock, script)

    def _serve(self, sock: socket.socket, script: Script) -> None:
        sock.settimeout(20)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            peer = Peer(sock, self)
            self._peers.append(peer)
            script(peer)
        except (HungUpError, OSError):
            pass  # the client went, or would not shake hands: the test says whether it should
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            sock.close()
