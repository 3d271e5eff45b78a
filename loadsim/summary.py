"""From the recorder to the run record: every number of ``run.json`` that comes from samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loadsim.measure import histogram, saturation
from loadsim.measure.balance import evenness
from loadsim.measure.block import BACKENDS, FAILED, ROUTES
from loadsim.measure.caching import Tally
from loadsim.measure.histogram import FloatArray, IntArray
from loadsim.measure.marginals import ABORTED, COMPLETED, DROPPED, WAS_FAILED
from loadsim.measure.recorder import Recorder
from loadsim.measure.recovery import Event, bound_s, recovery_s, spikes
from loadsim.measure.sample import NO_BACKEND, OTHER, Outcome, outcome_name
from loadsim.measure.seconds import BACKLOG, IN_FLIGHT, RESPONSE_P99
from loadsim.measure.selection import Distribution
from loadsim.measure.updates import Counter
from loadsim.record import (
    BackendRecord,
    Balance,
    BusRecord,
    CacheRecord,
    CachingRecord,
    ClassRecord,
    ConsistencyRecord,
    CountRecord,
    ErrorKind,
    FaultRecord,
    Load,
    Manifest,
    ObjectiveRecord,
    PhaseLoad,
    PhaseRecord,
    ProcessRecord,
    Quantiles,
    Recovery,
    ReplicaRecord,
    Requests,
    RouteRecord,
    RunRecord,
    ServerRecord,
    TierRecord,
    Verdict,
    WebSockets,
)
from loadsim.update_summary import summarise_updates

_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
ALL_POOLS = "all"


@dataclass(frozen=True, slots=True)
class Summary:
    """The parts of a :class:`~loadsim.record.RunRecord` that samples tell, under the record's names.

    ``saturated`` says why the generator itself was the bottleneck, if it was; the verdict is then invalid.
    """

    load: Load
    requests: Requests
    response_time_s: Quantiles | None
    service_time_s: Quantiles
    iteration_time_s: Quantiles
    outcomes: dict[str, int]
    errors: list[ErrorKind]
    routes: dict[str, RouteRecord]
    backends: dict[str, BackendRecord]
    classes: dict[str, ClassRecord]
    balance: dict[str, Balance]
    phases: list[PhaseRecord]
    recoveries: list[Recovery]
    tiers: dict[str, TierRecord] | None
    consistency: ConsistencyRecord | None
    caching: CachingRecord | None
    target_processes: list[ProcessRecord]
    saturated: list[str]

    def record(
        self,
        manifest: Manifest,
        *,
        complete: bool,
        verdict: Verdict | None,
        reasons: list[str],
        warnings: list[str],
        objectives: list[ObjectiveRecord],
        bus: BusRecord | None = None,
        websockets: WebSockets | None = None,
        faults: Sequence[FaultRecord] = (),
        servers: Sequence[ServerRecord] = (),
        replicas: Sequence[ReplicaRecord] = (),
        counts: Mapping[str, CountRecord] | None = None,
    ) -> RunRecord:
        """Return the whole record."""
        return RunRecord(
            manifest=manifest,
            complete=complete,
            verdict=verdict,
            reasons=reasons,
            warnings=warnings,
            objectives=objectives,
            bus=bus,
            websockets=websockets,
            load=self.load,
            requests=self.requests,
            response_time_s=self.response_time_s,
            service_time_s=self.service_time_s,
            iteration_time_s=self.iteration_time_s,
            outcomes=self.outcomes,
            errors=self.errors,
            routes=self.routes,
            backends=self.backends,
            classes=self.classes,
            balance=self.balance,
            phases=self.phases,
            recoveries=self.recoveries,
            faults=list(faults),
            tiers=self.tiers,
            consistency=self.consistency,
            caching=self.caching,
            target_processes=self.target_processes,
            servers=list(servers),
            replicas=list(replicas),
            counts=dict(counts or {}),
        )


def summarise(
    recorder: Recorder,
    *,
    lost: int = 0,
    measured_s: float | None = None,
    examples: Mapping[str, str] | None = None,
    max_in_flight: int | None = None,
    max_backlog: int | None = None,
    weights: Mapping[str, Mapping[str, float]] | None = None,
    events: Sequence[Event] = (),
    counters: Sequence[Counter] = (),
) -> Summary:
    """Return what a closed recorder says of the run.

    ``lost`` is how many scheduled iterations sent no sample (the engine's count minus the recorder's); ``measured_s``
    how much of the measured window took place (None: all of it); ``examples`` the first error of each outcome in words.
    ``max_in_flight`` and ``max_backlog`` are the engine's own, better than the highest of its gauges. ``weights`` are
    the balancer's by pool, where it has any; ``events`` whose recovery is reported beside that of spikes; ``counters``
    the numbers that the run changed.
    """
    window_s = recorder.duration_s if measured_s is None else min(measured_s, recorder.duration_s)
    totals = recorder.marginals.outcomes[: recorder.layout.classes].sum(axis=0)
    cpu = _in_window(recorder.engine_cpu.rates(max(recorder.engine_cpu.seconds, 1)), window_s)
    response = None if recorder.closed else quantiles(recorder.response_time())
    late_start = quantiles(recorder.late_start())
    return Summary(
        load=_load(recorder, lost, window_s, late_start, cpu, max_in_flight, max_backlog),
        requests=Requests(
            count=int(totals.sum()),
            failed=_failed(recorder, totals),
            sent_bytes=recorder.marginals.sent_bytes,
            received_bytes=recorder.marginals.received_bytes,
        ),
        response_time_s=response,
        service_time_s=quantiles(recorder.service_time()),
        iteration_time_s=quantiles(recorder.iteration_time()),
        outcomes=recorder.outcome_counts(),
        errors=_errors(recorder, examples or {}),
        routes=_routes(recorder),
        backends=_backends(recorder),
        classes=_classes(recorder),
        balance=_balances(recorder, weights or {}),
        phases=_phases(recorder, window_s),
        recoveries=_recoveries(recorder, window_s, events),
        tiers=_tiers(recorder),
        caching=_caching(recorder),
        consistency=_consistency(recorder, counters),
        target_processes=_processes(recorder, window_s),
        saturated=saturation.saturation(
            late_start_p99_s=late_start.p99, response_p50_s=response.p50 if response else None, generator_cpu=cpu
        ),
    )


def quantiles(distribution: Distribution) -> Quantiles:
    """Return the record's ``Q`` of a distribution."""
    p50, p75, p90, p95, p99, p99_9 = histogram.quantiles(distribution, _SHARES)
    return Quantiles(
        count=histogram.total(distribution),
        min=histogram.minimum(distribution),
        mean=histogram.mean(distribution),
        p50=p50,
        p75=p75,
        p90=p90,
        p95=p95,
        p99=p99,
        p99_9=p99_9,
        max=histogram.maximum(distribution),
        stdev=histogram.stdev(distribution),
        unanswered=distribution.unanswered,
    )


