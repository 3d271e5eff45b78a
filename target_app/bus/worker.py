"""Takes what is for this server's service off the bus, and has its WSGI application answer, as if it were HTTP.

So what a service does, refuses, and says of its time is the same over either. A call takes one of the server's slots,
of which its HTTP requests take theirs; with none free no more than one call and one job are taken ahead, and the rest
stay on the bus, for whichever server is free first.
"""

from __future__ import annotations

import asyncio
import io
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from channels.exceptions import ChannelFull

from target_app.bus import FROM_BUS
from target_app.bus.layer import ChannelClosedError
from target_app.bus.link import FAILURES, Link, Message, calls_of, jobs_of
from target_app.services.answer import PREFIX, Response

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Worker:
    """Serves one service with ``slots``, which count those that are free; of these HTTP takes its share elsewhere."""

    def __init__(
        self, link: Link, service: str, application: WsgiApplication, slots: threading.Semaphore, threads: int
    ) -> None:
        self._link, self._service, self._application, self._slots = link, service, application, slots
        self._ahead: queue.SimpleQueue[tuple[Message, asyncio.Event] | None] = queue.SimpleQueue()
        """What was taken and has no slot yet: one message of each queue at most. None ends a thread."""
        self._ending: set[Future[None]] = set()
        self._is_closing = False
        self._threads = [threading.Thread(target=self._serve, name="bus-worker") for _ in range(threads)]
        for thread in self._threads:
            thread.start()
        self._channels = calls_of(service), jobs_of(service)
        self._taking = link.run(self._begin())

    def close(self) -> None:
        """Take nothing more, give back what has no slot yet, and return when the rest is answered."""
        self._is_closing = True
        for channel in self._channels:
            self._link.layer.close_channel(channel)
        self._link.run(asyncio.wait(self._taking))
        for _ in self._threads:
            self._ahead.put(None)
        for thread in self._threads:
            thread.join()
        wait(self._ending)
        self._link.run(self._link.tell_counts())

    async def _begin(self) -> list[asyncio.Task[None]]:
        return [self._link.loop.create_task(self._take(channel)) for channel in self._channels]

    async def _take(self, channel: str) -> None:
        try:
            while True:
                message, has_slot = await self._link.receive(channel), asyncio.Event()
                self._ahead.put((message, has_slot))
                await has_slot.wait()
        except ChannelClosedError:
            return

    def _serve(self) -> None:
        """Perform what was taken, one message after another: the life of one thread."""
        while (ahead := self._ahead.get()) is not None:
            message, has_slot = ahead
            with self._slots:
                self._link.loop.call_soon_threadsafe(has_slot.set)
                end = self._give_back(message) if self._is_closing else self._end(message, self._perform(message))
            ending = asyncio.run_coroutine_threadsafe(end, self._link.loop)
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _perform(self, message: Message) -> Response | None:
        """Have the application answer, unless it is too late for that."""
        self._link.loop.call_soon_threadsafe(self._count_taken, message)
        if message["deadline"] < time.monotonic():
            return None
        heads: list[Any] = []
        body = b"".join(self._application(_environ(self._service, message), lambda *head: heads.append(head)))
        status, headers, *_ = heads[0]
        return Response(int(status.split()[0]), dict(headers), body)

    def _count_taken(self, message: Message) -> None:
        if "reply_to" in message:
            self._link.counts.taken += 1
        else:
            self._link.counts.jobs_taken += 1

    async def _end(self, message: Message, response: Response | None) -> None:
        """Count what became of a message, and send the response if somebody waits for it."""
        counts = self._link.counts
        if response is None:
            counts.expired += 1
        elif "reply_to" in message:
            await self._reply(message, response)
        elif response.status == HTTPStatus.OK:
            counts.jobs_done += 1
            await self._link.note_done(message["began"])
        else:
            counts.jobs_failed += 1

    async def _reply(self, message: Message, response: Response) -> None:
        try:
            await self._link.layer.send(message["reply_to"], {"number": message["number"], **asdict(response)})
        except (ChannelFull, *FAILURES):
            self._link.counts.unanswered += 1
        else:
            self._link.counts.served += 1

    async def _give_back(self, message: Message) -> None:
        channel = calls_of(self._service) if "reply_to" in message else jobs_of(self._service)
        try:
            await self._link.layer.send(channel, message)
        except (ChannelFull, *FAILURES):
            pass  # it is lost, which who asked notices at its deadline


def _environ(service: str, message: Message) -> dict[str, Any]:
    """Return the request as WSGI (PEP 3333) has it."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in message["headers"].items()}
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": f"{PREFIX}/{service}",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(message["body"])),
        "SERVER_NAME": "bus",
        "SERVER_PORT": "0",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(message["body"]),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        FROM_BUS: True,
        **headers,
    }


def taking_slots(application: WsgiApplication, slots: threading.Semaphore) -> WsgiApplication:
    """Wrap ``application``, so that each request from elsewhere takes one of the slots that the bus takes too."""

    def with_slot(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with slots:
            return application(environ, start_response)

    return with_slot
