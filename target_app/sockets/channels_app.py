"""The same echo and feed as Channels consumers: what a message of the feed goes through is a channel layer on Redis.

A socket that hears the feed is a channel in a group. When a message is due, the server that is the first to say so in
Redis sends it to the group, whichever sockets are on which server; so the feed goes on as long as one server is left.
The layer holds a bounded number of messages for each server and for each of its sockets, and drops what is beyond in
silence: readers see the gap.
"""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings

from target_app.config import Config
from target_app.sockets.conduct import Application, Receive, Scope, Send
from target_app.sockets.feed import Clock, message
from target_app.sockets.query import number_in_query

GROUP = "feed"
_KEPT_S = 60
"""How long a message waits to be taken, and who sent which is remembered."""


def configure(config: Config) -> None:
    """Tell Channels where its layer is: it asks Django's settings."""
    layer = {"hosts": [f"unix://{config.redis}"], "capacity": config.bus_capacity, "expiry": _KEPT_S}
    settings.configure(
        CHANNEL_LAYERS={"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": layer}}
    )


class ChannelSockets:
    """An ASGI application: sockets are consumers, all else is answered by ``others``."""

    def __init__(self, config: Config, clock: Clock, others: Application) -> None:
        self._clock, self._others, self._backend = clock, others, config.backend
        self._consumers = _consumers(config, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, one request, or the process's own beginning and end."""
        if scope["type"] == "lifespan":
            publishing = asyncio.create_task(self._publish())
            await self._others(scope, receive, send)
            publishing.cancel()
        elif scope["type"] == "websocket" and scope["path"] in self._consumers:
            await self._consumers[scope["path"]](scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def _publish(self) -> None:
        """Send each message of the feed that no other server has sent."""
        from channels.layers import get_channel_layer
        from redis.exceptions import RedisError

        layer: Any = get_channel_layer()
        while True:
            number = await self._clock.next()
            text = message(number, self._clock.due_s(number))
            try:
                is_first = await layer.connection(0).set(f"{GROUP}:{number}", self._backend, nx=True, ex=_KEPT_S)
                if is_first:
                    await layer.group_send(GROUP, {"type": "feed.message", "text": text})
            except (RedisError, OSError):
                pass  # it is lost: the next one is due soon


def _consumers(config: Config, clock: Clock) -> dict[str, Application]:
    """Return the consumer of each path."""
    from channels.generic.websocket import AsyncWebsocketConsumer

    headers = [(b"x-backend", config.backend.encode("latin-1", "replace"))]

    class Echo(AsyncWebsocketConsumer):
        async def connect(self) -> None:
            await self.accept(headers=headers)

        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            await self.send(text_data=text_data, bytes_data=bytes_data)

    class Feed(AsyncWebsocketConsumer):
        groups = (GROUP,)

        async def connect(self) -> None:
            await self.accept(headers=headers)
            after = number_in_query(self.scope, "after")
            for text in clock.after(int(after)) if after is not None else ():
                await self.send(text_data=text)

        async def feed_message(self, event: dict[str, str]) -> None:
            await self.send(text_data=event["text"])

    class Both(Echo, Feed):
        async def connect(self) -> None:
            await Feed.connect(self)

    return {"/": Both.as_asgi(), "/echo": Echo.as_asgi(), "/feed": Feed.as_asgi()}