def _load(
    recorder: Recorder,
    lost: int,
    window_s: float,
    late_start: Quantiles,
    cpu: FloatArray,
    max_in_flight: int | None,
    max_backlog: int | None,
) -> Load:
    fates = recorder.marginals.fates.sum(axis=0).tolist()
    scheduled = sum(fates) + lost
    known = cpu[~np.isnan(cpu)]
    return Load(
        scheduled=scheduled,
        completed=fates[COMPLETED],
        failed=fates[WAS_FAILED],
        dropped=fates[DROPPED],
        aborted=fates[ABORTED],
        lost=lost,
        offered_rate=scheduled / window_s if window_s > 0 else None,
        achieved_rate=recorder.ended_in_window / window_s if window_s > 0 else None,
        late_start_s=late_start,
        backlog_wait_s=quantiles(recorder.backlog_wait()),
        generator_cpu=float(known.mean()) if len(known) else None,
        max_in_flight=_highest(recorder, IN_FLIGHT) if max_in_flight is None else max_in_flight,
        max_backlog=_highest(recorder, BACKLOG) if max_backlog is None else max_backlog,
    )


def _highest(recorder: Recorder, gauge: int) -> int | None:
    values = recorder.seconds.gauges.rows(recorder.seconds.gauges.seconds)[:, gauge]
    known = values[~np.isnan(values)]
    return int(known.max()) if len(known) else None


