"""A table with a row for every second of the run, growing as it goes."""

from __future__ import annotations

import numpy as np

from loadsim.measure.histogram import FloatArray, IntArray


def second_of(time_s: float) -> int:
    """Return the second a time falls in; what came before profile time 0 counts in the first."""
    return max(0, int(time_s))


class SecondCounts:
    """Whole numbers by second and column; both grow on demand, doubling, so that adding stays cheap."""

    def __init__(self, columns: int) -> None:
        self._table = np.zeros((64, columns), np.int64)
        self.seconds = 0
        """One more than the last second that was counted in."""

    def add(self, seconds: IntArray, columns: IntArray) -> None:
        """Add one at each pair. Seconds below 0 count in second 0."""
        if not len(seconds):
            return
        seconds = np.maximum(seconds, 0)
        first, end = int(seconds.min()), int(seconds.max()) + 1
        self._make_room(end, int(columns.max()) + 1)
        width = self._table.shape[1]
        added = np.bincount((seconds - first) * width + columns, minlength=(end - first) * width)
        self._table[first:end] += added.reshape(end - first, width)

    def rows(self, count: int) -> IntArray:
        """Return the first ``count`` seconds, (count, columns); those never counted in are 0."""
        self._make_room(count, 0, counted=False)
        return self._table[:count]

    def row(self, second: int) -> IntArray:
        """Return one second's counts."""
        row: IntArray = self.rows(second + 1)[second]
        return row

    def _make_room(self, seconds: int, columns: int, *, counted: bool = True) -> None:
        if counted:
            self.seconds = max(self.seconds, seconds)
        have_seconds, have_columns = self._table.shape
        if seconds > have_seconds or columns > have_columns:
            rows = max(have_seconds, 1 << (seconds - 1).bit_length()) if seconds > have_seconds else have_seconds
            larger = np.zeros((rows, max(columns, have_columns)), np.int64)
            larger[:have_seconds, :have_columns] = self._table
            self._table = larger


class SecondValues:
    """Numbers by second and column that may be unknown (nan)."""

    def __init__(self, columns: int) -> None:
        self._table = np.full((64, columns), np.nan)
        self.seconds = 0

    def put(self, second: int, column: int, value: float) -> None:
        """Set a value."""
        self._make_room(second + 1, column + 1)
        self.seconds = max(self.seconds, second + 1)
        self._table[second, column] = value

    def get(self, second: int, column: int) -> float:
        """Return a value; nan if it was never set."""
        seconds, columns = self._table.shape
        return float(self._table[second, column]) if second < seconds and column < columns else float("nan")

    def rows(self, count: int) -> FloatArray:
        """Return the first ``count`` seconds, (count, columns)."""
        self._make_room(count, 0)
        return self._table[:count]

    def _make_room(self, seconds: int, columns: int) -> None:
        have_seconds, have_columns = self._table.shape
        if seconds > have_seconds or columns > have_columns:
            rows = max(have_seconds, 1 << (seconds - 1).bit_length()) if seconds > have_seconds else have_seconds
            larger = np.full((rows, max(columns, have_columns)), np.nan)
            larger[:have_seconds, :have_columns] = self._table
            self._table = larger


def held(values: FloatArray, at_most: int) -> FloatArray:
    """Fill each gap between two known values by the one before it, if it is no more than ``at_most`` places long."""
    known = np.flatnonzero(~np.isnan(values))
    filled = values.copy()
    for before, after in zip(known[:-1].tolist(), known[1:].tolist(), strict=True):
        if after - before - 1 <= at_most:
            filled[before + 1 : after] = values[before]
    return filled
