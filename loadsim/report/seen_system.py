"""What can be said of the system: failures, backends that stand out, whole cores, and the generator's own health."""

from __future__ import annotations

from statistics import median

import numpy as np

from loadsim.measure.saturation import BUSY_CPU, BUSY_SECONDS
from loadsim.record import BackendRecord
from loadsim.report.chart import FloatArray
from loadsim.report.drawings.balance import backends_of, expected_share
from loadsim.report.drawings.common import finite
from loadsim.report.drawings.health import late_start_limit_s
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import clock, counted, listed, seconds, share, times, visible

SLOWER = 2.0
"""A backend stands out from this many times the median p99 of the others."""
UNEVEN = 0.1
UNLIKELY = 1e-3
_SAMPLES = 100
_STEADY_S = 5
_MOSTLY, _SELDOM = 0.8, 0.3
_WHOLE_CORE = 0.95
_NEARLY_FULL = 0.9
_FULL_SECONDS = 3
_NO_FAILURE = ("ok", "aborted", "dropped")


def failures(run: RunData) -> list[Finding]:
    """How many requests failed, since when, and how."""
    record = run.record
    if not record.requests.failed:
        return []
    kinds = sorted(((n, c) for n, c in record.outcomes.items() if n not in _NO_FAILURE and c), key=lambda i: -i[1])
    named = listed([f"{count:,} {visible(name, 40)}" for name, count in kinds[:3]])
    others = sum(count for _, count in kinds[3:])
    since = _first_failure(run)
    first = next((e.first for e in record.errors if kinds and e.outcome == kinds[0][0] and e.first), "")
    began = f", the first at {clock(since)}" if since is not None else ""
    named += f", and {others:,} others" if others else ""
    text = f"{share(record.requests.failed / record.requests.count)} of the requests failed{began}: {named}."
    return [Finding(text + (f" The first was: “{visible(first, 160)}”." if first else ""), "errors", "bad")]


def _first_failure(run: RunData) -> float | None:
    table = run.outcomes
    if table is None or not len(table):
        return None
    names = table.texts("outcome")
    bad = [
        t for t, n in zip(table.numbers("time_s").tolist(), names, strict=True) if n not in ("ok", "aborted", "dropped")
    ]
    return float(min(bad)) if bad else None


def lost_work(run: RunData) -> list[Finding]:
    """Arrivals that were given up, cut off, or lost with a worker."""
    load = run.record.load
    parts = [
        f"{load.dropped:,} were given up before they were sent" if load.dropped else "",
        f"{load.aborted:,} still had no answer at the end" if load.aborted else "",
        f"{load.lost:,} were lost with their worker" if load.lost else "",
    ]
    said = [part for part in parts if part]
    if not said:
        return []
    return [Finding(f"Of {counted(load.scheduled, 'arrival')} {listed(said)}.", "requests-over-time", "bad")]


def slow_backends(run: RunData) -> list[Finding]:
    """Backends whose p99 is far above that of their pool's others."""
    found = []
    for name, backend in backends_of(run).items():
        mine = _p99(run, backend)
        others = {n: p for n, b in _others(run, name, backend).items() if (p := _p99(run, b)) is not None}
        if mine is None or not others or backend.count < _SAMPLES:
            continue
        usual = median(others.values())
        if mine < SLOWER * usual:
            continue
        beside = "that of the other" if len(others) == 1 else f"the median of the {len(others)} others"
        found.append(
            Finding(
                f"{visible(name, 60)} stood out{_when_slow(run, name, list(others))}: its p99 is "
                f"{seconds(mine)}, {times(mine / usual)} {beside} ({seconds(usual)}).",
                "backend-latency-over-time",
                "bad",
            )
        )
    return found[:3]


def _when_slow(run: RunData, name: str, others: list[str]) -> str:
    """Say between which seconds a backend was slow; empty if it was all along, or came and went.

    The median is asked first: one request that always takes long makes the p99 of a second, and is no news of a server.
    """
    for column in ("p50_s", "p99_s"):
        columns = spread(run.backends, "backend", column, run.times_s)
        rest = [columns[n] for n in others if n in columns]
        if name not in columns or not rest:
            continue
        stack = np.vstack([columns[name], *rest])
        known = np.flatnonzero(np.isfinite(stack[0]) & np.isfinite(stack[1:]).any(axis=0) & run.measured)
        high = stack[0, known] > SLOWER * np.nanmedian(stack[1:, known], axis=0)
        first, end = _densest(high)
        inside, outside = high[first:end], np.concatenate([high[:first], high[end:]])
        if end - first < _STEADY_S or inside.mean() < _MOSTLY or len(outside) < _STEADY_S or outside.mean() > _SELDOM:
            continue
        began, over = clock(float(run.times_s[known[first]])), clock(float(run.times_s[known[end - 1]]) + 1)
        if len(high) - end < _STEADY_S:
            return f" from {began} on"
        return f" until {over}" if first < _STEADY_S else f" from {began} to {over}"
    return ""


def _densest(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int]:
    """Return the first place, and the one after the last, of the stretch with the most flags beyond its gaps."""
    upto = np.concatenate([[0], np.cumsum(np.where(flags, 1, -1))])
    end = int(np.argmax(upto - np.minimum.accumulate(upto)))
    return end - int(np.argmin(upto[end::-1])), end


