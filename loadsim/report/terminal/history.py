"""What a view remembers of a run, so that a state need carry the last seconds alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from loadsim.report.terminal.state import LiveState


class History:
    """The rates of every second since the end of the warm-up; NaN where no state told."""

    def __init__(self) -> None:
        self._offered: list[float] = []
        self._achieved: list[float] = []

    def complete(self, state: LiveState) -> LiveState:
        """Take the seconds that ``state`` knows, and return it with those of the whole run."""
        now = int(max(0.0, state.elapsed_s))
        _overwrite(self._offered, state.offered, now)
        _overwrite(self._achieved, state.achieved, now)
        return replace(state, offered=self._offered, achieved=self._achieved)


def _overwrite(known: list[float], latest: Sequence[float], end: int) -> None:
    """Write ``latest`` so that it ends at second ``end``; a second told again is corrected."""
    start = max(0, end - len(latest))
    known += [math.nan] * (start - len(known))
    known[start:end] = latest[len(latest) - (end - start) :] if latest else []
