"""Channels' layer on Redis, made fit for queues that several servers take from."""

from __future__ import annotations

from typing import Any

from channels_redis.core import RedisChannelLayer
from redis.asyncio import ConnectionPool, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

EXPIRY_S = 3600
"""How long a message waits to be taken. Calls have deadlines of their own, before that."""


class ChannelClosedError(Exception):
    """Nothing more is to be taken from the channel here."""


class Layer(RedisChannelLayer):
    """One Redis on a Unix socket; ``capacity`` is how many messages a channel holds.

    A message that was taken is kept for the case that its taker ends before it has it. Channels keeps that in one place
    for all takers of a channel, and each gives back what it finds there: also what another has just taken, which then
    is done twice. Here each has a place of its own, by its ``taker`` name.

    A taker that is cancelled may have a message in its hands. One that is to end is told so between two looks.
    """

    brpop_timeout = 0.5
    """Seconds between two looks, Channels' name for it."""

    def __init__(self, unix_socket: str, capacity: int, taker: str) -> None:
        super().__init__(hosts=[f"unix://{unix_socket}"], expiry=EXPIRY_S, capacity=capacity)
        self._unix_socket, self._taker = unix_socket, taker
        self._closed: set[str] = set()

    def close_channel(self, channel: str) -> None:
        """Have ``receive`` raise ChannelClosedError when it would look again."""
        self._closed.add(self.prefix + channel)

    def create_pool(self, index: int) -> ConnectionPool:  # noqa: ARG002 - there is one
        """Make connections that send nothing again: what Redis got before it fell silent may have been taken.

        They wait as long as it takes: a time limit near that of the blocking pop would lose what comes in that moment.
        """
        never = Retry(NoBackoff(), 0)
        kind = UnixDomainSocketConnection
        return ConnectionPool(connection_class=kind, path=self._unix_socket, retry=never, socket_timeout=None)

    async def _brpop_with_clean(self, index: int, channel: str, timeout: float) -> Any:
        if channel in self._closed:
            raise ChannelClosedError
        return await super()._brpop_with_clean(index, channel, timeout)

    def _backup_channel_name(self, channel: str) -> str:
        return f"{channel}$inflight.{self._taker}"
