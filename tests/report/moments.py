"""Moments of a run that never was, for views to show; records of it, for summaries."""

from __future__ import annotations

from typing import Any

from loadsim.record import (
    BackendRecord,
    Balance,
    ErrorKind,
    Load,
    Manifest,
    ObjectiveRecord,
    Quantiles,
    Recovery,
    Requests,
    RunRecord,
)
from loadsim.report.terminal import LiveState, Times

HOSTILE = "[bold red]web[/] \x1b[2J\x1b]0;owned\x07\x9b31m\r\n\u202eevil\ud800\x00"


def moment(elapsed_s: float, **given: Any) -> LiveState:
    """A spike from 20 s to 25 s of 60 s, of which 21 s to 24 s were served by 60 %."""
    planned = [500.0 if 200 <= tenth < 250 else 50.0 for tenth in range(600)]
    offered = [planned[min(599, second * 10)] for second in range(max(0, int(elapsed_s)))]
    achieved = [rate * 0.6 if 21 <= second < 24 else rate for second, rate in enumerate(offered)]
    scheduled = int(sum(offered))
    values: dict[str, Any] = {
        "title": "spiky · balanced · http://127.0.0.1:40123",
        "phase": "warm-up" if elapsed_s < 0 else "spike" if 20 <= elapsed_s < 25 else "base",
        "elapsed_s": elapsed_s,
        "duration_s": 60.0,
        "scheduled": scheduled,
        "completed": scheduled,
        "offered_rate": offered[-1] if offered else None,
        "achieved_rate": achieved[-1] if achieved else None,
        "planned": planned,
        "offered": offered,
        "achieved": achieved,
        "now": Times(p50=0.0123, p90=0.0451, p99=0.0853) if offered else Times(),
        "so_far": Times(p50=0.011, p90=0.0402, p99=1.23) if offered else Times(),
        "in_flight": 31,
        "max_in_flight": 1000,
        "backends": {"web": {"web-1": 340, "web-2": 330, "web-3": 330}},
        "generator_cpu": 0.43,
    }
    return LiveState(**values | given)


def times(p50_s: float, **given: Any) -> Quantiles:
    values: dict[str, Any] = {"count": 24000, "p50": p50_s, "p90": p50_s * 3, "p99": p50_s * 8, "p99_9": p50_s * 12}
    return Quantiles(**values | {"max": p50_s * 20, "mean": p50_s} | given)


def manifest(**given: Any) -> Manifest:
    values: dict[str, Any] = {
        "id": "spiky-1",
        "loadsim": "0.1.0",
        "scenario": "spiky",
        "model": "open",
        "profile": "spike(base=50/s, peak=500/s, at=20s, width=5s)",
        "arrivals": "poisson",
        "seed": 42,
        "duration_s": 60.0,
        "warmup_s": 5.0,
        "target": "http://127.0.0.1:40123",
        "topology": "balanced",
        "pools": {"web": ["web-1", "web-2", "web-3"]},
        "workers": 1,
        "started_at": "2026-01-01T00:00:00Z",
        "cpus": {},
        "host": {},
        "calibration": None,
        "argv": ["/opt/bin/loadsim", "run", "spiky"],
        "settings": {},
    }
    return Manifest(**values | given)


def load(**given: Any) -> Load:
    values: dict[str, Any] = {
        "scheduled": 24000,
        "completed": 23985,
        "failed": 8,
        "dropped": 7,
        "aborted": 0,
        "lost": 0,
        "offered_rate": 400.0,
        "achieved_rate": 399.8,
        "late_start_s": times(0.00005),
        "backlog_wait_s": times(0.001),
        "generator_cpu": 0.43,
        "max_in_flight": 231,
        "max_backlog": 12,
    }
    return Load(**values | given)


def backend(count: int, share: float | None, **given: Any) -> BackendRecord:
    values: dict[str, Any] = {
        "pool": "web",
        "failed": 0,
        "response_time_s": times(0.012),
        "service_time_s": times(0.01),
    }
    return BackendRecord(count=count, share=share, **values | given)


def record(**given: Any) -> RunRecord:
    values: dict[str, Any] = {
        "manifest": manifest(),
        "complete": True,
        "verdict": None,
        "load": load(),
        "requests": Requests(count=24010, failed=8, sent_bytes=1, received_bytes=2),
        "response_time_s": times(0.016),
        "service_time_s": times(0.012),
        "iteration_time_s": times(0.016),
        "outcomes": {"ok": 24002, "http_503": 6, "timeout": 2},
        "errors": [
            ErrorKind(outcome="timeout", count=2, first="GET /export: no answer within 30 s"),
            ErrorKind(outcome="http_503", count=6, first="GET /items/3: 503 Service Unavailable"),
        ],
        "backends": {f"web-{n}": backend(8000, 1 / 3) for n in (1, 2, 3)},
        "balance": {"web": Balance(backends=3, jain=0.998, cv=0.01, chi2_p=0.4, expected="uniform")},
        "recoveries": [Recovery(cause="spike", start_s=20.0, recovery_s=3.2)],
    }
    return RunRecord(**values | given)


def objective(expression: str, observed: float | None, verdict: Any, **given: Any) -> ObjectiveRecord:
    values: dict[str, Any] = {"bound": 1.0, "samples": 24000}
    return ObjectiveRecord(expression=expression, observed=observed, verdict=verdict, **values | given)
