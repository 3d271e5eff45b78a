"""What objectives ask of WebSockets, told by a record."""

from __future__ import annotations

from dataclasses import dataclass

from loadsim.objectives.times import Times
from loadsim.record import Quantiles, WebSockets


@dataclass(frozen=True, slots=True)
class RecordedSockets:
    """The part of a record that is about WebSockets, which is there only if there were any."""

    record: WebSockets

    @property
    def used(self) -> bool:
        """Whether there was any socket at all."""
        return True

    def times(self, name: str) -> Times:
        """Return one of ``measure.websockets.TIMES``."""
        if name == "recovered":
            return self.record.reconnects.recovered_s
        times: Quantiles = getattr(self.record, f"{name}_s")
        return times

    def share(self, name: str) -> tuple[int, int] | None:
        """Return how many failed in one way, and of how many, as ``SocketRecorder.share``."""
        record, messages = self.record, self.record.messages
        if name == "never_opened":
            return record.failures[name].count, record.attempts
        if name in record.failures:
            return record.failures[name].count, record.opened + record.open_at_start
        faulty: int | None = getattr(messages, name)
        if faulty is None:
            return None
        return faulty, messages.received + (faulty if name == "lost" else 0)
