"""A number of the target's changed, and what the answer says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loadsim.engine.response import CaughtResponse, Response
from loadsim.engine.samples import Outbox
from loadsim.measure.updates import ENTRY, Update
from loadsim.wire import Kind

if TYPE_CHECKING:
    from loadsim.engine.users import ArrivalDriven

SAYS_NO = (402, 409)
"""Payment required, conflict: the target refuses as it should, and that is no failure."""


class UpdateWriter:
    """Packs what became of updates; it goes out with the samples."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._buffer = bytearray()
        self.unreported = 0

    def note(self, update: Update, number: int) -> None:
        """Add an event (``measure.updates``)."""
        self._buffer += ENTRY.pack(update, number)

    def flush(self) -> None:
        """Send what is there."""
        if self._buffer and not self._outbox.send(Kind.UPDATES, self._buffer):
            self.unreported += len(self._buffer) // ENTRY.size
        self._buffer.clear()


def update_number(user: ArrivalDriven, number: int, send: Callable[[], Response]) -> None:
    """Have ``send`` change a number, by its place among the counters; its request says ``catch_response=True``."""
    updates = user.engine.updates
    updates.note(Update.SENT, number)  # before all else: the answer may never come
    with send() as answer:
        if answer.ok:
            updates.note(Update.ACKNOWLEDGED, number)
        elif 400 <= answer.status_code < 500:
            updates.note(Update.REFUSED, number)
            if answer.status_code in SAYS_NO and isinstance(answer, CaughtResponse):
                answer.success()
