"""The counts of the last seconds, by the second in which the work was due, until all answers may have come."""

from __future__ import annotations

from loadsim.measure.histogram import IntArray
from loadsim.measure.sparse import merge

_MIN_PENDING = 1 << 15


class RecentSeconds:
    """Packed counts (``measure.sparse``) by second. Pieces are merged when they outgrow what is merged already."""

    def __init__(self) -> None:
        self._seconds: dict[int, list[IntArray]] = {}
        self._pending: dict[int, int] = {}

    def add(self, second: int, packed: IntArray) -> None:
        """Add to a second."""
        pieces = self._seconds.setdefault(second, [])
        pieces.append(packed)
        pending = self._pending.get(second, 0) + len(packed)
        if pending > max(_MIN_PENDING, 2 * len(pieces[0])):
            self._seconds[second] = [merge(pieces)]
            pending = 0
        self._pending[second] = pending

    def pieces(self, first: int, end: int) -> list[IntArray]:
        """Return what the seconds in [first, end) hold, unmerged."""
        return [piece for second in range(first, end) for piece in self._seconds.get(second, ())]

    def take(self, before: int | None = None) -> list[tuple[int, IntArray]]:
        """Remove and return, in order, the seconds below ``before`` (None: all), each merged."""
        ready = sorted(second for second in self._seconds if before is None or second < before)
        for second in ready:
            del self._pending[second]
        return [(second, merge(self._seconds.pop(second))) for second in ready]
