"""The tables of a report as data: titles, columns, rows of cells with what to show and what to sort by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loadsim.errors import SpecError
from loadsim.objectives import Unit, parse_objective
from loadsim.record import BusCalls, BusJobs, Calibration, ObjectiveRecord, Quantiles, RunRecord
from loadsim.report.figures import all_good
from loadsim.report.rundata import RunData
from loadsim.report.text import UNKNOWN, age, amount, clock, counted, length, natural, rate, seconds, share, visible
from loadsim.units import format_size

_UNIT = re.compile(r"_(?:s|bytes)$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, what it sorts by (None sorts last), and a tone where it is good or bad news.

    ``role`` is the colour of the series that the row stands for.
    """

    text: str
    sort: float | str | None = None
    tone: str = ""
    role: str = ""


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


_SAMPLES = {"p90": 10, "p99": 100, "p99_9": 1000}
"""How many values it takes for one to lie beyond the percentile."""
_FEW = "A percentile takes enough values for one to lie beyond it: p90 ten, p99 a hundred."


def tables(run: RunData) -> list[Table]:
    """Return the tables that have rows, in the order of the report."""
    made = (
        objectives,
        phases,
        faults,
        routes,
        tiers,
        backends,
        counts,
        bus,
        classes,
        outcomes,
        recoveries,
        consistency,
        counters,
        replicas,
        caching,
        workers,
        processes,
    )
    return [table for make in made if (table := make(run)).rows]


