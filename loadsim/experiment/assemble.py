"""From what was measured to the run record and its verdict."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from loadsim import __version__
from loadsim.experiment.machine import Cpus, describe_host
from loadsim.experiment.prepare import Shape
from loadsim.experiment.session import Measured
from loadsim.experiment.subject import Subject
from loadsim.measure.recorder import Recorder
from loadsim.objectives import Objective, Observed, evaluate, verdict
from loadsim.own_account_summary import summarise_replicas, summarise_servers
from loadsim.record import Calibration, Manifest, RunRecord
from loadsim.redact import redact_argv, redact_headers, redact_url
from loadsim.settings import RunSettings
from loadsim.socket_summary import summarise_sockets
from loadsim.summary import Summary, summarise
from loadsim.units import spell_duration
from loadsim.wire import Plan, Tick


def close_and_summarise(measured: Measured, plan: Plan, weights: Mapping[str, Mapping[str, float]]) -> Summary:
    """Close the recorder and return its numbers; what the engine scheduled and nobody reported is lost.

    ``weights`` are the balancer's, by pool, where it has any.
    """
    collector = measured.collector
    recorder, tick = collector.recorder, collector.tick
    recorder.close()
    if recorder.sockets is not None:
        recorder.sockets.close(_measured_s(tick, plan))
    accounted = int(recorder.marginals.fates.sum())
    return summarise(
        recorder,
        lost=max(0, tick.scheduled - accounted) if tick else 0,
        measured_s=_measured_s(tick, plan),
        examples=collector.errors,
        max_in_flight=tick.max_in_flight if tick else None,
        max_backlog=tick.max_backlog if tick else None,
        weights=weights,
        events=[event for fault in measured.faults if (event := fault.event()) is not None],
        counters=measured.counters,
    )


def _measured_s(tick: Tick | None, plan: Plan) -> float:
    """Return how much of the measured window took place: until arrivals ended, or the engine was last heard of."""
    if tick is None:
        return 0.0
    end_s = tick.time_s if tick.closed_s is None else tick.closed_s
    return max(0.0, min(end_s, plan.duration_s))


def _is_complete(measured: Measured, plan: Plan) -> bool:
    """Return whether the run came to the end it was to have, and was let to."""
    collector = measured.collector
    if not collector.finished or measured.interrupted is not None or collector.tick is None:
        return False
    all_sent = plan.iterations is not None and collector.tick.scheduled >= plan.iterations
    return all_sent or _measured_s(collector.tick, plan) >= plan.duration_s


def observe(recorder: Recorder, summary: Summary, until_s: float) -> Observed:
    """Return what objectives are judged by: what was due until ``until_s``, the end of the run."""
    shares: dict[str, dict[str, float]] = {}
    for name, backend in summary.backends.items():
        if backend.share is not None:
            shares.setdefault(backend.pool or "all", {})[name] = backend.share
    return Observed(
        duration_s=recorder.duration_s,
        selected=recorder.selected,
        jain={pool: balance.jain for pool, balance in summary.balance.items()},
        shares=shares,
        recoveries=[recovery.recovery_s for recovery in summary.recoveries],
        sockets=recorder.sockets,
        consistency=summary.consistency,
        until_s=until_s,
        seen={
            "route": list(summary.routes),
            "backend": list(summary.backends),
            "pool": list(summary.balance),
            "phase": [phase.name for phase in summary.phases],
            "class": list(summary.classes),
            "outcome": list(summary.outcomes),
        },
    )


def observe_live(recorder: Recorder, until_s: float) -> Observed:
    """Return what ``abort`` objectives are judged by while the run goes on: what is due until ``until_s``."""
    return Observed(
        duration_s=recorder.duration_s,
        selected=recorder.selected,
        jain={},
        shares={},
        recoveries=[],
        seen={},
        until_s=until_s,
    )


def judge(
    measured: Measured, plan: Plan, summary: Summary, objectives: Sequence[Objective], manifest: Manifest
) -> RunRecord:
    """Return the whole record: objectives evaluated, and invalid where the experiment itself was not sound."""
    end_s = _measured_s(measured.collector.tick, plan)
    observed = observe(measured.collector.recorder, summary, end_s)
    account = measured.collector.recorder.own_account
    evaluated = [evaluate(objective, observed) for objective in objectives]
    found, reasons = verdict(evaluated, _invalid(measured, summary))
    if measured.aborted_by and found != "invalid":
        found = "fail"  # whatever the answers that still came would have said
    early = [f"ended early, after {spell_duration(round(end_s, 1))}: {text}" for text in measured.aborted_by]
    told = tuple(text.partition(": ")[0] + ": " for text in measured.aborted_by)
    return summary.record(
        manifest,
        complete=_is_complete(measured, plan),
        verdict=found,
        reasons=[*early, *(reason for reason in reasons if not reason.startswith(told))],
        warnings=measured.warnings,
        objectives=evaluated,
        faults=[fault.record() for fault in measured.faults],
        bus=measured.bus,
        websockets=summarise_sockets(measured.collector.recorder.sockets),
        servers=summarise_servers(account, end_s),
        replicas=summarise_replicas(account, end_s),
        counts=measured.counts,
    )


def _invalid(measured: Measured, summary: Summary) -> list[str]:
    reasons = [*measured.trouble, *summary.saturated]
    tick = measured.collector.tick
    if tick and tick.unreported:
        reasons.append(f"{tick.unreported:,} samples were discarded because they could not be read in time")
    if summary.load.lost:
        reasons.append(f"{summary.load.lost:,} arrivals are lost: the engine began them and never told their end")
    if summary.load.aborted and measured.interrupted is None:
        reasons.append(f"{summary.load.aborted:,} arrivals were still in flight when the drain ended: raise --drain")
    return reasons


def make_manifest(
    run_id: str,
    started_at: datetime,
    settings: RunSettings,
    plan: Plan,
    shape: Shape,
    subject: Subject,
    cpus: Cpus,
    calibration: Calibration,
) -> Manifest:
    """Return what was run against what, without secrets."""
    return Manifest(
        id=run_id,
        loadsim=__version__,
        scenario=settings.name,
        model=plan.model,
        profile=shape.profile.spec(),
        arrivals=plan.arrivals,
        seed=plan.seed,
        duration_s=plan.duration_s,
        warmup_s=plan.warmup_s,
        target=redact_url(subject.url),
        topology=subject.topology,
        pools={pool: list(backends) for pool, backends in subject.pools.items()},
        workers=plan.workers,
        started_at=started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        cpus={"engine": list(cpus.engine), "target": list(cpus.target)},
        host=describe_host(),
        calibration=calibration,
        argv=redact_argv(["loadsim", *sys.argv[1:]]),
        settings={
            "max_in_flight": settings.max_in_flight,
            "give_up_s": settings.give_up_s,
            "timeout_s": settings.timeout_s,
            "drain_s": settings.drain_s,
            "connections": settings.connections,
            "iterations": settings.iterations,
            "users": plan.users if plan.model == "closed" else None,
            "visitors": plan.visitors,
            "sockets": plan.sockets,
            "headers": [list(pair) for pair in redact_headers(settings.headers)],
            **subject.settings,
        },
    )
