"""Experiments: target up, engine, record, verdict, report. What the CLI's verbs are made of."""

from loadsim.experiment.runs import Result, run
from loadsim.experiment.trial import try_once

__all__ = ["Result", "run", "try_once"]
