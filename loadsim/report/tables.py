"""The tables of a report as data: titles, columns, rows of cells with what to show and what to sort by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadsim.errors import SpecError
from loadsim.objectives import Unit, parse_objective
from loadsim.record import ObjectiveRecord, Quantiles, RunRecord
from loadsim.report.drawings.balance import natural
from loadsim.report.rundata import RunData
from loadsim.report.text import UNKNOWN, amount, clock, counted, rate, seconds, share, visible
from loadsim.units import format_size


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, what it sorts by (None sorts last), and a tone where it is good or bad news."""

    text: str
    sort: float | str | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the row, ``numeric`` says which columns are numbers."""

    key: str
    section: str
    title: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def tables(run: RunData) -> list[Table]:
    """Return the tables that have rows, in the order of the report."""
    made = (objectives, phases, routes, backends, classes, outcomes, recoveries, processes)
    return [table for make in made if (table := make(run)).rows]


def objectives(run: RunData) -> Table:
    """Bounds, what was observed, and how near it came."""
    rows = tuple(
        (
            Cell(visible(o.expression)),
            Cell(o.verdict, o.verdict, o.verdict),
            Cell(objective_value(o, o.observed), o.observed),
            Cell(objective_value(o, o.bound), o.bound),
            Cell(_nearness(o), _ratio(o)),
            _count(o.samples),
            Cell(visible(o.reason)),
        )
        for o in run.record.objectives
    )
    columns = ("Objective", "Verdict", "Observed", "Bound", "Of the bound", "Samples", "Why")
    return _table("objectives", "load", "Objectives", columns, rows, text=(0, 1, 6))


def phases(run: RunData) -> Table:
    """Return the named stretches of the profile."""
    rows = tuple(
        (
            Cell(visible(p.name)),
            Cell(f"{clock(p.start_s)} to {clock(p.end_s)}", p.start_s),
            Cell(rate(p.load.offered_rate), p.load.offered_rate),
            _count(p.load.scheduled),
            _count(p.load.completed),
            _bad(p.load.failed),
            _bad(p.load.dropped),
            *_times(p.response_time_s, ("p50", "p99", "max")),
        )
        for p in run.record.phases
    )
    columns = ("Phase", "When", "Offered", "Scheduled", "Completed", "Failed", "Dropped", "p50", "p99", "Max")
    return _table("phases", "load", "Phases", columns, rows if len(rows) > 1 else ())


def routes(run: RunData) -> Table:
    """Return requests by route."""
    ordered = sorted(run.record.routes.items(), key=lambda item: -item[1].count)
    rows = tuple(
        (
            Cell(visible(name)),
            _count(r.count),
            _bad(r.failed),
            *_times(_main(run, r.response_time_s, r.service_time_s), ("p50", "p90", "p99", "max")),
            *_times(r.service_time_s, ("p99",)),
        )
        for name, r in ordered
    )
    word = run.time_word
    columns = ("Route", "Requests", "Failed", "p50", "p90", "p99", "Max", "Service p99")
    return _table("routes", "latency", "Routes", columns, rows, f"p50 to max are of {word} time.")


def backends(run: RunData) -> Table:
    """Return requests by backend."""
    rows = tuple(
        (
            Cell(visible(name)),
            Cell(visible(b.pool or UNKNOWN)),
            _count(b.count),
            Cell(share(b.share), b.share),
            _bad(b.failed),
            *_times(_main(run, b.response_time_s, b.service_time_s), ("p50", "p90", "p99", "max")),
        )
        for name, b in sorted(run.record.backends.items(), key=lambda item: (item[1].pool or "", natural(item[0])))
    )
    columns = ("Backend", "Pool", "Requests", "Share", "Failed", "p50", "p90", "p99", "Max")
    return _table("backends", "balance", "Backends", columns, rows, text=(0, 1))


def classes(run: RunData) -> Table:
    """Return requests by class of visitor."""
    rows = tuple(
        (
            Cell(visible(name)),
            _count(c.count),
            _bad(c.failed),
            *_times(_main(run, c.response_time_s, c.service_time_s), ("p50", "p90", "p99", "max")),
        )
        for name, c in run.record.classes.items()
    )
    columns = ("Visitors", "Requests", "Failed", "p50", "p90", "p99", "Max")
    return _table("classes", "latency", "Visitor classes", columns, rows if len(rows) > 1 else ())


def outcomes(run: RunData) -> Table:
    """How requests ended, with the first example of each failure in words."""
    first = {error.outcome: error.first for error in run.record.errors}
    total = sum(run.record.outcomes.values())
    ordered = sorted(run.record.outcomes.items(), key=lambda item: (item[0] != "ok", -item[1]))
    rows = tuple(
        (
            Cell(visible(name), None, "" if name == "ok" else "fail"),
            _count(count),
            Cell(share(count / total), count / total),
            Cell(visible(first.get(name, ""))),
        )
        for name, count in ordered
        if count
    )
    return _table(
        "outcomes", "errors", "Outcomes", ("Outcome", "Requests", "Share", "First example"), rows, text=(0, 3)
    )


def recoveries(run: RunData) -> Table:
    """How long it took after each event until response time was back."""
    rows = tuple(
        (
            Cell(visible(r.cause)),
            Cell(clock(r.start_s), r.start_s),
            Cell("not in this run" if r.recovery_s is None else seconds(r.recovery_s), r.recovery_s),
        )
        for r in run.record.recoveries
    )
    return _table(
        "recoveries", "latency", "Recoveries", ("Event", "Began", "Recovered after"), rows,
        "Recovered: p99 by second within 1.25 times the highest of the 10 s before the event, for 5 s.",
    )  # fmt: skip


def processes(run: RunData) -> Table:
    """Return what the target's processes used."""
    rows = tuple(
        (
            Cell(visible(p.name)),
            Cell(share(p.cpu_mean), p.cpu_mean),
            Cell(share(p.cpu_max), p.cpu_max),
            Cell(UNKNOWN if p.memory_max_bytes is None else format_size(p.memory_max_bytes), p.memory_max_bytes),
        )
        for p in run.record.target_processes
    )
    columns = ("Process", "CPU mean", "CPU at most", "Memory at most")
    return _table("processes", "health", "Target processes", columns, rows, "CPU as a share of one core.")