def backend_share(run: RunData) -> list[Finding]:
    """Say whose share is furthest from what it should have had, where chance does not explain it."""
    furthest, name_of, backend_of, wanted_of = 0.0, "", None, 0.0
    for name, backend in backends_of(run).items():
        entry = run.record.balance.get(backend.pool or "all") or run.record.balance.get("all")
        wanted = expected_share(name, backend, run.record.balance)
        if entry is None or entry.chi2_p is None or entry.chi2_p > UNLIKELY or not wanted or backend.share is None:
            continue
        off = abs(backend.share / wanted - 1)
        if off > max(furthest, UNEVEN):
            furthest, name_of, backend_of, wanted_of = off, name, backend, wanted
    if backend_of is None or backend_of.share is None:
        return []
    more = "more" if backend_of.share > wanted_of else "fewer"
    return [
        Finding(
            f"{visible(name_of, 60)} got {share(backend_of.share)} of its pool's requests, {share(furthest)} {more} "
            f"than its expected {share(wanted_of)}; chance hardly makes such a spread.",
            "balancer-distribution",
        )
    ]


def backend_failures(run: RunData) -> list[Finding]:
    """Name the backend on which failures gather."""
    backends = backends_of(run)
    failed = sum(b.failed for b in backends.values())
    if failed < 10 or len(backends) < 2:
        return []
    name, worst = max(backends.items(), key=lambda item: item[1].failed)
    part = worst.failed / failed
    if part < 0.5 or part < 2 * worst.count / sum(b.count for b in backends.values()):
        return []
    return [
        Finding(
            f"{visible(name, 60)} made {share(part)} of the failures that came from a backend: {worst.failed:,} of "
            f"its {worst.count:,} requests.",
            "balancer-distribution",
            "bad",
        )
    ]


def full_cores(run: RunData) -> list[Finding]:
    """Say when the target had used nearly all of the cores that it has."""
    cores, used = len(run.record.manifest.cpus.get("target", ())), run.column("target_cpu")
    full = np.flatnonzero(run.measured & (used >= _NEARLY_FULL * cores))
    if not cores or len(full) < _FULL_SECONDS:
        return []
    has = "core was" if cores == 1 else f"{cores} cores were"
    return [
        Finding(
            f"The target's {has} nearly full (90 % or more) in {len(full)} of {int(run.measured.sum())} seconds, the "
            f"first at {clock(float(run.times_s[full[0]]))}: there its processor set the pace.",
            "target-cpu",
            "bad",
        )
    ]


def whole_cores(run: RunData) -> list[Finding]:
    """Name processes of the target that used a whole core for a while, where there are other cores."""
    if len(run.record.manifest.cpus.get("target", ())) == 1:
        return []
    found: dict[str, int] = {}
    for name, cpu in spread(run.processes, "process", "cpu", run.times_s).items():
        busy = int((finite(cpu[run.measured]) >= _WHOLE_CORE).sum())
        if busy >= _STEADY_S:
            found[name] = busy
    if not found:
        return []
    total = int(run.measured.sum())
    worst = sorted(found.items(), key=lambda item: -item[1])[:3]
    named = listed([f"{visible(name, 40)} in {busy} of {total} seconds" for name, busy in worst])
    more = f" (and {len(found) - 3} others)" if len(found) > 3 else ""
    return [Finding(f"A whole core was used by {named}{more}: the processor was the limit there.", "target-cpu", "bad")]


def generator(run: RunData) -> list[Finding]:
    """Say what the generator's own health allows one to say."""
    load = run.record.load
    late, limit = load.late_start_s.p99, late_start_limit_s(run)
    cpu = finite(run.column("generator_cpu")[run.measured])
    if late is not None and late > limit:
        return [
            Finding(
                f"The generator itself was late: 1 % of the arrivals started {seconds(late)} or more after they could "
                f"have ({seconds(limit)} is the limit), so these times are not the target's alone.",
                "generator-late-start",
                "bad",
            )
        ]
    if len(cpu) and _busy(cpu) >= BUSY_SECONDS:
        return [
            Finding(
                f"The generator itself was at its limit: it used more than {share(BUSY_CPU)} of its core in "
                f"{share(_busy(cpu))} of the seconds, so these times are not the target's alone.",
                "generator-cpu",
                "bad",
            )
        ]
    if late is None or load.generator_cpu is None:
        return []
    return [
        Finding(
            f"The generator used {share(load.generator_cpu)} of its core and started 99 % of the arrivals within "
            f"{seconds(late)} of when they could: the times are the target's.",
            "generator-late-start",
            "note",
        )
    ]


def _busy(cpu: FloatArray) -> float:
    return float((cpu > BUSY_CPU).mean())


def _others(run: RunData, name: str, backend: BackendRecord) -> dict[str, BackendRecord]:
    return {n: b for n, b in backends_of(run).items() if n != name and b.pool == backend.pool and b.count >= _SAMPLES}


def _p99(run: RunData, backend: BackendRecord) -> float | None:
    return (backend.service_time_s if run.closed else backend.response_time_s).p99
