"""How consistent what is read is with what was written: versions written, and read back until they are there.

A read is stale when it began after a write was answered and does not show what that wrote; its age is the time since
that answer. A version is visible from the first read on after which none of its reads was stale. A version that was
never seen ranks above every time.

Frames hold, for each event, ``kind (1 byte), time (8 bytes, engine clock), seconds (8 bytes)``.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import numpy as np

from loadsim.measure.histogram import CELLS, FloatArray, IntArray, cells
from loadsim.measure.per_second import SecondCounts
from loadsim.measure.selection import Distribution

ENTRY = struct.Struct("<Bdd")
_FIELDS = np.dtype([("kind", "<u1"), ("time", "<f8"), ("seconds", "<f8")])


class Seen(IntEnum):
    """What a read showed of a write before it, at the time it began; or what became of a version, when it was written.

    ``seconds`` is the age of what was read instead, or how long after the answer to its write a version was visible.
    """

    FRESH = 0
    STALE = 1
    VISIBLE = 2
    NEVER = 3


class Consistency:
    """Folds frames; keeps what happened in [0, ``duration_s``) of profile time."""

    def __init__(self, origin: float, duration_s: float) -> None:
        self._origin, self._duration_s = origin, duration_s
        self._counts = np.zeros(len(Seen), np.int64)
        self._ages, self._delays = np.zeros(CELLS, np.int64), np.zeros(CELLS, np.int64)
        self.by_second = SecondCounts(len(Seen))
        """Events by second and kind."""

    def add(self, payload: bytes) -> None:
        """Take one frame."""
        entries = np.frombuffer(payload, _FIELDS)
        times = entries["time"] - self._origin
        within = (times >= 0) & (times < self._duration_s)
        kinds, seconds = entries["kind"][within].astype(np.int64), entries["seconds"][within]
        self._counts += np.bincount(kinds, minlength=len(Seen))
        self.by_second.add(times[within].astype(np.int64), kinds)
        _fold(self._ages, seconds[kinds == Seen.STALE])
        _fold(self._delays, seconds[kinds == Seen.VISIBLE])

    @property
    def reads(self) -> int:
        """Reads that could have been stale."""
        return int(self._counts[Seen.FRESH] + self._counts[Seen.STALE])

    @property
    def stale(self) -> int:
        """Those that were."""
        return int(self._counts[Seen.STALE])

    @property
    def versions(self) -> int:
        """Versions written, of which is known what became."""
        return int(self._counts[Seen.VISIBLE] + self._counts[Seen.NEVER])

    @property
    def never_seen(self) -> int:
        """Versions that were not visible as long as they were looked for."""
        return int(self._counts[Seen.NEVER])

    @property
    def staleness(self) -> Distribution:
        """How old it was what stale reads showed."""
        return Distribution(self._ages)

    @property
    def visible_after(self) -> Distribution:
        """How long it took until versions were visible."""
        return Distribution(self._delays, self.never_seen)


def _fold(counts: IntArray, times_s: FloatArray) -> None:
    np.add.at(counts, cells(times_s), 1)
