"""Which part of a record a selection asks about, and what ``run.json`` knows of it.

A record keeps marginals (by route, by backend, by class, by phase) and not their product: a selection names one of
them, or the record cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from loadsim.measure.sample import NO_BACKEND
from loadsim.measure.selection import Selection
from loadsim.objectives.times import UntoldError
from loadsim.record import BackendRecord, ClassRecord, PhaseRecord, Quantiles, RouteRecord, RunRecord

Span = tuple[float, float]
"""From when to when, in profile time."""

_NOTHING = Quantiles()


@dataclass(frozen=True, slots=True)
class Iterations:
    """Iterations of a part, and what became of them."""

    scheduled: int
    completed: int
    failed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Part:
    """Everything, or what has these names in one marginal: ``key`` is 'route', 'backend', 'class' or 'phase'."""

    record: RunRecord
    key: str = ""
    names: tuple[str, ...] = ()

    @property
    def phases(self) -> list[PhaseRecord]:
        """Return the phases of these names."""
        return [phase for phase in self.record.phases if self.key == "phase" and phase.name in self.names]

    @property
    def spans(self) -> list[Span]:
        """Return when these phases were, those that meet as one. After the last of the run nothing is due any more."""
        spans: list[Span] = []
        for phase in self.phases:
            start_s = spans.pop()[0] if spans and spans[-1][1] == phase.start_s else phase.start_s
            spans.append((start_s, phase.end_s if phase.end_s < self.record.manifest.duration_s else math.inf))
        return spans

    @property
    def tags(self) -> list[dict[str, str]]:
        """Return the tags that its lines in the log have beside the metric; those of a phase are everything's."""
        return [{self.key: name} for name in self.names] if self._marginals else [{}]

    def requests(self) -> tuple[int, int] | None:
        """Return how many requests there were, and how many of them failed; None of a phase, which due.csv tells."""
        if self.key == "phase":
            return None
        if not self.key:
            return self.record.requests.count, self.record.requests.failed
        return sum(each.count for each in self._marginals), sum(each.failed for each in self._marginals)

    def iterations(self) -> Iterations:
        """Return what became of its iterations, without those of a worker that vanished, of which nothing is known."""
        if self._marginals:
            raise UntoldError(f"the record does not tell iterations apart by {self.key}")
        loads = [phase.load for phase in self.phases] if self.key else [self.record.load]
        return Iterations(
            scheduled=sum(load.scheduled - load.lost for load in loads),
            completed=sum(load.completed for load in loads),
            failed=sum(load.failed for load in loads),
            dropped=sum(load.dropped for load in loads),
        )

    def times(self, name: str) -> list[Quantiles] | None:
        """Return 'response', 'service' or 'iteration' times of each name; None where run.json keeps none."""
        if self.key == "phase":
            return [phase.response_time_s for phase in self.phases] if name == "response" else None
        field = f"{name}_time_s"
        if not self.key:
            return [getattr(self.record, field) or _NOTHING]
        if name == "iteration":
            raise UntoldError(f"the record does not tell iterations apart by {self.key}")
        return [getattr(each, field) for each in self._marginals]

    @property
    def _marginals(self) -> list[RouteRecord | BackendRecord | ClassRecord]:
        kept: dict[str, Mapping[str, RouteRecord | BackendRecord | ClassRecord]] = {
            "route": self.record.routes,
            "backend": self.record.backends,
            "class": self.record.classes,
        }
        return [kept[self.key][name] for name in self.names] if self.key in kept else []


def part_of(record: RunRecord, selection: Selection) -> Part | None:
    """Return the part that a selection asks about; None if it names what never was. UntoldError if it combines two."""
    named: dict[str, tuple[str, ...]] = {}
    for key, glob, known in (
        ("route", selection.route, record.routes),
        ("backend", selection.backend, record.backends),
        ("phase", selection.phase, [phase.name for phase in record.phases]),
        ("class", selection.visitor_class, record.classes),
        ("outcome", selection.outcome, record.outcomes),
    ):
        if glob is not None:
            named[key] = tuple(name for name in dict.fromkeys(known) if _matches(name, glob))
    if selection.pool is not None:
        among = named.get("backend", tuple(record.backends))
        named["backend"] = tuple(_of_pool(record, among, selection.pool))
    if not all(named.values()):
        return None
    if "outcome" in named:
        raise UntoldError("the record keeps no times by outcome")
    if len(named) > 1:
        raise UntoldError(f"the record tells apart by {' and by '.join(named)}, not by both together")
    return next((Part(record, key, names) for key, names in named.items()), Part(record))


def _of_pool(record: RunRecord, backends: Iterable[str], glob: str) -> Iterable[str]:
    for name in backends:
        pool = record.backends[name].pool
        if pool is not None and (_matches(pool, glob) or (glob == "all" and name != NO_BACKEND)):
            yield name


def _matches(name: str, glob: str) -> bool:
    return name == glob or fnmatchcase(name, glob)
