"""The inverse of an increasing function that has no closed one: bracketed, then Newton's method kept in the bracket.

Counts that come in blocks lie close together, so the bracket is first narrowed for all of them at once (a table of
256 cells, searched again inside the cells they fall in), and only the last steps are taken one count at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Curve = Callable[[FloatArray], FloatArray]

_CELLS = 256
_FAR_S = 1e15
"""Nobody waits 30 million years: an endless curve that has not reached a count by then never does."""
_CLOSE_S = 1e-9
_NOISE = 16 * np.finfo(np.float64).eps


def invert(expected: Curve, rate: Curve, counts: FloatArray, end_s: float) -> FloatArray:
    """Return for each count (> 0) the smallest t in (0, end_s] with expected(t) >= count, within 1 ns; inf if none.

    ``rate`` is the derivative of ``expected``, which may jump and may be 0 over stretches.
    """
    found = np.full(counts.shape, np.inf)
    if not counts.size:
        return found
    high_s = end_s
    if np.isinf(end_s):
        high_s, most = 1.0, counts.max()
        while expected(np.array([high_s]))[0] < most and high_s < _FAR_S:
            high_s *= 16.0
    reached = counts <= expected(np.array([high_s]))[0]
    if reached.any():
        found[reached] = _solve(expected, rate, counts[reached], high_s)
    return found


def _solve(expected: Curve, rate: Curve, counts: FloatArray, high_s: float) -> FloatArray:
    low, high, start = _brackets(expected, counts, high_s)
    result = start.copy()
    todo = np.arange(counts.size)
    x = start
    for turn in range(400):  # each third step halves the bracket: 400 are more than float64 can need
        excess = expected(x) - counts
        below = excess < 0
        low, high = np.where(below, x, low), np.where(below, high, x)
        slope = rate(x)
        newton = x - excess / np.where(slope > 0, slope, np.nan)
        inside = (newton >= low) & (newton <= high)
        exact = inside & (np.abs(excess) <= _NOISE * np.maximum(counts, 1.0))
        done = exact | (high - low <= _CLOSE_S)
        result[todo[done]] = np.where(exact, newton, high)[done]
        if done.all():
            break
        halve = ~inside | (turn % 3 == 2)
        x = np.where(halve, low + 0.5 * (high - low), newton)
        if done.any():
            left = ~done
            todo, counts, x, low, high = todo[left], counts[left], x[left], low[left], high[left]
    return result


def _brackets(expected: Curve, counts: FloatArray, high_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return for each count the ends of a short stretch that holds its time, and a first guess by interpolation."""
    low_s, least, most = 0.0, counts.min(), counts.max()
    while True:
        grid = np.linspace(low_s, high_s, _CELLS + 1)
        values = expected(grid)
        first = max(int(np.searchsorted(values, least, "left")) - 1, 0)
        last = min(int(np.searchsorted(values, most, "left")), _CELLS)
        if last - first > _CELLS // 4 or grid[last] - grid[first] < _CLOSE_S:
            break
        low_s, high_s = float(grid[first]), float(grid[last])
    cell = np.clip(np.searchsorted(values, counts, "left"), 1, _CELLS)
    low, high = grid[cell - 1], grid[cell]
    rise = values[cell] - values[cell - 1]
    share = np.clip((counts - values[cell - 1]) / np.where(rise > 0, rise, 1.0), 0.0, 1.0)
    return low, high, low + share * (high - low)
