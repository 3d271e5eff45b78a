"""Survival of sockets: which share is still alive at an age, from lives of which many were never seen to end.

The estimator of Kaplan and Meier ("Nonparametric estimation from incomplete observations", JASA 53, 1958), with
delayed entry for lives that had begun before they were watched. Ages are counted in the histogram's cells, so memory
does not grow with the number of lives; within a cell ends come before censorings, by the estimator's convention.
"""

from __future__ import annotations

import numpy as np

from loadsim.measure.histogram import CELLS, HIGHEST_EQUIVALENT_US, FloatArray, cells

MAX_STEPS = 400
AGE_BOUNDS_S = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
    *(60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0),
    *(3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0, 604_800.0),
)
"""Ends of the classes of the histogram of ages, at times that people know."""


class Survival:
    """Lives are added one block at a time; :meth:`curve` reads what is there."""

    def __init__(self) -> None:
        self._entered, self._failed, self._censored = (np.zeros(CELLS + 1, np.int64) for _ in range(3))

    def add(self, entered_s: FloatArray, left_s: FloatArray, *, failed: bool) -> None:
        """Add lives: the ages from which on and until which each was watched, and whether it failed at the end.

        An entry counts from the cell after its own: whoever is first seen at an age was not at risk before it.
        """
        entry = np.where(entered_s > 0, cells(entered_s) + 1, 0)
        self._entered += np.bincount(entry, minlength=CELLS + 1)
        left = np.maximum(cells(left_s), entry)
        ended = self._failed if failed else self._censored
        ended += np.bincount(left, minlength=CELLS + 1)

    def curve(self) -> list[tuple[float, float]]:
        """Return (age in seconds, share still alive from it on), from (0, 1) to the highest age that was seen.

        No more than ``MAX_STEPS`` steps: the others are left out, evenly over the share.
        """
        left = self._failed + self._censored
        if not left.any():
            return []
        at_risk = np.cumsum(self._entered) - np.concatenate([[0], np.cumsum(left)[:-1]])
        falls = np.flatnonzero(self._failed)
        share = np.cumprod(1.0 - self._failed[falls] / np.maximum(at_risk[falls], 1))
        ages = HIGHEST_EQUIVALENT_US[np.minimum(falls, CELLS - 1)] / 1e6
        if len(falls) > MAX_STEPS:
            kept = np.unique(np.linspace(0, len(falls) - 1, MAX_STEPS).astype(np.int64))
            ages, share = ages[kept], share[kept]
        last = float(HIGHEST_EQUIVALENT_US[min(int(np.flatnonzero(left)[-1]), CELLS - 1)]) / 1e6
        steps = [(0.0, 1.0), *zip(ages.tolist(), share.tolist(), strict=True)]
        return steps if steps[-1][0] >= last else [*steps, (last, steps[-1][1])]

    def ages(self) -> list[tuple[float, int, int]]:
        """Return a histogram of the ages at which lives were left: (up to this age in seconds, failed, did not fail).

        From the first class that holds any to the last.
        """
        ends = np.searchsorted(HIGHEST_EQUIVALENT_US / 1e6, AGE_BOUNDS_S)
        starts = np.concatenate([[0], ends[:-1]])
        classes = [
            (bound_s, int(self._failed[start:end].sum()), int(self._censored[start:end].sum()))
            for bound_s, start, end in zip(AGE_BOUNDS_S, starts, ends, strict=True)
        ]
        held = [number for number, (_, failed, others) in enumerate(classes) if failed or others]
        return classes[held[0] : held[-1] + 1] if held else []