def _in_window(values: FloatArray, window_s: float) -> FloatArray:
    """Return the values of the seconds that the measured window holds, the one it ends in included."""
    return values[: math.ceil(window_s)]


def _failed(recorder: Recorder, counts: IntArray) -> int:
    return int(counts[FAILED[recorder.marginals.kinds.codes[: len(counts)]]].sum())


def _errors(recorder: Recorder, examples: Mapping[str, str]) -> list[ErrorKind]:
    """Return the outcomes that are not ok, most frequent first: of requests, and the exceptions of iterations."""
    counts = {name: count for name, count in recorder.outcome_counts().items() if count and name != "ok"}
    exception = outcome_name(Outcome.EXCEPTION)
    if recorder.marginals.exceptions:
        counts[exception] = counts.get(exception, 0) + recorder.marginals.exceptions
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [ErrorKind(outcome=name, count=count, first=examples.get(name, "")) for name, count in ordered]


def _routes(recorder: Recorder) -> dict[str, RouteRecord]:
    names = recorder.marginals.kinds.names
    records = {}
    for number in range(ROUTES):
        group = recorder.layout.route_group(number)
        counts = recorder.marginals.outcomes[group]
        if counts.any():
            response, service = recorder.group_times(group)
            records[recorder.known.route(number)] = RouteRecord(
                count=int(counts.sum()),
                failed=_failed(recorder, counts),
                outcomes={name: count for name, count in zip(names, counts.tolist(), strict=False) if count},
                response_time_s=quantiles(response),
                service_time_s=quantiles(service),
            )
    return records


def _backends(recorder: Recorder) -> dict[str, BackendRecord]:
    known, counted = recorder.known, recorder.backend_counts()
    pool_totals: dict[str | None, int] = {}
    for name, count in counted.items():
        pool_totals[known.pool(name)] = pool_totals.get(known.pool(name), 0) + count
    numbers = {known.backend(number): number for number in range(BACKENDS)}
    records = {}
    for name, count in sorted(counted.items(), key=lambda item: (item[0] in {NO_BACKEND, OTHER}, item[0])):
        pool = known.pool(name)
        times = (histogram.empty(), histogram.empty())
        failed = 0
        if name in numbers:
            group = recorder.layout.backend_group(numbers[name])
            times, failed = recorder.group_times(group), _failed(recorder, recorder.marginals.outcomes[group])
        records[name] = BackendRecord(
            pool=pool,
            count=count,
            share=None if pool is None or not pool_totals[pool] else count / pool_totals[pool],
            failed=failed,
            response_time_s=quantiles(times[0]),
            service_time_s=quantiles(times[1]),
        )
    return records


def _classes(recorder: Recorder) -> dict[str, ClassRecord]:
    records = {}
    for number in range(recorder.layout.classes):
        counts = recorder.marginals.outcomes[number]
        if counts.any():
            response, service = recorder.group_times(number)
            records[recorder.known.visitor_class(number)] = ClassRecord(
                count=int(counts.sum()),
                failed=_failed(recorder, counts),
                response_time_s=quantiles(response),
                service_time_s=quantiles(service),
            )
    return records


def _balances(recorder: Recorder, weights: Mapping[str, Mapping[str, float]]) -> dict[str, Balance]:
    """Return the balance over all backends and in each pool; ``(none)`` and ``(other)`` are no backends.

    Over several pools there is none: they do unlike work, and are not meant to share it evenly.
    """
    pools: dict[str, dict[str, int]] = {ALL_POOLS: {}, **{pool: {} for pool in recorder.known.pools}}
    for name, count in recorder.backend_counts().items():
        if name not in {NO_BACKEND, OTHER}:
            pools[ALL_POOLS][name] = count
            pools[recorder.known.pool(name) or ALL_POOLS][name] = count
    if not pools[ALL_POOLS]:
        return {}
    balances = {}
    for pool, counts in pools.items():
        if pool == ALL_POOLS and len(recorder.known.pools) > 1:
            balances[pool] = Balance(backends=len(counts), jain=None, cv=None, chi2_p=None, expected="uniform")
            continue
        weight = weights.get(pool)
        weighted = weight is not None and counts.keys() <= weight.keys()
        result = evenness(counts, weight if weighted else None)
        balances[pool] = Balance(
            backends=result.backends,
            jain=result.jain,
            cv=result.cv,
            chi2_p=result.chi2_p,
            expected={name: weight[name] for name in counts} if weight is not None and weighted else "uniform",
        )
    return balances


