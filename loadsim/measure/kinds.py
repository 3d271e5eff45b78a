"""Outcome codes that occurred, as small column numbers: few of the thousand possible ones ever do."""

from __future__ import annotations

import numpy as np

from loadsim.measure.block import CODES, code_name
from loadsim.measure.histogram import IntArray
from loadsim.measure.sample import Outcome


class Kinds:
    """Numbers outcomes in order of appearance; ``ok`` is column 0."""

    def __init__(self) -> None:
        self.codes: list[int] = [int(Outcome.OK)]
        self._column = np.full(CODES, -1, np.int64)
        self._column[Outcome.OK] = 0

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def names(self) -> list[str]:
        """Return the record's names, by column."""
        return [code_name(code) for code in self.codes]

    def columns(self, outcomes: IntArray) -> IntArray:
        """Return the column of each outcome code; codes never seen before get new ones."""
        columns = self._column[outcomes]
        if len(columns) and columns.min() < 0:
            for code in np.unique(outcomes[columns < 0]).tolist():
                self._column[code] = len(self.codes)
                self.codes.append(code)
            columns = self._column[outcomes]
        return columns
