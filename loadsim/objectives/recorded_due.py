"""What became of the work that was due in a part of a run's time, out of ``due.csv`` of its directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadsim.errors import UsageError
from loadsim.measure.due_counts import ITERATIONS, REQUESTS
from loadsim.measure.run_files import DUE
from loadsim.measure.table import Table, read_csv
from loadsim.objectives.recorded_parts import Span
from loadsim.objectives.times import UntoldError
from loadsim.units import spell_duration


@dataclass(frozen=True, slots=True)
class Due:
    """Requests and iterations that were due, and what became of them."""

    requests: int = 0
    failed_requests: int = 0
    unanswered_requests: int = 0
    completed: int = 0
    failed: int = 0
    dropped: int = 0
    aborted: int = 0
    unanswered: int = 0

    @property
    def scheduled(self) -> int:
        """How many iterations there were."""
        return self.completed + self.failed + self.dropped + self.aborted

    def without_answer(self, times: str) -> int:
        """Return how much has no 'response', 'service' or 'iteration' time; arrivals nobody served have no response."""
        if times == "iteration":
            return self.unanswered
        return self.unanswered_requests + (self.dropped if times == "response" else 0)


def due_by_window(directory: Path, window_s: float) -> dict[int, Due]:
    """Return what was due in each tumbling window, by number. UntoldError where seconds do not tell."""
    if window_s != round(window_s):
        raise UntoldError(f"the record counts by the second, of which {spell_duration(window_s)} is no multiple")
    table = _table(directory)
    number = (table.numbers("time_s") // window_s).astype(np.int64)
    return {int(window): _sum(table, number == window) for window in np.unique(number)}


def due_within(directory: Path, spans: Sequence[Span]) -> Due:
    """Return what was due within the spans. UntoldError where one begins or ends within a second."""
    table = _table(directory)
    seconds = table.numbers("time_s")
    chosen = np.zeros(len(seconds), np.bool_)
    for start_s, end_s in spans:
        if any(edge != round(edge) for edge in (start_s, end_s) if np.isfinite(edge)):
            raise UntoldError("the record counts by the second, and a phase begins or ends within one")
        chosen |= (seconds >= start_s) & (seconds < end_s)
    return _sum(table, chosen)


def _table(directory: Path) -> Table:
    path = directory / DUE
    try:
        table = read_csv(path)
    except FileNotFoundError:
        raise UntoldError(f"{DUE} is missing from the record") from None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}") from None
    missing = {"time_s", *REQUESTS, *ITERATIONS} - table.columns.keys()
    if missing:
        raise UsageError(f"'{path}' has no column '{min(missing)}'", hint="It was changed: record the run again.")
    return table


def _sum(table: Table, chosen: npt.NDArray[np.bool_]) -> Due:
    return Due(**{name: int(table.numbers(name)[chosen].sum()) for name in (*REQUESTS, *ITERATIONS)})
