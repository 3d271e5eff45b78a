"""Several metrics looked at together, and what that costs.

Primary metrics decide the exit code, so the chance of *any* false alarm among them is held (the family-wise error
rate), by the step-down maximum of Westfall and Young (Resampling-Based Multiple Testing, 1993). All metrics of a round
share its coin, so one pattern of signs flips them together, and the largest statistic over the metrics has a reference
distribution that knows how they hang together. Against Holm's method, which must expect the worst of that: p50 and p99
of the same rounds are much alike, so three cost hardly more than one; and six rounds remain enough, where Holm's first
step (5 % / 3) needs seven. The level is exact for whichever metrics have no effect: their signs are the coin's.

Exploratory metrics (by route, class, phase...) are dozens, and never fail a run. Of those called different, the
expected share of false ones is held (the false discovery rate), by Benjamini and Yekutieli (Annals of Statistics 2001),
which holds under any dependence: shares that sum to one are negatively dependent, and Benjamini and Hochberg's
original (1995) has no proof for that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadsim.compare.sign_flips import FloatArray

_TIE = 1e-9


def step_down(statistics: Sequence[FloatArray]) -> list[float]:
    """Return the adjusted p-value of each metric from its statistics under the same patterns, observed first."""
    if not statistics:
        return []
    sizes = np.abs(np.vstack(statistics))
    order = np.argsort(-sizes[:, 0], kind="stable")
    # Row k: the largest over the k-th most striking metric and all less striking ones.
    largest = np.maximum.accumulate(sizes[order][::-1], axis=0)[::-1]
    raw = np.mean(largest >= sizes[order, :1] - _TIE, axis=1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(raw)
    return [float(p) for p in adjusted]


def benjamini_yekutieli(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-values: those at most q, called discoveries, are false in at most the share q."""
    count = len(p_values)
    if not count:
        return []
    raw = np.asarray(p_values, np.float64)
    order = np.argsort(raw, kind="stable")
    ranks = np.arange(1, count + 1)
    scaled = raw[order] * count * np.sum(1.0 / ranks) / ranks
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return [float(p) for p in adjusted]
