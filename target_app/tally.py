"""What this server is doing and has done, where others can read it without asking: slots at work, requests served.

Six whole numbers of 8 bytes, as this machine has them, in a file that is mapped into memory:

    version     even; odd while the others are being changed
    busy        requests being worked on
    busy_ns     the time that slots were at work until ``since_ns``, all of them together
    since_ns    when ``busy`` last changed, by ``time.monotonic_ns``
    requests    answered to the outside
    calls       answered to other services

The file stays when the server is killed, and one that is started again goes on counting.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from functools import cache
from pathlib import Path

from django.conf import settings

_FIELDS = 6
_VERSION, _BUSY, _BUSY_NS, _SINCE_NS, REQUESTS, CALLS = range(_FIELDS)
_BYTES = 8 * _FIELDS


class Tally:
    """The numbers; used by all threads of a server at once."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._fields = memoryview(_mapped(path) if path else bytearray(_BYTES)).cast("q")
        self._fields[_VERSION] += self._fields[_VERSION] % 2
        self._fields[_BUSY] = 0  # whoever was at work here is no more
        self._fields[_SINCE_NS] = time.monotonic_ns()

    @property
    def busy(self) -> int:
        """How many requests are being worked on."""
        return self._fields[_BUSY]

    def begin(self) -> None:
        """Note that a slot has begun to work on a request."""
        self._change(+1, None)

    def end(self, counted: int | None) -> None:
        """Note that it is done, and what it counts as: one of ``REQUESTS`` or ``CALLS``, or nothing."""
        self._change(-1, counted)

    def _change(self, by: int, counted: int | None) -> None:
        fields = self._fields
        with self._lock:
            now_ns = time.monotonic_ns()
            fields[_VERSION] += 1
            fields[_BUSY_NS] += fields[_BUSY] * (now_ns - fields[_SINCE_NS])
            fields[_SINCE_NS] = now_ns
            fields[_BUSY] += by
            if counted is not None:
                fields[counted] += 1
            fields[_VERSION] += 1


@cache
def tally() -> Tally:
    """Return that of this server."""
    return Tally(Path(settings.CONFIG.tally) if settings.CONFIG.tally else None)


def _mapped(path: Path) -> mmap.mmap:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, _BYTES)
        return mmap.mmap(handle, _BYTES)
    finally:
        os.close(handle)
