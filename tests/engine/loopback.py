"""A small server of known behaviour, in a thread of the test's process, and what it saw.

The path says what the answer is: ``/ok...`` 200 at once, ``/wait/50`` after 50 ms, ``/status/503``, ``/never`` no
answer, ``/drop`` a hang-up, ``/cookie/NAME`` sets a cookie; ``?...`` is ignored.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: ``arrived`` is the time on the clock that the engine uses too; ``connection`` a number."""

    method: str
    path: str
    arrived: float
    connection: int
    headers: dict[str, str]


class Loopback:
    """Serves on a free port while entered. ``one_at_a_time``: the requests of all connections queue for one slot.

    ``statuses`` are those of paths that are not answered with 200.
    """

    def __init__(
        self, *, one_at_a_time: bool = False, refuse_after: int | None = None, statuses: Mapping[str, int] | None = None
    ) -> None:
        self.seen: list[Seen] = []
        self._refuse_after = refuse_after
        self._statuses = statuses or {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._slot = asyncio.Lock() if one_at_a_time else None
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._die)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """Paths in order of arrival, without the engine's look before the traffic."""
        return [seen.path for seen in self.seen if seen.path != "/"]

    def die(self) -> None:
        """Hang up on everyone and refuse connections from now on."""
        self._loop.call_soon_threadsafe(self._die)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, backlog=2000)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _die(self) -> None:
        self._end.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._connections += 1
        number = self._connections
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            return
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        self.seen.append(Seen(method, target, perf_counter(), number, headers))
        if self._refuse_after is not None and len(self.paths) > self._refuse_after:
            self._die()
            return False
        _, kind, *rest = target.partition("?")[0].split("/")
        if kind == "never":
            await asyncio.sleep(3600)
        if kind == "drop":
            return False
        if kind == "wait":
            await self._wait(int(rest[0]) / 1e3)
        status = int(rest[0]) if kind == "status" else self._statuses.get(target, 200)
        cookie = f"Set-Cookie: {rest[0]}=1; Path=/\r\n" if kind == "cookie" else ""
        answer = f"HTTP/1.1 {status} Words\r\nX-Backend: here\r\n{cookie}Content-Length: 2\r\n\r\nok"
        writer.write(answer.encode())
        await writer.drain()
        return True

    async def _wait(self, seconds: float) -> None:
        if self._slot is None:
            await asyncio.sleep(seconds)
            return
        async with self._slot:
            await asyncio.sleep(seconds)
