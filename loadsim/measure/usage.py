"""Cumulative readings of a process's CPU time -> the share of one core it used in each second."""

from __future__ import annotations

import math

from loadsim.measure.histogram import FloatArray
from loadsim.measure.per_second import SecondValues


class CpuMeter:
    """Spreads the CPU time between two readings evenly over the time between them, second by second.

    A second's share is its CPU time over the part of it that readings cover; None of it known: nan. A reading below
    the last one means another process under the same name: the time between is not known.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._seconds = SecondValues(2)  # CPU seconds used, seconds covered

    def read(self, time_s: float, cpu_s: float) -> None:
        """Take a reading at profile time ``time_s``: all CPU seconds so far. Times before 0 only set the start."""
        last, self._last = self._last, (time_s, cpu_s)
        if last is None or time_s <= last[0] or cpu_s < last[1]:
            return
        slope = (cpu_s - last[1]) / (time_s - last[0])
        start = max(0.0, last[0])
        while start < time_s:
            second = math.floor(start)
            end = min(time_s, second + 1.0)
            self._add(second, 0, slope * (end - start))
            self._add(second, 1, end - start)
            start = end

    def shares(self, seconds: int) -> FloatArray:
        """Return the share of one core in each of the first ``seconds`` seconds."""
        rows = self._seconds.rows(seconds)
        return rows[:, 0] / rows[:, 1]

    @property
    def seconds(self) -> int:
        """One more than the last second a reading covers."""
        return self._seconds.seconds

    def _add(self, second: int, column: int, value: float) -> None:
        before = self._seconds.get(second, column)
        self._seconds.put(second, column, value if math.isnan(before) else before + value)
