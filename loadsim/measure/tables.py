"""The recorder's series as tables: what the CSV files of a run directory hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loadsim.measure import seconds as columns
from loadsim.measure.caching import Second
from loadsim.measure.consistency import Seen
from loadsim.measure.histogram import FloatArray
from loadsim.measure.own_account import LAG_S, LOG_BYTES
from loadsim.measure.per_second import held
from loadsim.measure.phases import DRAIN
from loadsim.measure.recorder import Recorder
from loadsim.measure.table import Column, Table

HELD_S = 2
_TIMES = {
    "response_p50_s": columns.RESPONSE_P50,
    "response_p90_s": columns.RESPONSE_P90,
    "response_p99_s": columns.RESPONSE_P99,
    "response_max_s": columns.RESPONSE_MAX,
    "service_p50_s": columns.SERVICE_P50,
    "service_p90_s": columns.SERVICE_P90,
    "service_p99_s": columns.SERVICE_P99,
    "service_max_s": columns.SERVICE_MAX,
    "late_start_p99_s": columns.LATE_START_P99,
}
_EVENTS = {
    "offered": columns.OFFERED,
    "started": columns.STARTED,
    "completed": columns.COMPLETED,
    "failed": columns.FAILED_ITERATIONS,
    "dropped": columns.DROPPED,
    "aborted": columns.ABORTED,
}


def series_table(recorder: Recorder) -> Table:
    """Return a row a second, through the drain to the last event.

    Iterations are counted in the second in which each thing happened: offered when due, started when started, the
    others when ended; so each column's sum is the run's total. Response and service times are of requests, in the
    second in which they were due; an empty percentile fell on work without an answer, or nothing was due.
    ``generator_cpu`` and ``target_cpu`` are shares of one core; the target's is the sum of its processes.
    """
    seconds, count = recorder.seconds, recorder.seconds.count
    events, times, gauges = seconds.events.rows(count), seconds.times.rows(count), seconds.gauges.rows(count)
    names = [DRAIN if second >= recorder.duration_s else recorder.phases.name(second) for second in range(count)]
    table: dict[str, Column] = {"time_s": np.arange(count), "phase": names}
    table |= {name: events[:, column] for name, column in _EVENTS.items()}
    table |= {"in_flight": gauges[:, columns.IN_FLIGHT], "backlog": gauges[:, columns.BACKLOG]}
    table |= {name: times[:, column] for name, column in _TIMES.items()}
    table |= {"generator_cpu": recorder.engine_cpu.rates(count), "target_cpu": target_cpu(recorder, count)}
    return Table(table)


def due_table(recorder: Recorder) -> Table:
    """Return a row for every second in which work was due: requests and iterations, and what became of them."""
    columns: dict[str, Column] = {"time_s": np.arange(recorder.due.seconds)}
    return Table(columns | recorder.due.columns())


def target_cpu(recorder: Recorder, count: int) -> FloatArray:
    """Return the cores that the target's processes used together in each second; nan where none was seen."""
    rates = [meter.rates(count) for meter, _ in recorder.processes.values()]
    if not rates:
        return np.full(count, np.nan)
    known = ~np.isnan(rates)
    return np.where(known.any(axis=0), np.where(known, rates, 0.0).sum(axis=0), np.nan)


def backends_table(recorder: Recorder) -> Table:
    """Return a row for every second and backend with requests: those that ended in it, and response times of those due.

    In the closed model there is no response time, and both percentiles are empty.
    """
    seconds, count = recorder.seconds, recorder.seconds.count
    width = len(recorder.known.backends) + 1
    ended = _wide(seconds.backends.rows(count), width, 0)
    failed = _wide(seconds.backend_failures.rows(count), width, 0)
    p50 = _wide(seconds.backend_p50.rows(count), width, np.nan)
    p99 = _wide(seconds.backend_p99.rows(count), width, np.nan)
    time, number = np.nonzero((ended > 0) | ~np.isnan(p50))
    names = [recorder.known.backend(n) for n in range(width)]
    pools = [recorder.known.pool(name) or "" for name in names]
    return Table(
        {
            "time_s": time,
            "pool": [pools[n] for n in number.tolist()],
            "backend": [names[n] for n in number.tolist()],
            "count": ended[time, number].astype(np.int64),
            "failed": failed[time, number].astype(np.int64),
            "p50_s": p50[time, number],
            "p99_s": p99[time, number],
        }
    )


def outcomes_table(recorder: Recorder) -> Table:
    """Return a row for every second and outcome that requests ended with in it."""
    names = recorder.marginals.kinds.names
    counts = recorder.seconds.outcomes.rows(recorder.seconds.count)
    time, kind = np.nonzero(counts)
    return Table({"time_s": time, "outcome": [names[k] for k in kind.tolist()], "count": counts[time, kind]})


