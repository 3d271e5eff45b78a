"""Cumulative readings (CPU time, arrivals) -> their rate in each second of the run."""

from __future__ import annotations

import math

from loadsim.measure.histogram import FloatArray
from loadsim.measure.per_second import SecondValues

_GAINED, _COVERED = range(2)


class RateMeter:
    """Spreads what was gained between two readings evenly over the time between them, second by second.

    A second's rate is its gain over the part of it that readings cover; nan where they cover nothing. Of CPU seconds
    it is the share of one core. A reading below the last one means another process under the same name: the time
    between is not known.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._seconds = SecondValues(2)

    def read(self, time_s: float, total: float) -> None:
        """Take a reading at profile time ``time_s``. What precedes time 0 is left out."""
        last, self._last = self._last, (time_s, total)
        if last is None or time_s <= last[0] or total < last[1]:
            return
        slope = (total - last[1]) / (time_s - last[0])
        start = max(0.0, last[0])
        while start < time_s:
            second = math.floor(start)
            end = min(time_s, second + 1.0)
            self._add(second, _GAINED, slope * (end - start))
            self._add(second, _COVERED, end - start)
            start = end

    def rates(self, seconds: int) -> FloatArray:
        """Return the rate in each of the first ``seconds`` seconds."""
        rows = self._seconds.rows(seconds)
        return rows[:, _GAINED] / rows[:, _COVERED]

    @property
    def seconds(self) -> int:
        """One more than the last second that readings cover."""
        return self._seconds.seconds

    def _add(self, second: int, column: int, value: float) -> None:
        before = self._seconds.get(second, column)
        self._seconds.put(second, column, value if math.isnan(before) else before + value)