def _phases(recorder: Recorder, window_s: float) -> list[PhaseRecord]:
    """Return the phases. Which phase lost iterations were due in is not known: they are in the run's load alone."""
    records = []
    for number, phase in enumerate(recorder.phases.phases):
        fates = recorder.marginals.fates[number].tolist()
        took_s = min(phase.end_s, window_s) - phase.start_s
        load = PhaseLoad(
            scheduled=sum(fates),
            completed=fates[COMPLETED],
            failed=fates[WAS_FAILED],
            dropped=fates[DROPPED],
            aborted=fates[ABORTED],
            lost=0,
            offered_rate=sum(fates) / took_s if took_s > 0 else None,
        )
        times = quantiles(recorder.phase_response_time(number))
        records.append(
            PhaseRecord(name=phase.name, start_s=phase.start_s, end_s=phase.end_s, load=load, response_time_s=times)
        )
    return records


def _recoveries(recorder: Recorder, window_s: float, events: Sequence[Event]) -> list[Recovery]:
    """Return the recoveries on the full seconds of the measured window.

    Events that never came are left out, and those before which nothing was measured: one at the very beginning, or all
    of a run that only holds sockets. Nothing can be said of them, and "not back" would say it.
    """
    p99_s = recorder.seconds.times.rows(recorder.seconds.count)[: math.floor(window_s), RESPONSE_P99]
    return [
        Recovery(cause=event.cause, start_s=event.start_s, recovery_s=recovery_s(event, p99_s))
        for event in (*spikes(recorder.phases.phases), *events)
        if event.start_s < window_s and bound_s(event, p99_s) is not None
    ]


def _tiers(recorder: Recorder) -> dict[str, TierRecord] | None:
    parts = {
        name: TierRecord(count=histogram.total(part.times), calls=part.calls, time_s=quantiles(part.times))
        for name, part in recorder.tiers.parts.items()
    }
    return parts or None


def _consistency(recorder: Recorder, counters: Sequence[Counter]) -> ConsistencyRecord | None:
    seen = recorder.consistency
    if not seen.reads and not seen.versions and not counters:
        return None
    return ConsistencyRecord(
        reads=seen.reads,
        stale=seen.stale,
        stale_share=seen.stale / seen.reads if seen.reads else None,
        staleness_s=quantiles(seen.staleness),
        versions=seen.versions,
        never_seen=seen.never_seen,
        visible_after_s=quantiles(seen.visible_after),
        **summarise_updates(counters),
    )


def _caching(recorder: Recorder) -> CachingRecord | None:
    told = recorder.caching
    if not told.all.answers:
        return None
    routes = {recorder.known.route(number): CacheRecord(**_cache(tally)) for number, tally in told.by_route.items()}
    return CachingRecord(**_cache(told.all), routes=routes)


def _cache(tally: Tally) -> dict[str, Any]:
    return {
        "answers": tally.answers,
        "hits": tally.hits,
        "hit_share": tally.hits / tally.answers,
        "age_s": quantiles(tally.ages),
    }


def _processes(recorder: Recorder, window_s: float) -> list[ProcessRecord]:
    records = []
    for name, (meter, resident) in recorder.processes.items():
        cpu = _in_window(meter.rates(max(meter.seconds, 1)), window_s)
        cpu = cpu[~np.isnan(cpu)]
        memory = _in_window(resident.rows(max(resident.seconds, 1))[:, 0], window_s)
        memory = memory[~np.isnan(memory)]
        records.append(
            ProcessRecord(
                name=name,
                cpu_mean=float(cpu.mean()) if len(cpu) else None,
                cpu_max=float(cpu.max()) if len(cpu) else None,
                memory_max_bytes=int(memory.max()) if len(memory) else None,
            )
        )
    return records
