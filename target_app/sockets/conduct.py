"""How servers of sockets misbehave on request, and how old a socket may become: laid around what serves them.

Handshakes and requests are delayed or refused as pages are (``/healthz`` never is). Open sockets are closed, or dropped
without a close frame: a share of those that are there when the order comes, and of those that open while it stands.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from target_app.dice import Dice
from target_app.instructions import InstructionFile, Instructions
from target_app.sockets.protocol import DROP

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOK_S = 0.05
GOING_AWAY = 1001


class OpenSocket:
    """A socket that may be ended from outside of the application; what that sends afterwards is not sent."""

    def __init__(self, scope: Scope, send: Send, on_open: Callable[[OpenSocket], None]) -> None:
        self._scope, self._send, self._on_open = scope, send, on_open
        self._ended = False
        self.last_look: asyncio.TimerHandle | None = None
        """When it will be too old."""

    async def send(self, event: Event) -> None:
        """Send what the application sends."""
        if self._ended:
            return
        await self._send(event)
        if event["type"] == "websocket.accept":
            self._on_open(self)

    async def close(self, code: int) -> None:
        """Close it, with a close frame."""
        if not self._ended:
            self._ended = True
            await self._send({"type": "websocket.close", "code": code})

    def drop(self) -> None:
        """Let the connection go, without one."""
        self._ended = True
        self._scope["extensions"][DROP]["drop"]()


class Conduct:
    """An ASGI application around another. A socket's age is bounded by ``max_age_s`` give or take a jitter; 0: not."""

    def __init__(
        self, application: Application, orders: InstructionFile | None, max_age_s: float, jitter_s: float
    ) -> None:
        self._application, self._orders = application, orders
        self._max_age_s, self._jitter_s = max_age_s, jitter_s
        self._told = Instructions()
        self._refusing, self._closing, self._dropping = Dice(), Dice(), Dice()
        self._open: set[OpenSocket] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, one request, or the process's own beginning and end."""
        if scope["type"] == "lifespan":
            watching = asyncio.create_task(self._watch())
            await self._application(scope, receive, send)
            watching.cancel()
        elif scope["path"] == "/healthz":
            await self._application(scope, receive, send)
        elif await self._admit(scope, send):
            await self._serve(scope, receive, send)

    async def _admit(self, scope: Scope, send: Send) -> bool:
        told = self._told
        if told.delay_s:
            await asyncio.sleep(told.delay_s)
        if not told.error_share or not self._refusing.hit(told.error_share):
            return True
        kind = "websocket.http" if scope["type"] == "websocket" else "http"
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"20")]
        await send({"type": f"{kind}.response.start", "status": told.error_status, "headers": headers})
        await send({"type": f"{kind}.response.body", "body": b"an error on request\n"})
        return False

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._application(scope, receive, send)
            return
        socket = OpenSocket(scope, send, self._opened)
        try:
            await self._application(scope, receive, socket.send)
        finally:
            self._open.discard(socket)
            if socket.last_look is not None:
                socket.last_look.cancel()

    def _opened(self, socket: OpenSocket) -> None:
        self._open.add(socket)
        if self._max_age_s:
            age_s = max(0.0, self._max_age_s + self._jitter_s * random.uniform(-1, 1))  # noqa: S311 - no secret
            socket.last_look = asyncio.get_running_loop().call_later(age_s, self._close, socket, GOING_AWAY)
        self._judge(socket)

    async def _watch(self) -> None:
        """Look out for orders."""
        while self._orders is not None:
            told = self._orders.now()
            if told != self._told:
                self._told = told
                for socket in tuple(self._open):
                    self._judge(socket)
            await asyncio.sleep(LOOK_S)

    def _judge(self, socket: OpenSocket) -> None:
        told = self._told
        if told.close_share and self._closing.hit(told.close_share):
            self._close(socket, told.close_code)
        elif told.drop_share and self._dropping.hit(told.drop_share):
            socket.drop()

    def _close(self, socket: OpenSocket, code: int) -> None:
        task = asyncio.create_task(socket.close(code))
        self._tasks.add(task)  # the loop itself forgets it
        task.add_done_callback(self._tasks.discard)
