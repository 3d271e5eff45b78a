"""Lost updates and oversold stock: what became of changes of numbers, held against the numbers before and after.

A number was ``before``, each update adds ``adds`` to it, and so many were acknowledged. What it lacks ``after`` of what
these make is lost. Acknowledged updates that took more than there was have oversold it. An update of which nobody knows
whether it happened (the answer was an error, or never came) may hide a lost one, and never makes one.

Updates of the warm-up count: the numbers know of no window. Frames hold, for each event, ``kind (1 byte), number
(4 bytes)``, by its place among the counters.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

ENTRY = struct.Struct("<BI")
_FIELDS = np.dtype([("kind", "<u1"), ("number", "<u4")])


class Update(IntEnum):
    """What happened to one change: every one is sent, and then perhaps acknowledged or refused."""

    SENT = 0
    ACKNOWLEDGED = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Counter:
    """One number. None: it could not be read then."""

    name: str
    before: float | None
    after: float | None
    adds: float
    sent: int
    acknowledged: int
    refused: int

    @property
    def uncertain(self) -> int:
        """Updates of which nobody knows whether they happened."""
        return self.sent - self.acknowledged - self.refused

    @property
    def happened(self) -> float | None:
        """How many updates the number shows."""
        if self.before is None or self.after is None:
            return None
        return (self.after - self.before) / self.adds

    @property
    def lost(self) -> int | None:
        """Acknowledged updates that the number does not show."""
        return None if self.happened is None else max(0, math.ceil(self.acknowledged - self.happened))

    @property
    def taken(self) -> float:
        """How much the acknowledged updates took."""
        return max(0.0, -self.adds) * self.acknowledged

    @property
    def oversold(self) -> float | None:
        """How much more was taken than there was; None of a number that grows, or was not read."""
        return None if self.adds > 0 or self.before is None else max(0.0, self.taken - self.before)

    @property
    def unexplained(self) -> int:
        """Updates that the number shows beyond all that may have happened: somebody else changes it too."""
        may = self.acknowledged + self.uncertain
        return 0 if self.happened is None else max(0, math.floor(self.happened - may))


class Updates:
    """Folds frames."""

    def __init__(self) -> None:
        self._counts = np.zeros((len(Update), 0), np.int64)

    def add(self, payload: bytes) -> None:
        """Take one frame."""
        entries = np.frombuffer(payload, _FIELDS)
        numbers = entries["number"].astype(np.int64)
        missing = int(numbers.max(initial=-1)) + 1 - self._counts.shape[1]
        if missing > 0:
            self._counts = np.pad(self._counts, ((0, 0), (0, missing)))
        np.add.at(self._counts, (entries["kind"], numbers), 1)

    def count(self, number: int, update: Update) -> int:
        """Return how often this happened to the number."""
        return int(self._counts[update, number]) if number < self._counts.shape[1] else 0