def facts(record: RunRecord) -> list[tuple[str, str]]:
    """Return the manifest as pairs of name and value, to be read; the whole of it is in run.json."""
    m = record.manifest
    host = ", ".join(f"{key} {value}" for key, value in m.host.items() if isinstance(value, str | int | float))
    cores = "; ".join(f"{name} on {', '.join(map(str, cpus)) or 'any'}" for name, cpus in m.cpus.items())
    pairs = [
        ("Run", m.id),
        ("Started", m.started_at),
        ("Scenario", m.scenario),
        ("Target", m.target),
        ("Topology", m.topology or "the user's own"),
        ("Pools", "; ".join(f"{name}: {', '.join(backends)}" for name, backends in m.pools.items())),
        ("Model", f"{m.model}, {m.arrivals} arrivals" if m.model == "open" else m.model),
        ("Profile", m.profile),
        ("Duration", f"{seconds(m.duration_s)} after {seconds(m.warmup_s)} of warm-up"),
        ("Seed", str(m.seed)),
        ("Workers", counted(m.workers, "engine process", "engine processes")),
        ("Processor cores", cores),
        ("Machine", host),
        ("loadsim", m.loadsim),
    ]
    return [(name, visible(value)) for name, value in pairs if value]


def objective_value(objective: ObjectiveRecord, value: float | None) -> str:
    """Write a value in the unit of the objective's metric."""
    if value is None:
        return UNKNOWN
    writer = _writer(objective.expression)
    return writer(value)


def _writer(expression: str) -> Callable[[float], str]:
    try:
        unit = parse_objective(expression).metric.unit
    except SpecError:
        return amount
    return {Unit.DURATION: seconds, Unit.SHARE: share, Unit.RATE: rate}[unit]


def _ratio(objective: ObjectiveRecord) -> float | None:
    return objective.observed / objective.bound if objective.observed is not None and objective.bound else None


def _nearness(objective: ObjectiveRecord) -> str:
    ratio = _ratio(objective)
    return UNKNOWN if ratio is None else share(ratio)


def _main(run: RunData, response: Quantiles, service: Quantiles) -> Quantiles:
    return service if run.closed else response


def _times(q: Quantiles, names: Sequence[str]) -> tuple[Cell, ...]:
    values = [getattr(q, name) for name in names]
    return tuple(
        Cell("no answer" if value is None and q.count and q.unanswered else seconds(value), value) for value in values
    )


def _count(value: int) -> Cell:
    return Cell(f"{value:,}", value)


def _bad(value: int) -> Cell:
    return Cell(f"{value:,}", value, "fail" if value else "")


def _table(
    key: str,
    section: str,
    title: str,
    columns: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    note: str = "",
    *,
    text: Sequence[int] = (0,),
) -> Table:
    numeric = tuple(place not in text for place in range(len(columns)))
    return Table(key, section, title, columns, numeric, rows, note)
