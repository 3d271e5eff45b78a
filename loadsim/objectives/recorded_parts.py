"""Which part of a record a selection asks about, and what ``run.json`` knows of it.

A record keeps marginals (by route, by backend, by class, by phase) and not their product: a selection names one of
them, or the record cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from loadsim.measure.sample import NO_BACKEND
from loadsim.measure.selection import Selection
from loadsim.objectives.times import UntoldError
from loadsim.record import BackendRecord, ClassRecord, PhaseRecord, Quantiles, RouteRecord, RunRecord

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
    def tags(self) -> list[dict[str, str]]:
        """Return the tags that its lines in the log have beside the metric; those of a phase are everything's."""
        return [{self.key: name} for name in self.names] if self._marginals else [{}]

    def requests(self) -> tuple[int, int]:
        """Return how many requests there were, and how many of them failed."""
        record = self.record
        if self._marginals:
            return sum(each.count for each in self._marginals), sum(each.failed for each in self._marginals)
        if not self.key:
            return record.requests.count, record.requests.failed
        if record.requests.failed:
            raise UntoldError(f"{record.requests.failed:,} requests failed, and the record does not say in which phase")
        return sum(_requests_of(record, phase) for phase in self.phases), 0

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

    def times(self, name: str) -> list[Quantiles]:
        """Return 'response', 'service' or 'iteration' times of each name.

        Where the record keeps none, of a phase, there is only how many there were: see :meth:`has_quantiles`.
        """
        field = f"{name}_time_s"
        if self._marginals:
            if name == "iteration":
                raise UntoldError(f"the record does not tell iterations apart by {self.key}")
            return [getattr(each, field) for each in self._marginals]
        if not self.key:
            return [getattr(self.record, field) or _NOTHING]
        return [_times_of(self.record, phase, name) for phase in self.phases]

    def has_quantiles(self, name: str) -> bool:
        """Return whether the record keeps quantiles of these times for this part as one."""
        if self.key == "phase":
            return name == "response" and len(self.phases) == 1
        return not self.key or len(self.names) == 1

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


def _requests_of(record: RunRecord, phase: PhaseRecord) -> int:
    """Return how many requests were due in a phase: those with a response time, less arrivals that nobody served."""
    if record.manifest.model == "closed":
        raise UntoldError("in the closed model nothing is due, and the record does not tell requests apart by phase")
    return phase.response_time_s.count - phase.load.dropped


def _times_of(record: RunRecord, phase: PhaseRecord, name: str) -> Quantiles:
    if name == "response":
        return phase.response_time_s
    if name == "service":
        return Quantiles(
            count=_requests_of(record, phase), unanswered=phase.response_time_s.unanswered - phase.load.dropped
        )
    if record.iteration_time_s.unanswered:
        lost = f"{record.iteration_time_s.unanswered:,} iterations got no answer"
        raise UntoldError(f"{lost}, and the record does not say in which phase")
    return Quantiles(count=phase.load.scheduled)


def _matches(name: str, glob: str) -> bool:
    return name == glob or fnmatchcase(name, glob)
