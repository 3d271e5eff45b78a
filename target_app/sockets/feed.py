"""One feed for every reader of every server: numbered, timed, and with a checksum, so that a reader can check it.

A message is ``loadsim-feed NUMBER SENT_S CRC PAYLOAD``. Message n is due n intervals after this machine's monotonic
clock was 0, so that all servers know the same ones, and which there have been. What is read again later begins with
``loadsim-missed`` instead.

Each socket has a queue of bounded length that drops in silence when it is full, as channel layers do: readers see the
gap. What a server cannot send in time it leaves out.
"""

from __future__ import annotations

import asyncio
import time
import zlib

QUEUE_LENGTH = 100
"""Messages that wait for one slow socket: the default capacity of a channel layer."""
KEPT = 1000
"""So many of the last messages can be read again."""


def message(number: int, due_s: float, mark: str = "loadsim-feed") -> str:
    """Return a message of the feed."""
    payload = f"price {number % 1000}"
    return f"{mark} {number} {due_s:.6f} {zlib.crc32(payload.encode()):x} {payload}"


class Clock:
    """When which message is due."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s

    def newest(self) -> int:
        """Return the number of the newest message that was due."""
        return int(time.monotonic() / self._interval_s)

    def due_s(self, number: int) -> float:
        """Return when a message is due, on this machine's monotonic clock."""
        return number * self._interval_s

    async def next(self) -> int:
        """Wait for the next message, and return its number."""
        number = self.newest() + 1
        while (left_s := self.due_s(number) - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
        return number

    def after(self, number: int, mark: str = "loadsim-missed") -> list[str]:
        """Return the messages after one, as they are read again: the last ``KEPT`` of them."""
        newest = self.newest()
        numbers = range(max(number + 1, newest - KEPT + 1), newest + 1)
        return [message(each, self.due_s(each), mark) for each in numbers]


class Feed:
    """Gives every listener a queue, and puts each message into all of them when it is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: set[asyncio.Queue[str]] = set()

    def listen(self) -> asyncio.Queue[str]:
        """Return a queue that is filled from now on."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_LENGTH)
        self._queues.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[str]) -> None:
        """Fill it no more."""
        self._queues.discard(queue)

    async def run(self) -> None:
        """Send for ever."""
        while True:
            number = await self._clock.next()
            text = message(number, self._clock.due_s(number))
            for queue in self._queues:
                if not queue.full():
                    queue.put_nowait(text)
