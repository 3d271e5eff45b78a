"""Two ways of running a system, set against each other by rounds: effects with intervals, and verdicts. No I/O."""

from loadsim.compare.effects import conclude, effects, is_answered
from loadsim.compare.looks import LEVEL, level_of_look, looks
from loadsim.compare.metrics import Metric, Reading, Round, Scale, metric, readings

__all__ = [
    "LEVEL",
    "Metric",
    "Reading",
    "Round",
    "Scale",
    "conclude",
    "effects",
    "is_answered",
    "level_of_look",
    "looks",
    "metric",
    "readings",
]
