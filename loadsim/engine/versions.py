"""A version written, and read back until it is there: what a scenario about consistency does, and what it tells."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from loadsim.engine.samples import Outbox
from loadsim.measure.consistency import ENTRY, Seen
from loadsim.wire import Kind

if TYPE_CHECKING:
    from loadsim.engine.response import Response
    from loadsim.engine.users import ArrivalDriven

READ_EVERY_S = 0.1
ENOUGH = 4
"""Reads in a row that show a version: then it is taken to be wherever reads go, be it several replicas or caches."""
LOOK_FOR_S = 5.0
"""A version that is not visible by then never was."""
_BLOCK_BYTES = 1 << 15


class VersionWriter:
    """Packs what reads showed; it goes out with the samples."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._buffer = bytearray()
        self._run, self._numbers = secrets.token_hex(4), itertools.count(1)
        self.unreported = 0

    def new_version(self) -> str:
        """Return a text that has never been written, in no other run either: an earlier one must not pass for it."""
        return f"v{self._run}x{next(self._numbers):08x}"

    def note(self, seen: Seen, time: float, seconds: float) -> None:
        """Add an event (``measure.consistency``), at a time of the engine's clock."""
        self._buffer += ENTRY.pack(seen, time, seconds)
        if len(self._buffer) > _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is there."""
        if self._buffer and not self._outbox.send(Kind.VERSIONS, self._buffer):
            self.unreported += len(self._buffer) // ENTRY.size
        self._buffer.clear()


def follow_version(user: ArrivalDriven, write: Callable[[str], Response], read: Callable[[], Response]) -> None:
    """Have ``write`` write a new version, and ``read`` read until it shows it :data:`ENOUGH` times in a row.

    A write or a read that fails tells nothing of consistency: it is a failed request, and no more.
    """
    versions = user.engine.versions
    version = versions.new_version()
    written = write(version)
    if not written.ok:
        return
    text, answered, visible_at = version.encode(), written.ended, 0.0
    shown = told = 0
    while True:
        answer = read()
        if answer.started - answered > LOOK_FOR_S:
            if told:
                versions.note(Seen.NEVER, answered, 0.0)
            return
        if answer.ok:
            told += 1
            is_fresh = text in answer.content
            visible_at = visible_at if shown else answer.ended
            shown = shown + 1 if is_fresh else 0
            versions.note(Seen.FRESH if is_fresh else Seen.STALE, answer.started, answer.started - answered)
            if shown == ENOUGH:
                versions.note(Seen.VISIBLE, answered, visible_at - answered)
                return
        user.think(READ_EVERY_S)