def tiers_table(recorder: Recorder) -> Table:
    """Return a row for every second and part of the target's time: answers due then that named it, and its mean."""
    seconds, names, counts, means = list[int](), list[str](), list[int](), list[float]()
    for second in range(recorder.tiers.seconds):
        for name, part in recorder.tiers.parts.items():
            count, total_s = part.second(second)
            if count:
                seconds.append(second)
                names.append(name)
                counts.append(count)
                means.append(total_s / count)
    columns: dict[str, Column] = {"time_s": np.array(seconds, int), "tier": names, "count": np.array(counts, int)}
    return Table(columns | {"mean_s": np.array(means, float)})


def consistency_table(recorder: Recorder) -> Table:
    """Return a row a second: reads that began then and showed what had been written before, and stale ones."""
    counts = recorder.consistency.by_second
    rows = counts.rows(counts.seconds)
    columns: dict[str, Column] = {"time_s": np.arange(len(rows)), "fresh": rows[:, Seen.FRESH]}
    return Table(columns | {"stale": rows[:, Seen.STALE], "never_seen": rows[:, Seen.NEVER]})


def caching_table(recorder: Recorder) -> Table:
    """Return a row a second: answers due then that came from a cache and those that did not, and the hits' mean age."""
    told = recorder.caching.by_second
    seconds = np.arange(max(told, default=-1) + 1)
    rows = [told.get(second, Second()) for second in seconds.tolist()]
    columns: dict[str, Column] = {"time_s": seconds, "hits": np.array([row.hits for row in rows], np.int64)}
    ages = [row.age_s / row.aged if row.aged else np.nan for row in rows]
    return Table(columns | {"misses": np.array([row.misses for row in rows], np.int64), "age_mean_s": np.array(ages)})


def servers_table(recorder: Recorder) -> Table:
    """Return a row for every second and server: slots at work on average, and requests from outside, as it says."""
    servers = recorder.own_account.servers
    columns = {name: (server.busy, server.requests) for name, server in servers.items()}
    return _long(
        "server",
        {
            name: {"busy": busy.rates(busy.seconds), "requests": requests.rates(busy.seconds)}
            for name, (busy, requests) in columns.items()
        },
    )


def replicas_table(recorder: Recorder) -> Table:
    """Return a row for every second and replica: how far it is behind, in time and in bytes of log.

    It is asked about once a second: a second without an answer has that of the one before, of up to 2.
    """
    rows = {name: values.rows(values.seconds) for name, values in recorder.own_account.replicas.items()}
    return _long(
        "replica",
        {
            name: {"lag_s": held(values[:, LAG_S], HELD_S), "log_bytes": held(values[:, LOG_BYTES], HELD_S)}
            for name, values in rows.items()
        },
    )


def _long(key: str, named: Mapping[str, Mapping[str, FloatArray]]) -> Table:
    """Return a row for every second and name of which anything is known, by second and then by name."""
    known = {name: ~np.isnan(np.vstack(list(columns.values()))).all(axis=0) for name, columns in named.items()}
    times = np.concatenate([np.flatnonzero(rows) for rows in known.values()])
    names = [name for name, rows in known.items() for _ in range(int(rows.sum()))]
    order = np.argsort(times, kind="stable")
    table: dict[str, Column] = {"time_s": times[order], key: [names[place] for place in order.tolist()]}
    for column in next(iter(named.values())):
        table[column] = np.concatenate([named[name][column][rows] for name, rows in known.items()])[order]
    return Table(table)


def processes_table(recorder: Recorder) -> Table:
    """Return a row for every second and process of the target: CPU as a share of one core, resident memory.

    Readings are about a second apart, so some seconds have none: memory stays what it was for up to 2 s between two.
    """
    time: list[int] = []
    names: list[str] = []
    cpu: list[float] = []
    memory: list[float] = []
    for name, (meter, resident) in recorder.processes.items():
        count = max(meter.seconds, resident.seconds)
        shares, sizes = meter.rates(count), held(resident.rows(count)[:, 0], HELD_S)
        known = np.flatnonzero(~np.isnan(shares) | ~np.isnan(sizes))
        time.extend(known.tolist())
        names.extend([name] * len(known))
        cpu.extend(shares[known].tolist())
        memory.extend(sizes[known].tolist())
    order = np.argsort(np.array(time, np.int64), kind="stable").tolist()
    return Table(
        {
            "time_s": np.array(time, np.int64)[order],
            "process": [names[n] for n in order],
            "cpu": np.array(cpu)[order],
            "memory_bytes": np.array(memory)[order],
        }
    )


def _wide(rows: FloatArray | np.ndarray[tuple[int, ...], np.dtype[np.int64]], width: int, fill: float) -> FloatArray:
    """Return exactly ``width`` columns, as floats: numbers never seen have none of their own."""
    wide = np.full((len(rows), width), fill, np.float64)
    shared = min(width, rows.shape[1])
    wide[:, :shared] = rows[:, :shared]
    return wide
