"""The tables of several runs: what each is, and how the others differ from the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from loadsim.record import BackendRecord, ClassRecord, RouteRecord
from loadsim.report.drawings.balance import backends_of
from loadsim.report.figures import verdict
from loadsim.report.overlay.runs import Laid
from loadsim.report.rundata import RunData
from loadsim.report.tables import Cell, Table, machine, time_cell
from loadsim.report.text import UNKNOWN, length, natural, rate, share, visible

PLAINLY = (
    "These are differences of single runs: chance makes some of them, and nothing here says which. "
    "'loadsim compare' repeats both and tells which differences hold."
)
_FAR = 3.0
"""From this many times as much a difference is written as a factor, not in per cent."""


def relative(base: float, other: float) -> Cell:
    """Tell a difference in per cent of the first run's value, a great one as a factor."""
    if not base:
        return Cell(UNKNOWN) if other else Cell("0 %", 0.0)
    change = other / base - 1
    return Cell(f"{other / base:.1f} times" if change >= _FAR - 1 else f"{_signed(change * 100, 3)} %", change)


def in_points(base: float, other: float) -> Cell:
    """Tell a difference of shares in percentage points: the ratio of two small shares would shout."""
    return Cell(f"{_signed((other - base) * 100, 2)} points", other - base)


def plain(base: float, other: float) -> Cell:
    """Tell a difference as it is."""
    return Cell(_signed(other - base, 3), other - base)


def _signed(value: float, decimals: int) -> str:
    """Write a number with its sign, to three digits and no finer than that many decimals."""
    size = abs(value)
    text = f"{size:.{min(decimals, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)}f}"
    return "0" if not float(text) else ("+" if value > 0 else "−") + text


Told = Callable[[float, float], Cell]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that runs are held against each other by: how to read it, and how its difference is told."""

    name: str
    cell: Callable[[RunData], Cell]
    told: Told = relative


def runs(laid: Sequence[Laid]) -> Table:
    """Return what was run against what, and the figures that matter."""
    rows = tuple(_run(one) for one in laid)
    columns = ("Run", "What", "Target", "Offered", "Achieved", "p50", "p99", "Errors", "Fairness", "Verdict")
    numeric = (False, False, False, True, True, True, True, True, True, False)
    word = laid[0].run.time_word
    return Table("runs", "", "Runs", columns, numeric, rows, f"p50 and p99 are of {word} time. {PLAINLY}")


def _run(one: Laid) -> tuple[Cell, ...]:
    run, manifest, judged = one.run, one.run.record.manifest, verdict(one.run.record)
    return (
        Cell(one.label, role=one.role),
        Cell(visible(f"{manifest.scenario}, {manifest.profile}, {length(manifest.duration_s)}")),
        Cell(visible(manifest.topology or manifest.target)),
        _offered(run),
        _achieved(run),
        _quantile("p50")(run),
        _quantile("p99")(run),
        _errors(run),
        _jain(run),
        Cell(judged.word, tone=judged.tone),
    )


def settings(laid: Sequence[Laid]) -> Table:
    """Return how the runs were made, where they were not made alike."""
    told = [_told(one.run) for one in laid]
    names = list(dict.fromkeys(name for each in told for name in each))
    rows = tuple(
        (Cell(visible(name.replace("_", " "))), *(Cell(visible(each.get(name, UNKNOWN), 80)) for each in told))
        for name in names
        if len({each.get(name) for each in told}) > 1
    )
    columns = ("Setting", *(one.label for one in laid))
    return Table("settings", "differences", "Made differently", columns, (False,) * len(columns), rows)


def _told(run: RunData) -> dict[str, str]:
    m = run.record.manifest
    of_the_user = {} if m.topology else {"target": m.target}  # a bundled one has another port each time
    chosen: Mapping[str, object] = {
        "scenario": m.scenario, "topology": m.topology or UNKNOWN, **of_the_user, "model": m.model,
        "profile": m.profile, "arrivals": m.arrivals, "duration": length(m.duration_s),
        "warm-up": length(m.warmup_s), "seed": m.seed, "workers": m.workers, "cores": m.cpus,
        "machine": machine(m.host), "loadsim": m.loadsim, **m.settings,
    }  # fmt: skip
    return {name: v if isinstance(v, str) else msgspec.json.encode(v).decode() for name, v in chosen.items()}


def differences(laid: Sequence[Laid]) -> Table:
    """Rates, times, failures and fairness of each run, and how they differ from the first run's."""
    rows = tuple((Cell(m.name), *_beside(m, [one.run for one in laid])) for m in _measures(laid[0].run))
    columns = ("Figure", *_heads(laid, ""))
    return Table("differences", "differences", f"Against {laid[0].label}", columns, _numeric(columns), rows, PLAINLY)


def _measures(first: RunData) -> list[Measure]:
    word = first.time_word
    measures = [Measure("Offered rate", _offered), Measure("Achieved rate", _achieved)]
    measures += [Measure(f"{word.capitalize()} time {q}", _quantile(q)) for q in ("p50", "p90", "p99", "p99_9", "max")]
    if not first.closed:
        measures += [Measure(f"Service time {q}", _service(q)) for q in ("p50", "p99")]
    measures = [Measure(m.name.replace("p99_9", "p99.9"), m.cell) for m in measures]
    return [
        *measures,
        Measure("Error rate", _errors, in_points),
        Measure("Dropped, aborted or lost", _unserved, in_points),
        Measure("Fairness (Jain)", _jain, plain),
    ]


