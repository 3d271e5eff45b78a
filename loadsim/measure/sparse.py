"""Few counts over many cells, in one array of integers: ``index << 32 | count``, ascending.

The index is a place in a matrix of histograms (``row * CELLS + cell``). Sorting such integers sorts by index, so pieces
are merged by one sort and one sum over equal neighbours: addition is all that merging is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from loadsim.measure.histogram import CELLS, IntArray

SHIFT = 32
COUNT_MASK = (1 << SHIFT) - 1
NOTHING: IntArray = np.zeros(0, np.int64)


def pack(index: IntArray, counts: IntArray) -> IntArray:
    """Return (index, count) pairs as one array; ``index`` ascending and distinct, counts below 2**32."""
    return (index << SHIFT) | counts


def unpack(packed: IntArray) -> tuple[IntArray, IntArray]:
    """Return the indices and the counts."""
    return packed >> SHIFT, packed & COUNT_MASK


def tally(keys: IntArray) -> list[tuple[int, IntArray]]:
    """Count equal keys, each ``group << 32 | index``; return for each group, ascending, its packed counts.

    Sorts ``keys`` in place.
    """
    if not len(keys):
        return []
    keys.sort()
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    counts = np.diff(first, append=len(keys))
    keys = keys[first]
    groups, packed = keys >> SHIFT, ((keys & COUNT_MASK) << SHIFT) | counts
    cuts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1]))).tolist()
    return [(int(groups[low]), packed[low:high]) for low, high in zip(cuts, [*cuts[1:], len(keys)], strict=True)]


def merge(pieces: Sequence[IntArray]) -> IntArray:
    """Return the sum of the pieces."""
    if len(pieces) == 1:
        return pieces[0]
    return _summed(np.concatenate(pieces)) if pieces else NOTHING


def between(packed: IntArray, first: int, end: int) -> IntArray:
    """Return the part whose index is in [first, end), as a view."""
    low, high = np.searchsorted(packed, (first << SHIFT, end << SHIFT))
    return packed[low:high]


def overlay(packed: IntArray) -> tuple[IntArray, IntArray]:
    """Lay all rows over each other: return the cells, ascending, and the sum of their counts."""
    index, counts = unpack(packed)
    return unpack(_summed(pack(index % CELLS, counts)))


def by_row(packed: IntArray) -> Iterator[tuple[int, IntArray, IntArray]]:
    """Yield each row that has counts: its number, its cells (ascending), their counts."""
    index, counts = unpack(packed)
    rows = index // CELLS
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows)) + 1):
        if len(part):
            yield int(rows[part[0]]), index[part] % CELLS, counts[part]


def _summed(keys: IntArray) -> IntArray:
    """Sort packed keys (in place) and add up those of the same index."""
    if not len(keys):
        return keys
    keys.sort()
    index = keys >> SHIFT
    first = np.flatnonzero(np.concatenate(([True], index[1:] != index[:-1])))
    return pack(index[first], np.add.reduceat(keys & COUNT_MASK, first))
