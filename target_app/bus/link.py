"""The process's place on the bus: one thread with an event loop, which all threads of the server share."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import threading
import time
import uuid
from collections.abc import Collection, Coroutine
from dataclasses import asdict, replace
from typing import Any, TypeVar

from channels.exceptions import ChannelFull
from redis.exceptions import RedisError

from target_app.bus.counts import COUNTS_KEY, DONE_KEY, MOST_DONE, TOLD_EVERY_S, Counts
from target_app.bus.layer import Layer
from target_app.errors import DeadlinePassed, Unavailable
from target_app.services.answer import Response

Message = dict[str, Any]
"""As Channels takes it, and msgpack writes it."""
T = TypeVar("T")
_AGAIN_AFTER_S = 0.1
_LEAVE_JOB_S = 5.0
"""Longest that leaving a job may take; after it the bus is taken to have failed."""
FAILURES = (RedisError, OSError)
"""What a Redis that is not there, or is full, raises."""


class Link:
    """Asks services and tells them; the loop's thread alone touches the counts."""

    def __init__(self, unix_socket: str, capacity: int, backend: str) -> None:
        self.counts = Counts()
        self.layer = Layer(unix_socket, capacity, backend)
        self.loop = asyncio.new_event_loop()
        self._key = f"{COUNTS_KEY}{backend}:{os.getpid()}"
        self._replies = f"replies.{uuid.uuid4().hex}"
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._numbers = itertools.count()
        self._tasks = [self.loop.create_task(self._hear()), self.loop.create_task(self._go_on_telling())]
        self._thread = threading.Thread(target=self.loop.run_forever, name="bus", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        self.run(self._leave())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def ask(self, service: str, headers: dict[str, str], body: bytes, deadline: float) -> Response:
        """Have a service answer by the deadline (of ``time.monotonic``, one clock for all processes of a machine).

        Raises Unavailable and DeadlinePassed.
        """
        return self.run(self._ask(service, {"headers": headers, "body": body, "deadline": deadline}))

    def tell(self, service: str, headers: dict[str, str], body: bytes, began: float) -> bool:
        """Leave a job to a service and do not wait; ``began`` (of ``time.monotonic``) is when its cause happened.

        Returns whether the bus took it.
        """
        return self.run(self._tell(service, {"headers": headers, "body": body, "began": began}))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work in the loop's thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def receive(self, channel: str) -> Message:
        """Return the next message of a channel, whenever it comes."""
        while True:
            try:
                message: Message = await self.layer.receive(channel)
                return message
            except FAILURES:
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def note_done(self, began: float) -> None:
        """Note how long after its cause a job was done."""
        try:
            redis = self.layer.connection(0)
            await redis.rpush(DONE_KEY, f"{time.monotonic() - began:.6f}")
            await redis.ltrim(DONE_KEY, -MOST_DONE, -1)
        except FAILURES:
            pass  # it is done; that it was is counted

    async def _ask(self, service: str, request: Message) -> Response:
        number, reply = next(self._numbers), self.loop.create_future()
        self._waiting[number] = reply
        self.counts.calls += 1
        left_s = request["deadline"] - time.monotonic()
        try:
            async with asyncio.timeout(left_s if math.isfinite(left_s) else None):
                await self.layer.send(calls_of(service), {**request, "number": number, "reply_to": self._replies})
                answer: Response = await reply
        except ChannelFull:
            self.counts.full += 1
            raise Unavailable(f"the service {service} cannot be reached: its queue is full") from None
        except TimeoutError:
            self.counts.missing += 1
            raise DeadlinePassed(f"the service {service} did not answer in the {left_s:.3f} s that were left") from None
        except FAILURES as error:
            self.counts.unreachable += 1
            raise Unavailable(f"the service {service} cannot be reached: the bus failed: {error}") from None
        finally:
            del self._waiting[number]
        self.counts.answered += 1
        return answer

    async def _tell(self, service: str, job: Message) -> bool:
        self.counts.jobs += 1
        try:
            async with asyncio.timeout(_LEAVE_JOB_S):
                await self.layer.send(jobs_of(service), {**job, "deadline": math.inf})
        except (ChannelFull, *FAILURES):
            self.counts.jobs_refused += 1
            return False
        return True

    async def _hear(self) -> None:
        """Hand each reply to who waits for it."""
        while True:
            message = await self.receive(self._replies)
            reply = self._waiting.get(message["number"])
            if reply is None or reply.done():
                self.counts.too_late += 1
            else:
                reply.set_result(Response(message["status"], message["headers"], message["body"]))

    async def tell_counts(self) -> bool:
        """Write the counts to Redis, for whoever asks; return whether it took them."""
        try:
            await self.layer.connection(0).hset(self._key, mapping=asdict(self.counts))
        except FAILURES:
            return False
        return True

    async def _go_on_telling(self) -> None:
        told: Counts | None = None
        while True:
            now = replace(self.counts)
            if now != told and await self.tell_counts():
                told = now
            await asyncio.sleep(TOLD_EVERY_S)

    async def _leave(self) -> None:
        await stop(self._tasks)
        await self.layer.close_pools()


async def stop(tasks: Collection[asyncio.Task[None]]) -> None:
    """End tasks, and return when they have; one that was just being woken may miss a single cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_AFTER_S)


def calls_of(service: str) -> str:
    """Return the channel on which a service is called."""
    return f"calls.{service}"


def jobs_of(service: str) -> str:
    """Return the channel on which a service is left work that nobody waits for."""
    return f"jobs.{service}"