def by_class(laid: Sequence[Laid]) -> Table:
    """Return each class of visitors' times and failures in each run; no rows where there is one class only."""
    parts = [one.run.record.classes for one in laid]
    names = list(dict.fromkeys(name for part in parts for name in part))
    return _by_part("classes", "latency", "Visitors", "Class", laid, names if len(names) > 1 else (), parts)


def by_route(laid: Sequence[Laid]) -> Table:
    """Return each route's share of failures and times in each run."""
    parts = [one.run.record.routes for one in laid]
    count = {name: max(part[name].count if name in part else 0 for part in parts) for part in parts for name in part}
    names = sorted(count, key=lambda name: (-count[name], natural(name)))
    return _by_part("routes", "latency", "Routes", "Route", laid, names, parts)


def by_backend(laid: Sequence[Laid]) -> Table:
    """Return each backend's times and failures in each run."""
    parts = [backends_of(one.run) for one in laid]
    names = sorted({name for part in parts for name in part}, key=natural)
    return _by_part("backends", "balance", "Backends", "Backend", laid, names, parts)


def overlay_tables(laid: Sequence[Laid]) -> list[Table]:
    """Return the tables that have rows, in the order of the report; ``runs`` stands before them all."""
    return [table for make in (differences, settings, by_class, by_route, by_backend) if (table := make(laid)).rows]


Part = ClassRecord | RouteRecord | BackendRecord


def _by_part(
    key: str,
    section: str,
    title: str,
    named: str,
    laid: Sequence[Laid],
    names: Sequence[str],
    parts: Sequence[Mapping[str, Part]],
) -> Table:
    closed = laid[0].run.closed
    rows = []
    for name in names:
        found = [part.get(name) for part in parts]
        p50, p99 = ([_part_time(part, q, closed=closed) for part in found] for q in ("p50", "p99"))
        failed = [_part_failures(part) for part in found]
        rows.append((Cell(visible(name)), *_row(p50, relative), *_row(p99, relative), *_row(failed, in_points)))
    columns = (named, *_heads(laid, "p50 "), *_heads(laid, "p99 "), *_heads(laid, "failed "))
    note = f"p50 and p99 are of {laid[0].run.time_word} time."
    return Table(key, section, title, columns, _numeric(columns), tuple(rows), note)


def _part_time(part: Part | None, quantile: str, *, closed: bool) -> Cell:
    if part is None:
        return Cell(UNKNOWN)
    return time_cell(part.service_time_s if closed else part.response_time_s, quantile)


def _part_failures(part: Part | None) -> Cell:
    if part is None or not part.count:
        return Cell(UNKNOWN)
    return _share(part.failed / part.count)


def _heads(laid: Sequence[Laid], what: str) -> list[str]:
    """Return the heads of a figure's columns: the first run's, and each other's with its difference."""
    if len(laid) == 2:
        return [what + laid[0].label, what + laid[1].label, f"{what}difference" if what else "Difference"]
    heads = [what + laid[0].label]
    for one in laid[1:]:
        heads += [what + one.label, f"{what}{one.label}, difference"]
    return heads


def _numeric(columns: Sequence[str]) -> tuple[bool, ...]:
    return tuple(place > 0 for place in range(len(columns)))


def _beside(measure: Measure, found: Sequence[RunData]) -> list[Cell]:
    return _row([measure.cell(run) for run in found], measure.told)


def _row(cells: Sequence[Cell], told: Told) -> list[Cell]:
    """Return the first run's cell, and each other's with its difference from it; unknown where one of them is."""
    first, *others = cells
    row = [first]
    for cell in others:
        known = isinstance(first.sort, int | float) and isinstance(cell.sort, int | float)
        row += [cell, told(float(first.sort or 0), float(cell.sort or 0)) if known else Cell(UNKNOWN)]
    return row


def _offered(run: RunData) -> Cell:
    return Cell(rate(run.record.load.offered_rate), run.record.load.offered_rate)


def _achieved(run: RunData) -> Cell:
    return Cell(rate(run.record.load.achieved_rate), run.record.load.achieved_rate)


def _quantile(name: str) -> Callable[[RunData], Cell]:
    return lambda run: time_cell(run.main_time, name)


def _service(name: str) -> Callable[[RunData], Cell]:
    return lambda run: time_cell(run.record.service_time_s, name)


def _errors(run: RunData) -> Cell:
    requests = run.record.requests
    cell = _share(requests.failed / requests.count) if requests.count else Cell(UNKNOWN)
    return Cell(cell.text, cell.sort, "fail" if requests.failed else "")


def _unserved(run: RunData) -> Cell:
    load = run.record.load
    return _share((load.dropped + load.aborted + load.lost) / load.scheduled) if load.scheduled else Cell(UNKNOWN)


def _jain(run: RunData) -> Cell:
    entry = run.record.balance.get("all")
    jain = entry.jain if entry is not None and entry.backends > 1 else None
    return Cell(UNKNOWN if jain is None else f"{jain:.3f}", jain)


def _share(value: float) -> Cell:
    return Cell(share(value), value)