def objectives(run: RunData) -> Table:
    """Bounds, what was observed, and how near it came."""
    rows = tuple(
        (
            Cell(visible(o.expression)),
            Cell(o.verdict, o.verdict, o.verdict),
            Cell(objective_value(o, o.observed), o.observed),
            Cell(objective_value(o, o.bound), o.bound),
            Cell(nearness(o), _ratio(o)),
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
    return _table("routes", "latency", "Routes", columns, rows, f"p50 to max are of {word} time. {_FEW}")


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


def counts(run: RunData) -> Table:
    """Return how many requests each backend got, by each who knows."""
    rows = tuple(
        (Cell(visible(name)), *(Cell(UNKNOWN if n is None else f"{n:,}", n) for n in (c.client, c.balancer, c.server)))
        for name, c in sorted(run.record.counts.items(), key=lambda item: natural(item[0]))
    )
    columns = ("Backend", "Client", "Balancer", "Server itself")
    note = "All that was sent, for the warm-up too. Calls between services are in the balancer's count alone."
    return _table("counts", "balance", "Requests, by who counted them", columns, rows, note)


def consistency(run: RunData) -> Table:
    """Return what became of reads after a write, of versions written, and of updates."""
    found = run.record.consistency
    rows: list[tuple[Cell, ...]] = []
    if found is not None and found.reads:
        rows.append(_of("Stale reads, by age", found.stale, found.reads, found.staleness_s, bad=True))
    if found is not None and found.versions:
        seen = found.versions - found.never_seen
        rows.append(_of("Versions seen, by how long it took", seen, found.versions, found.visible_after_s))
        rows.append(_of("Versions never seen", found.never_seen, found.versions, bad=True))
    if found is not None and found.updates and found.lost_updates is not None:
        rows.append(_of("Lost updates", found.lost_updates, found.updates, bad=True))
    if found is not None and found.sold and found.oversold is not None:
        rows.append(_of("Sold without being there", found.oversold, found.sold, bad=True))
    columns = ("What", "How many", "Of", "Share", "p50", "p90", "p99", "Max")
    note = (
        "A read is stale if it began after a write was answered and does not show it; its age is the time since that "
        "answer. A version that was never seen ranks above every time."
    )
    return _table("consistency", "consistency", "Old data and lost changes", columns, tuple(rows), note)


def _of(what: str, count: float, of: float, times: Quantiles | None = None, *, bad: bool = False) -> tuple[Cell, ...]:
    """Return a row: how many of how many, and their times if they have any."""
    known = times is not None and times.count
    return (
        Cell(what),
        Cell(amount(count), count, "fail" if bad and count else ""),
        Cell(amount(of), of),
        Cell(share(count / of), count / of),
        *(time_cell(times, name) if times and known else Cell(UNKNOWN) for name in ("p50", "p90", "p99", "max")),
    )


def counters(run: RunData) -> Table:
    """Return the numbers that the run changed, one by one."""
    found = run.record.consistency.counters if run.record.consistency else []
    rows = tuple(
        (
            Cell(visible(c.name)),
            *(Cell(UNKNOWN if value is None else amount(value), value) for value in (c.before, c.adds, c.after)),
            _count(c.acknowledged),
            _count(c.refused),
            _count(c.uncertain),
            Cell(UNKNOWN) if c.lost is None else _bad(c.lost),
            Cell(UNKNOWN if c.oversold is None else amount(c.oversold), c.oversold, "fail" if c.oversold else ""),
        )
        for c in found
    )
    columns = ("Number", "Before", "Changed by", "After", "Acknowledged", "Refused", "Uncertain", "Lost", "Oversold")
    note = "Acknowledged changes that are not in the number are lost. Of uncertain ones no answer said yes or no."
    return _table("counters", "consistency", "Numbers that were changed", columns, rows, note)


def replicas(run: RunData) -> Table:
    """Return how far the database's replicas were behind."""
    rows = tuple(
        (
            Cell(visible(r.name)),
            Cell(seconds(r.lag_mean_s), r.lag_mean_s),
            Cell(seconds(r.lag_max_s), r.lag_max_s),
            Cell(UNKNOWN if r.log_max_bytes is None else format_size(r.log_max_bytes), r.log_max_bytes),
        )
        for r in run.record.replicas
    )
    columns = ("Replica", "Lag mean", "Lag at most", "Log not applied, at most")
    return _table("replicas", "consistency", "Replicas", columns, rows, "As PostgreSQL tells it, once a second.")


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
    """How requests ended, with the first example of each failure in words; no rows where all were good."""
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
        "outcomes", "errors", "Outcomes", ("Outcome", "Requests", "Share", "First example"),
        () if all_good(run.record) else rows, text=(0, 3),
    )  # fmt: skip


def recoveries(run: RunData) -> Table:
    """How long it took after each event until response time was back."""
    rows = tuple(
        (
            Cell(visible(r.cause)),
            Cell(clock(r.start_s), r.start_s),
            Cell(_recovered(r.recovery_s), r.recovery_s),
        )
        for r in run.record.recoveries
    )
    return _table(
        "recoveries", "latency", "Recoveries", ("Event", "Began", "Recovered after"), rows,
        "Recovered: p99 by second within 1.25 times the highest of the 10 s before the event, for 5 s. Not felt: it "
        "never left that range.",
    )  # fmt: skip


def _recovered(after_s: float | None) -> str:
    if after_s is None:
        return "not in this run"
    return seconds(after_s) if after_s else "not felt"


def faults(run: RunData) -> Table:
    """Return what was done to the target, to whom, and when."""
    rows = tuple(
        (
            Cell(visible(f.fault, 120)),
            Cell(visible(", ".join(f.on)) or UNKNOWN),
            Cell("did not come about" if f.start_s is None else clock(f.start_s), f.start_s),
            Cell(UNKNOWN if f.end_s is None else clock(f.end_s), f.end_s),
        )
        for f in run.record.faults
    )
    return _table("faults", "load", "Faults", ("Fault", "On", "From", "To"), rows, text=(0, 1))


def workers(run: RunData) -> Table:
    """Return what each engine process says of itself, whatever that is."""
    told = run.record.workers
    names = list(dict.fromkeys(name for worker in told for name in worker))
    rows = tuple(
        (Cell(f"{number}"), *(_told(name, worker.get(name)) for name in names))
        for number, worker in enumerate(told, start=1)
    )
    columns = (
        "Worker",
        *(visible(_UNIT.sub("", name).replace("_", " ")).capitalize().replace("Cpu", "CPU") for name in names),
    )
    words = [i for i, name in enumerate(names, start=1) if any(isinstance(w.get(name), str) for w in told)]
    return _table("workers", "health", "Workers", columns, rows, text=(0, *words))


def _told(name: str, value: object) -> Cell:
    """Return a cell of a value whose unit its name says (``cpu``, ``late_start_p99_s``, ``sent_bytes``)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Cell(UNKNOWN if value is None else visible(str(value), 80))
    if name.endswith("_s"):
        return Cell(seconds(value), value)
    if name.endswith("_bytes"):
        return Cell(format_size(value), value)
    return Cell(share(value) if name.endswith(("cpu", "share")) else amount(value), value)


def tiers(run: RunData) -> Table:
    """Parts of the target's time, by its own account."""
    told = sorted((run.record.tiers or {}).items(), key=lambda item: -item[1].count * (item[1].time_s.mean or 0.0))
    rows = tuple(
        (
            Cell(visible(name, 60), name),
            _count(tier.count),
            Cell(UNKNOWN if tier.calls is None else f"{tier.calls / tier.count:.1f}", (tier.calls or 0) / tier.count),
            *_times(tier.time_s, ("mean", "p50", "p90", "p99", "max")),
        )
        for name, tier in told
    )
    return _table(
        "tiers",
        "latency",
        "Parts of the target's time",
        ("Part", "Answers", "Calls an answer", "Mean", "p50", "p90", "p99", "Max"),
        rows,
        "As the target tells in Server-Timing; a part may contain others.",
    )


def caching(run: RunData) -> Table:
    """Return what came from caches, by route."""
    found = run.record.caching
    told = sorted(found.routes.items(), key=lambda item: -item[1].answers) if found else []
    rows = tuple(
        (
            Cell(visible(name)),
            _count(cache.answers),
            _count(cache.hits),
            Cell(share(cache.hit_share), cache.hit_share),
            *(
                Cell(age(value), value)
                for value in (cache.age_s.p50, cache.age_s.p90, cache.age_s.p99, cache.age_s.max)
            ),
        )
        for name, cache in told
    )
    columns = ("Route", "Answers that told", "From a cache", "Share", "Age p50", "p90", "p99", "Max")
    note = (
        "As answers tell in Age, Cache-Status, X-Cache and the like. Ages are of what came from a cache, whole seconds."
    )
    return _table("caching", "caching", "Caches", columns, rows, note)


def bus(run: RunData) -> Table:
    """Return what became of the messages of the bus, by who counted it."""
    found = run.record.bus
    told = (*_bus_calls(found.calls), *_bus_jobs(found.jobs)) if found else ()
    rows = tuple((Cell(what), Cell(who), value) for what, who, value in told)
    note = "All that was sent, for the warm-up too. Both ends count, each for itself."
    return _table("bus", "errors", "Messages on the bus", ("What", "Counted by", "Count"), rows, note, text=(0, 1))


def _bus_calls(calls: BusCalls) -> tuple[tuple[str, str, Cell], ...]:
    if not calls.sent:
        return ()
    return (
        ("Calls", "who asked", _count(calls.sent)),
        ("answered in time", "who asked", _count(calls.answered)),
        ("refused: the queue was full", "who asked", _bad(calls.refused)),
        ("not sent: the bus failed", "who asked", _bad(calls.unreachable)),
        ("no reply by the deadline", "who asked", _bad(calls.missing)),
        ("of these dropped, as too late when taken", "who was asked", _bad(calls.expired)),
        ("done, and the reply could not be sent", "who was asked", _bad(calls.unanswered)),
        ("done, and the reply came too late", "who asked", _bad(calls.too_late)),
        ("in the queue at the end", "the queue", _count(calls.waiting)),
        ("vanished: neither end knows", "nobody", _bad(calls.vanished)),
    )


def _bus_jobs(jobs: BusJobs) -> tuple[tuple[str, str, Cell], ...]:
    if not jobs.sent:
        return ()
    times = tuple(
        (f"done after: {name}", "who does them", time_cell(jobs.done_after_s, name)) for name in ("p50", "p99", "max")
    )
    return (
        ("Jobs left for later", "who left them", _count(jobs.sent)),
        ("refused: the queue was full, or the bus failed", "who left them", _bad(jobs.refused)),
        ("done", "who does them", _count(jobs.done)),
        ("failed", "who does them", _bad(jobs.failed)),
        ("in the queue at the end", "the queue", _count(jobs.waiting)),
        ("vanished: neither end knows", "nobody", _bad(jobs.vanished)),
        *times,
    )


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
    cores = "; ".join(f"{name} on {', '.join(map(str, cpus)) or 'any'}" for name, cpus in m.cpus.items())
    pairs = [
        ("Run", m.id),
        ("Started", _moment(m.started_at)),
        ("Scenario", m.scenario),
        ("Target", m.target),
        ("Topology", m.topology or "the user's own"),
        ("Pools", "; ".join(f"{name}: {', '.join(backends)}" for name, backends in m.pools.items())),
        ("Model", f"{m.model}, {m.arrivals} arrivals" if m.model == "open" else m.model),
        ("Profile", m.profile),
        ("Duration", f"{length(m.duration_s)} after {length(m.warmup_s)} of warm-up"),
        ("Seed", str(m.seed)),
        ("Workers", counted(m.workers, "engine process", "engine processes")),
        ("Processor cores", cores),
        ("Machine", machine(m.host)),
        ("Its speed", _speed(m.calibration)),
        ("loadsim", m.loadsim),
    ]
    return [(name, visible(value)) for name, value in pairs if value]


def _speed(calibration: Calibration | None) -> str:
    """Say how long the fixed pieces of work took that are the same in every record."""
    if calibration is None:
        return ""
    return (
        f"a loop of Python {seconds(calibration.interpreter_s)}, "
        f"system calls {seconds(calibration.system_calls_s)} of CPU time"
    )


def _moment(rfc3339: str) -> str:
    """Write a time to the second, as people do; what is no time stays as it is."""
    try:
        return f"{datetime.fromisoformat(rfc3339).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return rfc3339


def machine(host: Mapping[str, object]) -> str:
    """Describe a machine: ``'AMD EPYC, 2 processors, 23.5 GiB of memory, Linux 6.1 (x86_64), Python 3.11.7'``."""
    known = {name: value for name, value in host.items() if isinstance(value, str | int | float)}
    cores, memory = known.get("cpu_count"), known.get("memory_bytes")
    system = " ".join(str(known[name]) for name in ("system", "release") if name in known)
    parts = [
        known.get("processor"),
        counted(cores, "processor") if isinstance(cores, int) else "",
        f"{format_size(memory)} of memory" if isinstance(memory, int | float) else "",
        f"{system} ({known['machine']})" if system and "machine" in known else system,
        f"Python {known['python']}" if "python" in known else "",
    ]
    return ", ".join(str(part) for part in parts if part)


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


def observed_value(objective: ObjectiveRecord) -> str:
    """Write what was observed; that there was no answer is said as such."""
    if objective.observed is None and objective.samples:
        return "no answer"
    return objective_value(objective, objective.observed)


def nearness(objective: ObjectiveRecord) -> str:
    """Write what was observed as a share of the bound."""
    ratio = _ratio(objective)
    return UNKNOWN if ratio is None else share(ratio)


def _main(run: RunData, response: Quantiles, service: Quantiles) -> Quantiles:
    return service if run.closed else response


def time_cell(q: Quantiles, name: str) -> Cell:
    """Return a quantile of times by name; one that falls on work without an answer says so.

    A percentile that no value lies beyond is none: it is the largest of a few, by another name.
    """
    value = getattr(q, name)
    if q.count < _SAMPLES.get(name, 1):
        return Cell(UNKNOWN)
    return Cell("no answer" if value is None and q.count and q.unanswered else seconds(value), value)


def _times(q: Quantiles, names: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(time_cell(q, name) for name in names)


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
