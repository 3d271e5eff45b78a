"""Traffic that was measured: samples packed as the engine packs them, folded by the real recorder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, ITERATION, REQUEST, ROUTE_SHIFT, Outcome
from loadsim.objectives import Objective, Observed, evaluate, parse_objective
from loadsim.profiles import Phase
from loadsim.record import ObjectiveRecord

ROUTES = ("GET /", "GET /items/:id")
POOLS = {"web": ("web-1", "web-2"), "db": ("db-1",)}
BACKENDS = ("web-1", "web-2", "db-1")
CLASSES = ("light", "heavy")
ORIGIN = 1000.0


@dataclass(frozen=True)
class Visit:
    """An iteration of one request: when it was due, how long it took, and what came of it."""

    due: float
    took_s: float = 0.01
    waited_s: float = 0.0
    outcome: int = Outcome.OK
    route: int = 1
    backend: int = 1
    visitor_class: int = 0

    def frames(self) -> bytes:
        due = ORIGIN + self.due
        started, ended = due + self.waited_s, due + self.waited_s + self.took_s
        of_class = self.visitor_class << CLASS_SHIFT
        iteration = ITERATION.pack(of_class | self.outcome, due, started, ended, 0.0, self.waited_s)
        if self.outcome == Outcome.DROPPED:
            return iteration
        key = of_class | self.outcome | self.backend << BACKEND_SHIFT | self.route << ROUTE_SHIFT
        return REQUEST.pack(key, due, started, ended, 100, 50) + iteration


def evenly(
    count: int,
    duration_s: float = 60.0,
    start_s: float = 0.0,
    *,
    took_s: float = 0.01,
    waited_s: float = 0.0,
    **numbers: int,
) -> list[Visit]:
    """Return visits spread evenly over [start_s, start_s + duration_s); ``numbers`` are outcome, route and so on."""
    dues = (start_s + duration_s * n / count for n in range(count))
    return [Visit(due, took_s, waited_s, **numbers) for due in dues]


def observed(
    visits: Iterable[Visit],
    objectives: Sequence[Objective],
    *,
    duration_s: float = 60.0,
    closed: bool = False,
    jain: dict[str, float | None] | None = None,
    shares: dict[str, dict[str, float]] | None = None,
    recoveries: Sequence[float | None] = (),
    until_s: float | None = None,
) -> Observed:
    """Return what a run of these visits gives to judge the objectives by."""
    recorder = Recorder(
        origin=ORIGIN,
        duration_s=duration_s,
        phases=[Phase("base", 0.0, duration_s / 2), Phase("spike", duration_s / 2, duration_s)],
        classes=CLASSES,
        model="closed" if closed else "open",
        pools=POOLS,
        selections=[objective.selection() for objective in objectives],
    )
    recorder.names(ROUTES, BACKENDS)
    recorder.add(b"".join(visit.frames() for visit in visits))
    return Observed(
        duration_s=duration_s,
        selected=recorder.selected,
        jain=jain or {},
        shares=shares or {},
        recoveries=recoveries,
        seen={
            "route": ROUTES,
            "backend": BACKENDS,
            "pool": ["all", *POOLS],
            "phase": ["base", "spike"],
            "class": CLASSES,
            "outcome": ["ok", "http_503"],
        },
        until_s=until_s,
    )


def judged(text: str, visits: Iterable[Visit] = (), **also: object) -> ObjectiveRecord:
    """Return how the objective stands after these visits."""
    objective = parse_objective(text)
    return evaluate(objective, observed(visits, [objective], **also))  # type: ignore[arg-type] # passed on as given
