"""Whole distributions, out of the histogram log of a run directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from loadsim.errors import UsageError
from loadsim.measure.histogram import CELLS, IntArray
from loadsim.measure.histogram_log import Interval, read_log
from loadsim.measure.run_files import HISTOGRAMS
from loadsim.objectives.recorded_parts import Span
from loadsim.objectives.times import UntoldError
from loadsim.units import spell_duration

_SLACK = 1e-9


def counts_of(directory: Path, tags: Sequence[dict[str, str]], spans: Sequence[Span] | None = None) -> IntArray:
    """Return the counts of all lines with one of these tags; with ``spans``, of those within one of them.

    UntoldError if an interval of the log lies across an end of a span, or there is no log.
    """
    total = np.zeros(CELLS, np.int64)
    for interval in _intervals(directory, tags):
        if spans is None or any(_is_within(interval, span) for span in spans):
            total += interval.counts
    return total


def counts_by_window(directory: Path, tags: Sequence[dict[str, str]], window_s: float) -> dict[int, IntArray]:
    """Return the counts of each tumbling window that has any, by number; UntoldError as :func:`counts_of`."""
    windows: dict[int, IntArray] = {}
    for interval in _intervals(directory, tags):
        per_window = window_s / interval.length_s
        if round(per_window) < 1 or abs(per_window - round(per_window)) > _SLACK:
            raise UntoldError(
                f"the record keeps times by {spell_duration(interval.length_s)}, "
                f"of which {spell_duration(window_s)} is no multiple"
            )
        number = round(interval.start_s / interval.length_s) // round(per_window)
        if number not in windows:
            windows[number] = np.zeros(CELLS, np.int64)
        windows[number] += interval.counts
    return windows


def _intervals(directory: Path, tags: Sequence[dict[str, str]]) -> Iterator[Interval]:
    path = directory / HISTOGRAMS
    try:
        yield from read_log(path, lambda found: found in tags)
    except FileNotFoundError:
        raise UntoldError(f"{HISTOGRAMS} is missing from the record") from None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}") from None


def _is_within(interval: Interval, span: Span) -> bool:
    start_s, end_s = interval.start_s, interval.start_s + interval.length_s
    if start_s >= span[0] - _SLACK and end_s <= span[1] + _SLACK:
        return True
    if end_s <= span[0] + _SLACK or start_s >= span[1] - _SLACK:
        return False
    length = spell_duration(interval.length_s)
    raise UntoldError(f"the record keeps times by {length}, and a phase begins or ends within such an interval")
