"""The lines of a histogram log that speak of all requests, read without decoding the many that speak of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadsim.measure.histogram import CELLS
from loadsim.measure.histogram_log import Interval, read_log

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WholeIntervals:
    """Counts in HdrHistogram's cells by interval, each interval as (cells, counts) of what it holds."""

    starts_s: npt.NDArray[np.float64]
    length_s: float
    sparse: tuple[tuple[IntArray, IntArray], ...]
    total: IntArray


def read_whole(path: Path, metrics: Sequence[str]) -> dict[str, WholeIntervals]:
    """Return the intervals of each metric over all requests; OSError, UsageError as ``histogram_log.read_log``.

    A log of an hour with 200 routes has hundreds of thousands of lines, of which 1,200 are wanted here and decoded.
    """
    wanted = [{"metric": metric} for metric in metrics]
    intervals = list(read_log(path, lambda tags: tags in wanted))
    return {
        metric: _whole(found)
        for metric in metrics
        if (found := [interval for interval in intervals if interval.tags.get("metric") == metric])
    }


def _whole(intervals: Sequence[Interval]) -> WholeIntervals:
    total = np.zeros(CELLS, np.int64)
    sparse = []
    for interval in intervals:
        used = np.flatnonzero(interval.counts)
        sparse.append((used, interval.counts[used]))
        total += interval.counts
    return WholeIntervals(
        starts_s=np.array([interval.start_s for interval in intervals]),
        length_s=max(interval.length_s for interval in intervals),
        sparse=tuple(sparse),
        total=total,
    )
