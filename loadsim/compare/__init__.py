"""Two ways of running a system, set against each other by rounds: effects with intervals, and verdicts. No I/O."""

from loadsim.compare.effects import conclude, effects, foresee, is_answered
from loadsim.compare.looks import LEVEL, level_of_look, looks
from loadsim.compare.metrics import MAX_PRIMARY, Metric, Reading, Round, Scale, default_primary, metric, readings
from loadsim.compare.record import CompareRecord, EffectRecord, read_comparison

__all__ = [
    "LEVEL",
    "MAX_PRIMARY",
    "CompareRecord",
    "EffectRecord",
    "Metric",
    "Reading",
    "Round",
    "Scale",
    "conclude",
    "default_primary",
    "effects",
    "foresee",
    "is_answered",
    "level_of_look",
    "looks",
    "metric",
    "read_comparison",
    "readings",
]
