"""What a gate says of a baseline, in words that terminal, summary and JUnit share."""

from __future__ import annotations

from loadsim.baseline import BaselineRecord
from loadsim.compare import EffectRecord
from loadsim.gate import GateRecord
from loadsim.report.comparison.words import metric_name, sentence
from loadsim.report.text import counted, listed

_BEFORE, _NOW = "the baseline", "these runs"


def in_a_line(record: GateRecord) -> str:
    """Say how much held: ``'2 of 3 objectives held, in 6 runs; worse than the baseline by its p99, ...'``."""
    objectives = [objective for run in record.runs for objective in run.objectives]
    runs = counted(len(record.runs), "run")
    held = sum(objective.verdict == "pass" for objective in objectives)
    said = [f"{held} of {counted(len(objectives), 'objective')} held, in {runs}"] if objectives else []
    return "; ".join([*said, *([against(record.baseline)] if record.baseline else [])])


def against(baseline: BaselineRecord) -> str:
    """Say whether the runs are worse than the baseline."""
    rounds = f"in {counted(len(baseline.runs), 'round')} against {len(baseline.baseline)}"
    chief = primary(baseline)
    for verdict, words in (("worse", "worse than"), ("better", "better than")):
        names = [metric_name(effect.metric) for effect in chief if effect.verdict == verdict]
        if names and (verdict == "worse" or baseline.verdict == "pass"):
            return f"{words} the baseline by its {listed(names)}, {rounds}"
    if baseline.verdict == "pass":
        return f"as good as the baseline, {rounds}"
    return f"not known if worse than the baseline, {rounds}"


def primary(baseline: BaselineRecord) -> list[EffectRecord]:
    """Return the effects that decide."""
    return [effect for effect in baseline.effects if effect.primary]


def effect_sentence(effect: EffectRecord) -> str:
    """Say what an effect comes to."""
    return sentence(effect, _BEFORE, _NOW)
