"""Which named stretch of the run a moment lies in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadsim.measure.histogram import FloatArray, IntArray
from loadsim.profiles import Phase

DRAIN = "drain"
"""What the seconds after the measured window are called in the series."""


class PhaseIndex:
    """Times -> phase numbers. Phases are in order and do not overlap; where none is, the number is ``len(phases)``."""

    def __init__(self, phases: Sequence[Phase]) -> None:
        self.phases = tuple(phases)
        edges = [edge for phase in self.phases for edge in (phase.start_s, phase.end_s)]
        if edges != sorted(edges):
            raise ValueError(f"phases must be in order and must not overlap: {self.phases}")
        self._edges = np.array(edges)
        # Between two edges lies a phase (odd places) or a gap (even ones).
        self._number = np.full(len(edges) + 1, len(self.phases), np.int64)
        self._number[1::2] = np.arange(len(self.phases))

    def __len__(self) -> int:
        return len(self.phases)

    def numbers(self, times_s: FloatArray) -> IntArray:
        """Return the number of the phase of each time; a phase holds its start and not its end."""
        return self._number[np.searchsorted(self._edges, times_s, side="right")]

    def name(self, time_s: float) -> str:
        """Return the name of the phase at ``time_s``; an empty text where there is none."""
        number = int(self.numbers(np.array([time_s]))[0])
        return self.phases[number].name if number < len(self.phases) else ""
