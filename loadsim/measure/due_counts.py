"""What became of the work that was due in each second: the counts that windows and phases of a run are judged by.

``measure.seconds`` counts what happened in a second; of a late answer that is another one than it was due in.
"""

from __future__ import annotations

import numpy as np

from loadsim.measure.block import FAILED, UNANSWERED, Block
from loadsim.measure.histogram import IntArray
from loadsim.measure.marginals import ABORTED, COMPLETED, DROPPED, FATE, WAS_FAILED
from loadsim.measure.per_second import SecondCounts

REQUESTS = ("requests", "failed_requests", "unanswered_requests")
_FATES = {"completed": COMPLETED, "failed": WAS_FAILED, "dropped": DROPPED, "aborted": ABORTED}
ITERATIONS = (*_FATES, "unanswered")
_FIRST_FATE = len(REQUESTS)
_UNANSWERED = _FIRST_FATE + len(_FATES)


class DueCounts:
    """Counts requests and iterations by due second: 64 bytes a second."""

    def __init__(self) -> None:
        self._counts = SecondCounts(_UNANSWERED + 1)

    @property
    def seconds(self) -> int:
        """One more than the last second in which anything was due."""
        return self._counts.seconds

    def fold(self, block: Block) -> None:
        """Count what a block holds."""
        requests, iterations = block.requests, block.iterations
        due = requests.at.astype(np.int64)
        for column, chosen in enumerate((due, due[FAILED[requests.outcome]], due[UNANSWERED[requests.outcome]])):
            self._counts.add(chosen, np.full(len(chosen), column))
        due = iterations.at.astype(np.int64)
        self._counts.add(due, FATE[iterations.outcome] + _FIRST_FATE)
        lost = due[UNANSWERED[iterations.outcome]]
        self._counts.add(lost, np.full(len(lost), _UNANSWERED))

    def columns(self) -> dict[str, IntArray]:
        """Return the counts by second, under their names."""
        rows = self._counts.rows(self.seconds)
        return {name: rows[:, place] for place, name in enumerate((*REQUESTS, *ITERATIONS))}
