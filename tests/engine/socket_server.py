"""A WebSocket server of known behaviour, in a process of its own so that it can be frozen or killed.

What a socket meets is in the path: ``/echo``, ``/lossy`` (every third message is not echoed), ``/twice``, ``/mute``,
``/close/1012`` (after 100 ms), ``/drop`` (the connection ends without a close frame), ``/reset``, ``/refuse/403``,
``/feed`` (numbered, 50/s), ``/holes`` (a feed with mistakes), ``/bad-text``, ``/bad-frame``, ``/control`` (a ping in
two pieces), ``/pieces`` (a message in three frames), ``/big`` (2 MiB), ``/stubborn`` (no answer to a close frame),
``/plain`` (an HTTP page).
"""

from __future__ import annotations

import asyncio
import http
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

SHORT_S = 0.1


class SocketServer:
    """Runs while entered. ``certificate`` (the paths of one and of its key) makes it speak TLS."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        argv = [sys.executable, __file__, *map(str, certificate or ())]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self._scheme = "wss" if certificate else "ws"

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}{path}"

    def http_url(self, path: str) -> str:
        return f"http{self.url(path)[2:]}"

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()


def refuse(connection: ServerConnection, request: Request) -> Response | None:
    kind, _, rest = request.path.strip("/").partition("/")
    if kind == "refuse":
        return connection.respond(http.HTTPStatus(int(rest)), "not today\n")
    return connection.respond(http.HTTPStatus.OK, "a page\n") if kind == "plain" else None


def name_backend(connection: ServerConnection, request: Request, response: Response) -> None:
    del connection, request
    response.headers["X-Backend"] = "socket-1"


async def behave(connection: ServerConnection) -> None:
    assert connection.request is not None
    kind, _, rest = connection.request.path.strip("/").partition("/")
    if kind in ("echo", "lossy", "twice", "mute"):
        await _answer(connection, kind)
    elif kind in ("feed", "holes"):
        await _feed(connection, with_holes=kind == "holes")
    elif kind == "stubborn":
        connection.transport.pause_reading()
        await asyncio.sleep(3600)
    elif kind == "big":
        await connection.send("x" * (2 << 20))
        await connection.wait_closed()
    elif kind == "pieces":
        await connection.send(["one ", "two ", "three"])
        await connection.wait_closed()
    elif kind in _RAW:
        connection.transport.write(_RAW[kind])
        await asyncio.sleep(3600)
    else:
        await asyncio.sleep(SHORT_S)
        await _end(connection, kind, rest)


_RAW = {
    "bad-text": b"\x81\x02\xff\xfe",
    "bad-frame": b"\xf3\x00",
    "control": b"\x09\x01a",
}


async def _answer(connection: ServerConnection, kind: str) -> None:
    number = 0
    async for message in connection:
        number += 1
        if kind == "echo" or (kind == "lossy" and number % 3):
            await connection.send(message)
        elif kind == "twice":
            await connection.send(message)
            await connection.send(message)


async def _feed(connection: ServerConnection, *, with_holes: bool) -> None:
    # lost: 3 and 7. Double: 2. Out of order: 5 after 6. Corrupt: 8. Late: 9.
    order = (1, 2, 2, 4, 6, 5, 8, 9) if with_holes else range(1, 10_000)
    for number in order:
        payload = f"price {number}"
        crc = zlib.crc32(payload.encode()) ^ (with_holes and number == 8)
        sent = time.monotonic() - (2.0 if with_holes and number == 9 else 0.0)
        await connection.send(f"loadsim-feed {number} {sent:.6f} {crc:x} {payload}")
        await asyncio.sleep(0.0 if with_holes else 0.02)
    await connection.wait_closed()


async def _end(connection: ServerConnection, kind: str, rest: str) -> None:
    if kind == "close":
        await connection.close(int(rest), "enough")
        return
    sock = connection.transport.get_extra_info("socket")
    if kind == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


async def main() -> None:
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[1:])
    options: dict[str, Any] = {"ping_interval": None, "compression": None, "ssl": context, "backlog": 2000}
    async with serve(
        behave, "127.0.0.1", 0, process_request=refuse, process_response=name_backend, close_timeout=1, **options
    ) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        parent = os.getppid()
        while os.getppid() == parent:
            await asyncio.sleep(1)


if __name__ == "__main__":
    import logging

    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(main())
