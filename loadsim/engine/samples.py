"""Samples on their way out of the engine: packed into blocks, and written to a pipe that never blocks."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from loadsim.measure import caching, tiers
from loadsim.measure.sample import ITERATION, REQUEST, SAMPLE_BYTES
from loadsim.wire import Kind, frame

BLOCK_SAMPLES = 2048
TOLD_BYTES = 1 << 15
"""What answers tell of themselves goes out when there are so many bytes of it, or with the samples."""
_BULK = (Kind.SAMPLES, Kind.SOCKETS, Kind.TIMINGS, Kind.CACHES, Kind.VERSIONS, Kind.UPDATES)
MAX_WAITING_BYTES = 64 << 20
"""What may wait for a reader that has stopped reading: over two minutes of 5,000 iterations a second."""


class Outbox:
    """Frames for the pipe. What the pipe cannot take yet waits here and goes when there is room."""

    def __init__(self, loop: Any, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        _enlarge_pipe(descriptor)
        self._descriptor = descriptor
        self._room = loop.io(descriptor, 2)
        self._waiting: deque[memoryview] = deque()
        self._waiting_bytes = 0
        self.broken = False

    @property
    def congested(self) -> bool:
        """Whether something still waits: then a gauge is better left out than sent late."""
        return bool(self._waiting)

    def send(self, kind: int, payload: bytes | bytearray | memoryview) -> bool:
        """Send a frame now or as soon as it goes; False if too much waits already and it was thrown away."""
        data = memoryview(frame(kind, payload))
        if not self._waiting:
            data = data[self._write(data) :]
        elif kind in _BULK and self._waiting_bytes + len(data) > MAX_WAITING_BYTES:
            return False
        if self.broken or not data:
            return True
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if len(self._waiting) == 1:
            self._room.start(self._flush)
        return True

    def finish(self) -> None:
        """Write what waits, blocking; the run is over. A reader that is gone ends it."""
        self._room.stop()
        self._room.close()
        os.set_blocking(self._descriptor, True)
        while self._waiting and not self.broken:
            data = self._waiting.popleft()
            while data and not self.broken:
                data = data[self._write(data) :]

    def _flush(self) -> None:
        while self._waiting:
            data = self._waiting[0]
            written = self._write(data)
            if self.broken:
                break
            self._waiting_bytes -= written
            if written < len(data):
                self._waiting[0] = data[written:]
                return
            self._waiting.popleft()
        self._room.stop()

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError:  # the CLI is gone, and the end of its pipe to us ends the engine
            self.broken = True
            self._waiting.clear()
            return 0


class SampleWriter:
    """Packs samples; a full block goes out, preceded by whatever ``names`` sends.

    Until ``open`` is set there is no run that samples could belong to (users log in, say): they are forgotten.
    """

    def __init__(self, outbox: Outbox, send_names: Callable[[], None]) -> None:
        self._outbox, self._send_names = outbox, send_names
        self._buffer = bytearray(BLOCK_SAMPLES * SAMPLE_BYTES)
        self._size, self._at = len(self._buffer), 0
        self._told = {Kind.TIMINGS: bytearray(), Kind.CACHES: bytearray()}
        self._pack_request, self._pack_iteration = REQUEST.pack_into, ITERATION.pack_into
        self.unreported = 0
        self.open = False

    def request(self, key: int, due: float, started: float, ended: float, received: int, sent: int) -> None:
        """Add a request: ``key`` as in ``measure.sample``, times on the engine's clock, bytes as on the wire."""
        self._pack_request(self._buffer, self._at, key, due, started, ended, received, sent)
        self._at += 40
        if self._at == self._size:
            self.flush()

    def iteration(self, key: int, due: float, started: float, ended: float, late: float, backlog: float) -> None:
        """Add an iteration: late start (the generator's doing) and backlog wait (the target's) in seconds."""
        self._pack_iteration(self._buffer, self._at, key, due, started, ended, late, backlog)
        self._at += 40
        if self._at == self._size:
            self.flush()

    def told(self, due: float, key: int, timing: bytes, caches: bytes) -> None:
        """Add the Server-Timing header of an answer, and the fields of caches, where there are such.

        They illustrate: those the reader cannot take are left out.
        """
        if timing and len(timing) <= tiers.MAX_VALUE_BYTES and self.open:
            self._tell(Kind.TIMINGS, tiers.ENTRY.pack(due, len(timing)), timing)
        if caches and len(caches) <= caching.MAX_VALUE_BYTES and self.open:
            self._tell(Kind.CACHES, caching.ENTRY.pack(due, key, len(caches)), caches)

    def _tell(self, kind: int, head: bytes, value: bytes) -> None:
        told = self._told[kind]
        told += head
        told += value
        if len(told) > TOLD_BYTES:
            self._outbox.send(kind, told)
            told.clear()

    def flush(self) -> None:
        """Send what is there."""
        for kind, told in self._told.items():
            if told:
                self._outbox.send(kind, told)
                told.clear()
        if not self._at:
            return
        if not self.open:
            self._at = 0
            return
        self._send_names()
        if not self._outbox.send(Kind.SAMPLES, memoryview(self._buffer)[: self._at]):
            self.unreported += self._at // SAMPLE_BYTES
        self._at = 0


def _enlarge_pipe(descriptor: int) -> None:
    """Ask for a pipe of 1 MiB (half a second at full speed) where the system has that call."""
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:
            pass  # a smaller pipe only makes more waiting in the outbox
