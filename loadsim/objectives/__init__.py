"""Objectives: bounds on metrics, read from text, judged by what was measured, and summed up as a verdict."""

from __future__ import annotations

from loadsim.objectives.evaluation import Observed, broken_aborts, describe, evaluate
from loadsim.objectives.grammar import Objective, parse_objective
from loadsim.objectives.metrics import METRIC_NAMES, Metric, Unit
from loadsim.objectives.recorded import RecordedRun, judge_recorded
from loadsim.objectives.verdicts import exit_code, sentence, verdict, worst

__all__ = [
    "METRIC_NAMES",
    "Metric",
    "Objective",
    "Observed",
    "RecordedRun",
    "Unit",
    "broken_aborts",
    "describe",
    "evaluate",
    "exit_code",
    "judge_recorded",
    "parse_objective",
    "sentence",
    "verdict",
    "worst",
]
