"""Which row of the recorder's matrix of histograms is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadsim.measure.block import BACKENDS, ROUTES
from loadsim.measure.sample import NO_BACKEND, OTHER

ITERATION_TIME = 0
LATE_START = 1
BACKLOG_WAIT = 2
_FIRST_GROUP = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows, in order: three of iterations; response time by class, backend, route; service time so; response by phase.

    The first ``logged`` rows go to the histogram log. All requests together are the sum over the classes.
    ``classes`` and ``phases`` count the row for those that have no name.
    """

    classes: int
    phases: int

    @property
    def groups(self) -> int:
        """Rows that one kind of time takes: a group is a class, a backend or a route."""
        return self.classes + BACKENDS + ROUTES

    @property
    def response(self) -> int:
        """The first row of response times; its first ``classes`` rows are the classes'."""
        return _FIRST_GROUP

    @property
    def service(self) -> int:
        """The first row of service times."""
        return _FIRST_GROUP + self.groups

    @property
    def phase(self) -> int:
        """The first row of response times by phase."""
        return _FIRST_GROUP + 2 * self.groups

    @property
    def logged(self) -> int:
        """How many rows go to the histogram log."""
        return self.phase

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.phase + self.phases

    def backend_group(self, number: int) -> int:
        """Return the group of a backend."""
        return self.classes + number

    def route_group(self, number: int) -> int:
        """Return the group of a route."""
        return self.classes + BACKENDS + number

    def tags(self, row: int, names: Names) -> dict[str, str]:
        """Return what a logged row holds: ``{"metric": "response_time", "route": "GET /"}``."""
        if row < _FIRST_GROUP:
            return {"metric": ("iteration_time", "late_start", "backlog_wait")[row]}
        service, group = divmod(row - _FIRST_GROUP, self.groups)
        tags = {"metric": "service_time" if service else "response_time"}
        if group < self.classes:
            tags["class"] = names.visitor_class(group)
        elif group < self.classes + BACKENDS:
            tags["backend"] = names.backend(group - self.classes)
        else:
            tags["route"] = names.route(group - self.classes - BACKENDS)
        return tags


class Names:
    """Numbers in samples -> the names the engine announced, and which pool a backend belongs to.

    A backend that no pool declares belongs to the only pool there is, otherwise to none ("all" holds every backend).
    """

    def __init__(self, classes: Sequence[str], pools: Mapping[str, Sequence[str]]) -> None:
        self.classes = tuple(classes)
        self.pools = {pool: tuple(backends) for pool, backends in pools.items()}
        self.routes: list[str] = []
        self.backends: list[str] = []
        self._pool_of = {backend: pool for pool, backends in self.pools.items() for backend in backends}

    def route(self, number: int) -> str:
        """Return the name of a route, from 1."""
        return self.routes[number - 1] if 0 < number <= len(self.routes) else f"(route {number})"

    def backend(self, number: int) -> str:
        """Return the name of a backend, from 1; 0 is the answer that names none."""
        if not number:
            return NO_BACKEND
        return self.backends[number - 1] if number <= len(self.backends) else f"(backend {number})"

    def visitor_class(self, number: int) -> str:
        """Return the name of a class, from 0."""
        return self.classes[number] if number < len(self.classes) else OTHER

    def pool(self, backend: str) -> str | None:
        """Return the pool of a backend; None for answers that name no backend."""
        if backend == NO_BACKEND:
            return None
        known = self._pool_of.get(backend)
        return known if known else next(iter(self.pools)) if len(self.pools) == 1 else "all"
