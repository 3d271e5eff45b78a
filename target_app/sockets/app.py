"""What the server calls: ``target_app.sockets.app:application``.

``/echo`` sends back what it is sent, ``/feed`` sends the feed, and ``/`` does both. ``/healthz`` answers requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from target_app.config import Config
from target_app.sockets.feed import Feed

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_ECHOES, _FEEDS = ("/", "/echo"), ("/", "/feed")


class Application:
    """An ASGI application."""

    def __init__(self, config: Config) -> None:
        self._headers = [(b"x-backend", config.backend.encode("latin-1", "replace"))]
        self._feed = Feed(config.feed_interval_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, one request, or the process's own beginning and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._serve(scope["path"], receive, send)
        else:
            await self._answer(scope["path"], send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        feeding = asyncio.create_task(self._feed.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        feeding.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, path: str, send: Send) -> None:
        status, body = (200, b"ok\n") if path == "/healthz" else (426, b"This is a WebSocket endpoint.\n")
        headers = [*self._headers, (b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _serve(self, path: str, receive: Receive, send: Send) -> None:
        await receive()
        if path not in _ECHOES and path not in _FEEDS:
            await send({"type": "websocket.close"})  # before it is accepted: 403
            return
        await send({"type": "websocket.accept", "headers": self._headers})
        queue = self._feed.listen() if path in _FEEDS else None
        telling = asyncio.create_task(_tell(queue, send)) if queue is not None else None
        try:
            while (event := await receive())["type"] == "websocket.receive":
                if path in _ECHOES:
                    kind = "text" if event.get("text") is not None else "bytes"
                    await send({"type": "websocket.send", kind: event[kind]})
        except OSError:
            pass  # it went while it was being answered, which is its own affair
        finally:
            if telling is not None and queue is not None:
                telling.cancel()
                self._feed.leave(queue)


async def _tell(queue: asyncio.Queue[str], send: Send) -> None:
    try:
        while True:
            await send({"type": "websocket.send", "text": await queue.get()})
    except OSError:
        pass  # it is gone; the other task sees that too


application = Application(Config.from_environment())
