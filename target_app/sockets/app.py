"""What the server calls: ``target_app.sockets.app:application``.

``/echo`` sends back what it is sent, ``/feed`` sends the feed, and ``/`` does both; with ``?after=NUMBER`` the feed
begins with what was missed since. The same is read over HTTP at ``/feed/messages?after=NUMBER``; with ``&wait=SECONDS``
that is a long-poll: it answers when there is a message, or without one after so long. ``/healthz`` answers requests.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from target_app.config import Config
from target_app.instructions import InstructionFile
from target_app.sockets.conduct import Application, Conduct, Receive, Scope, Send
from target_app.sockets.feed import Clock, Feed
from target_app.sockets.query import number_in_query

LONGEST_WAIT_S = 60.0
_ECHOES, _FEEDS = ("/", "/echo"), ("/", "/feed")
_MESSAGES = "/feed/messages"


class Sockets:
    """An ASGI application."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._headers = [(b"x-backend", config.backend.encode("latin-1", "replace"))]
        self._clock = clock
        self._feed = Feed(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, one request, or the process's own beginning and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._serve(scope, receive, send)
        else:
            await self._answer(scope, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        feeding = asyncio.create_task(self._feed.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        feeding.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, send: Send) -> None:
        path = scope["path"]
        if path == _MESSAGES:
            status, body = 200, await self._read(scope)
        else:
            status, body = (200, "ok\n") if path == "/healthz" else (426, "This is a WebSocket endpoint.\n")
        data = body.encode()
        headers = [*self._headers, (b"content-type", b"text/plain"), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    async def _read(self, scope: Scope) -> str:
        """Return the messages after one, a line each; or the newest number alone to who has none yet."""
        after, wait_s = number_in_query(scope, "after"), number_in_query(scope, "wait")
        if after is None:
            return f"loadsim-newest {self._clock.newest()}\n"
        if wait_s is None:
            messages = self._clock.after(int(after))
        else:
            messages = await self._poll(int(after), min(wait_s, LONGEST_WAIT_S))
        return "".join(f"{message}\n" for message in messages)

    async def _poll(self, after: int, wait_s: float) -> list[str]:
        try:
            async with asyncio.timeout(wait_s):
                while self._clock.newest() <= after:
                    await self._clock.next()
        except TimeoutError:
            return []
        return self._clock.after(after, "loadsim-feed")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        await receive()
        if path not in _ECHOES and path not in _FEEDS:
            await send({"type": "websocket.close"})  # before it is accepted: 403
            return
        await send({"type": "websocket.accept", "headers": self._headers})
        queue = self._feed.listen() if path in _FEEDS else None
        telling = (
            asyncio.create_task(self._tell(queue, number_in_query(scope, "after"), send)) if queue is not None else None
        )
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

    async def _tell(self, queue: asyncio.Queue[str], after: float | None, send: Send) -> None:
        """Send what was missed, and then what comes."""
        missed = self._clock.after(int(after)) if after is not None else []
        try:
            for text in missed:
                await send({"type": "websocket.send", "text": text})
            while True:
                await send({"type": "websocket.send", "text": await queue.get()})
        except OSError:
            pass  # it is gone; the other task sees that too


def serving(config: Config) -> Conduct:
    """Return the application of a server, which misbehaves when it is told to."""
    clock = Clock(config.feed_interval_s)
    application: Application = Sockets(config, clock)
    if config.feed == "channels":
        from target_app.sockets import channels_app  # it takes Django, Channels and Redis

        channels_app.configure(config)
        application = channels_app.ChannelSockets(config, clock, application)
    orders = InstructionFile(Path(config.misconduct)) if config.misconduct else None
    return Conduct(application, orders, config.socket_max_age_s, config.socket_max_age_jitter_s)


application = serving(Config.from_environment())
