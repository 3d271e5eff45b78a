"""Gates to report on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadsim.gate import Baseline, GatedRun, GateRecord, find_runs, gate
from loadsim.objectives import worst
from loadsim.record import ObjectiveRecord

from ..rounds import rounds

HELD = ObjectiveRecord(expression="error_rate < 1%", observed=0.002, bound=0.01, verdict="pass", samples=5000)
BROKEN = ObjectiveRecord(expression="p99 < 250ms", observed=0.312, bound=0.25, verdict="fail", samples=5000)
UNTOLD = ObjectiveRecord(
    expression="p99.9 < 1s", observed=0.5, bound=1.0, verdict="inconclusive", samples=5000, reason="5,000 are too few"
)
NO_ANSWER = ObjectiveRecord(expression="max < 1s", observed=None, bound=1.0, verdict="fail", samples=9)


def gated(
    *objectives: ObjectiveRecord, path: str = "reports/run", problems: tuple[str, ...] = (), **also: Any
) -> GatedRun:
    """Return a run that was held to these."""
    verdict = worst(objective.verdict for objective in objectives)
    reasons = [f"{o.expression}: {o.reason or 'broken'}" for o in objectives if o.verdict != "pass"]
    values: dict[str, Any] = {
        "id": "20261124T190211Z-spiky-balanced",
        "scenario": "spiky",
        "target": "http://127.0.0.1:8080",
        "topology": "balanced",
        "started_at": "2026-11-24T19:02:11Z",
        "duration_s": 45.0,
        "verdict": verdict,
        "reasons": [*problems, *reasons],
    }
    return GatedRun(run=path, problems=list(problems), objectives=list(objectives), **(values | also))


def gate_of(*runs: GatedRun) -> GateRecord:
    """Return the gate of these runs."""
    found = worst(run.verdict for run in runs)
    assert found is not None
    return GateRecord(loadsim="0.1.0", verdict=found, runs=list(runs))


def against(tmp_path: Path, **now: float) -> GateRecord:
    """Return the gate of five rounds held against five earlier ones, these slower, or on another machine."""
    old, new = rounds(tmp_path, "old", range(5)), rounds(tmp_path, "new", range(10, 15), **now)
    return gate(find_runs([new]), lambda _: [], "0.1.0", Baseline(find_runs([old])))
