"""Histograms over time in bounded memory: intervals of a second, doubled whenever they become too many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loadsim.measure.histogram import CELLS, IntArray
from loadsim.measure.sparse import SHIFT, merge

MAX_INTERVALS = 600
MAX_ENTRIES = 1 << 21
"""Counts kept over all intervals, 8 bytes each: 16 MiB. It bounds the histogram log, and the time to write it, too."""
_ROW_ENTRIES = 64
"""What a histogram costs beside its counts, in counts: its line in the log takes some 70 us to write."""
_MAX_PIECES = 8


class IntervalStore:
    """Packed counts (``measure.sparse``) by interval of due time.

    Every interval has the same length, a power of two seconds; neighbours are added together when there would be more
    than ``max_intervals``, or more than ``max_entries`` counts in all (a histogram counts as 64 more). One interval
    alone may hold more.
    """

    def __init__(self, max_intervals: int = MAX_INTERVALS, max_entries: int = MAX_ENTRIES) -> None:
        self._max_intervals, self._max_entries = max_intervals, max_entries
        self._intervals: dict[int, list[IntArray]] = {}
        self._entries = 0
        self.length_s = 1

    def add(self, second: int, packed: IntArray) -> None:
        """Add the counts of one second, in any order of seconds."""
        if not len(packed):
            return
        number = second // self.length_s
        pieces = self._intervals.setdefault(number, [])
        pieces.append(packed)
        self._entries += _cost(packed)
        if len(pieces) > _MAX_PIECES:
            self._compact(number)
        while max(self._intervals) >= self._max_intervals:
            self._double()
        if self._entries > self._max_entries:
            self._shrink()

    def __iter__(self) -> Iterator[tuple[float, float, IntArray]]:
        """Yield (start_s, length_s, packed) of each interval that has counts, in order of time."""
        for number in sorted(self._intervals):
            yield float(number * self.length_s), float(self.length_s), merge(self._intervals[number])

    @property
    def entries(self) -> int:
        """How much is held, in counts."""
        return self._entries

    def _compact(self, number: int) -> None:
        pieces = self._intervals[number]
        merged = merge(pieces)
        self._entries += _cost(merged) - sum(map(_cost, pieces))
        self._intervals[number] = [merged]

    def _double(self) -> None:
        self.length_s *= 2
        old, self._intervals = self._intervals, {}
        for number in sorted(old):
            self._intervals.setdefault(number // 2, []).extend(old[number])
        for number in self._intervals:
            self._compact(number)

    def _shrink(self) -> None:
        for number in list(self._intervals):
            self._compact(number)
        while self._entries > self._max_entries and len(self._intervals) > 1:
            self._double()


def _cost(packed: IntArray) -> int:
    rows = (packed >> SHIFT) // CELLS
    return len(packed) + _ROW_ENTRIES * (1 + int(np.count_nonzero(np.diff(rows))))
