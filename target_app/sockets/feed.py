"""One feed for every socket of every server: numbered, timed, and with a checksum, so that a reader can check it.

A message is ``loadsim-feed NUMBER SENT_S CRC PAYLOAD``. Servers need no bus to agree on it: message n is due n
intervals after this machine's monotonic clock was 0, whoever sends it. What a server cannot send in time it leaves
out, and each socket has a queue of bounded length that drops in silence when it is full, as channel layers do: readers
see the gap.
"""

from __future__ import annotations

import asyncio
import time
import zlib

QUEUE_LENGTH = 100
"""Messages that wait for one slow socket: the default capacity of a channel layer."""


def message(number: int, due_s: float) -> str:
    """Return a message of the feed."""
    payload = f"price {number % 1000}"
    return f"loadsim-feed {number} {due_s:.6f} {zlib.crc32(payload.encode()):x} {payload}"


class Feed:
    """Gives every listener a queue, and puts each message into all of them when it is due."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
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
            number = int(time.monotonic() / self._interval_s) + 1
            due_s = number * self._interval_s
            await asyncio.sleep(due_s - time.monotonic())
            text = message(number, due_s)
            for queue in self._queues:
                if not queue.full():
                    queue.put_nowait(text)
