"""Which part of the traffic a number is about, and what was counted there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Selection:
    """Requests whose names all match these shell-style globs; None matches everything.

    ``window_s`` asks for a tally of every tumbling window of that length too, by due time, the first at profile time 0.
    """

    route: str | None = None
    backend: str | None = None
    pool: str | None = None
    phase: str | None = None
    visitor_class: str | None = None
    outcome: str | None = None
    window_s: float | None = None


@dataclass(slots=True)
class Distribution:
    """Times in HdrHistogram's cells, and how much work had no answer, which ranks above every cell."""

    counts: Counts
    unanswered: int = 0


Times_co = TypeVar("Times_co", covariant=True)


@dataclass(slots=True)
class Tally(Generic[Times_co]):
    """What a selection saw: requests by due time, and the iterations due in it where the selection can tell them.

    Its times are distributions while a run is measured, and whatever a record says of them afterwards.

    Iterations know their phase and visitor class but no route, backend or outcome: where a selection names one of
    these, the four iteration counts are None.
    """

    response: Times_co
    service: Times_co
    iteration: Times_co
    """Response time of iterations: the end of the last request against the arrival's due time."""
    requests: int = 0
    failed_requests: int = 0
    scheduled: int | None = None
    completed: int | None = None
    failed: int | None = None
    dropped: int | None = None
    started: int | None = None


@dataclass(slots=True)
class Selected(Generic[Times_co]):
    """A selection's tally over the whole run, and over each window that holds any sample (number -> tally)."""

    whole: Tally[Times_co]
    windows: Mapping[int, Tally[Times_co]] = field(default_factory=dict)
