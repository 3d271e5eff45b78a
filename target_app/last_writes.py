"""When each user last wrote, known to all servers: what a system of several machines keeps in its session store.

A file of times, mapped into the memory of every server process. A user's place in it is a hash of the name, so that it
never grows; two users who share one see each other's writes as their own, and read the primary once too often.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
import zlib
from pathlib import Path

PLACES = 65_536
_TIME = struct.Struct("=d")


class LastWrites:
    """The times, in a file that is made when it is not there."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(handle, PLACES * _TIME.size)  # new places are zero: long ago
            self._times = mmap.mmap(handle, PLACES * _TIME.size)
        finally:
            os.close(handle)

    def note(self, user: str) -> None:
        """Note that this user has written now."""
        _TIME.pack_into(self._times, _place(user), time.time())

    def ago_s(self, user: str) -> float:
        """Return how long ago this user wrote."""
        (when,) = _TIME.unpack_from(self._times, _place(user))
        return time.time() - float(when)


def _place(user: str) -> int:
    return zlib.crc32(user.encode()) % PLACES * _TIME.size
