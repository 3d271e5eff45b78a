"""What the generator could vouch for, and what the target's processes used."""

from __future__ import annotations

import numpy as np

from loadsim.measure.saturation import BUSY_CPU, LATE_START_FLOOR_S, LATE_START_SHARE
from loadsim.report import ticks
from loadsim.report.chart import Chart, Mark, Series
from loadsim.report.drawings.balance import backends_of
from loadsim.report.drawings.common import bands, few, highest
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import counted, seconds, share
from loadsim.units import format_size

_WORTH_DRAWING = 0.25
"""From this share of the target's cores on their number is drawn: on a large machine it would flatten the rest."""


def late_start_limit_s(run: RunData) -> float:
    """Return the contract's bound on the generator's lateness: 1 ms, or 5 % of the median response time."""
    p50 = run.main_time.p50
    return max(LATE_START_FLOOR_S, LATE_START_SHARE * (p50 or 0.0))


def generator_cpu(run: RunData) -> Chart | None:
    """How busy the generator was."""
    cpu = run.column("generator_cpu")
    top = highest(cpu)
    if top is None:
        return None
    return Chart(
        key="generator-cpu",
        section="health",
        title="Generator: processor",
        reading="Of one core. Near the line, the generator itself begins to be what is measured.",
        alt=f"Mean {share(run.record.load.generator_cpu)}, at most {share(top)} of one core; "
        f"{share(BUSY_CPU)} is the limit.",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("of one core", "share", cpu, at_least=1.0),
        xs=run.times_s,
        series=(Series("generator_cpu", "busiest worker", "good", cpu),),
        bands=bands(run),
        marks=(Mark("limit", BUSY_CPU),),
    )


def generator_late_start(run: RunData) -> Chart | None:
    """How late the generator started what was due."""
    late = run.column("late_start_p99_s")
    top = highest(late)
    if top is None or top <= 0:
        return None
    limit = late_start_limit_s(run)
    return Chart(
        key="generator-late-start",
        section="health",
        title="Generator: late start",
        reading="p99 of the time between when an arrival could start and when it did; the generator's own doing.",
        alt=f"p99 over the run {seconds(run.record.load.late_start_s.p99)}, in the worst second {seconds(top)}; "
        f"{seconds(limit)} is the limit.",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.logarithmic("late start p99", late, also=(limit,)),
        xs=run.times_s,
        series=(Series("late_start", "late start p99", "good", late),),
        bands=bands(run),
        marks=(Mark("limit over the run", limit),),
    )


def target_cpu(run: RunData) -> Chart | None:
    """Processor time of each of the target's processes, and of all together against the cores they have."""
    columns = {n: c for n, c in spread(run.processes, "process", "cpu", run.times_s).items() if np.isfinite(c).any()}
    if not columns:
        return None
    weights = {name: float(np.nansum(c)) for name, c in columns.items()}
    series = few(columns, weights, "other processes", first=backends_of(run))
    marks, together, cores = [], "", len(run.record.manifest.cpus.get("target", ()))
    total = run.column("target_cpu")
    top = highest(total)
    if top is not None and len(columns) > 1:
        series += (Series("all", "all of them", "expected", total, width=2.0),)
        together = f"; all of them {share(top)}"
    if top is not None and cores and top >= cores * _WORTH_DRAWING:
        marks.append(Mark("the target's core" if cores == 1 else f"the target's {cores} cores", float(cores)))
    return Chart(
        key="target-cpu",
        section="health",
        title="Target: processor",
        reading="Of one core. A process at 100 % does nothing but work, and all together can do no more than their "
        "cores: what is full limits the system.",
        alt="At most: "
        + "; ".join(f"{s.label} {share(highest(s.values))}" for s in series if s.key != "all")
        + f"{together} of one core"
        + (f"; the target has {counted(cores, 'core')}." if cores else "."),
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear(
            "of one core",
            "share",
            np.concatenate([s.values for s in series]),
            at_least=max((mark.at for mark in marks), default=0.0),
        ),
        xs=run.times_s,
        series=series,
        bands=bands(run),
        marks=tuple(marks),
    )


def target_memory(run: RunData) -> Chart | None:
    """Resident memory of each of the target's processes."""
    columns = spread(run.processes, "process", "memory_bytes", run.times_s)
    columns = {name: column for name, column in columns.items() if np.isfinite(column).any()}
    if not columns:
        return None
    weights = {name: float(np.nanmax(c)) for name, c in columns.items()}
    series = few(columns, weights, "other processes", first=backends_of(run))
    return Chart(
        key="target-memory",
        section="health",
        title="Target: memory",
        reading="Resident memory of each process. A line that only climbs is a leak, or a cache that fills.",
        alt="At most: " + "; ".join(f"{s.label} {format_size(highest(s.values) or 0)}" for s in series) + ".",
        kind="time",
        x=ticks.clocked(float(run.times_s[-1]) + 1),
        y=ticks.linear("resident", "bytes", np.concatenate([s.values for s in series])),
        xs=run.times_s,
        series=series,
        bands=bands(run),
    )
