"""From the readings of all rounds to effects with intervals and verdicts, and from those to a conclusion.

Verdicts of a metric, from its 95 % interval and its adjusted p-value:

- equivalent: the interval lies within the margin. It contains the 90 % interval of the two one-sided tests (Schuirmann
  1987), so an effect as large as the margin is taken for none in at most 2.5 %. No correction for several metrics is
  wanted: "all are equivalent" is claimed only when each is (an intersection-union test, Berger 1982).
- worse, better: no effect is rejected, with several metrics allowed for, and the interval reaches beyond the margin.
- inconclusive: neither; it is said why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from loadsim.compare.looks import LEVEL
from loadsim.compare.metrics import Metric, Round, Scale, metric
from loadsim.compare.multiple import benjamini_yekutieli, step_down
from loadsim.compare.power import detectable
from loadsim.compare.record import Design, EffectRecord, EffectVerdict, Verdict
from loadsim.compare.samples import Sample, paired, unpaired

MARGIN_TIMES = 0.05
MARGIN_TAIL = 0.15
MARGIN_SECONDS = 1.0
"""A recovery is measured to the second."""
MARGIN_SHARE = 0.01
"""One point: 5 % of a share would let every twentieth request fail and call it equivalent."""
_TAIL = ("p99", "p99.9")


def margin(of: Metric, given: Mapping[str, float]) -> float:
    """Return the least effect of interest: as given for the metric, its statistic, or all times (''), or the default.

    What is given for all times is for their ratios: 5 % of a time is little, 5 points of an error rate are not.
    """
    for name in (of.name, of.statistic, *([""] if of.scale is Scale.RATIO else [])):
        if name in given:
            return given[name]
    if of.scale is not Scale.RATIO:
        return MARGIN_SHARE if of.scale is Scale.SHARE else MARGIN_SECONDS
    return MARGIN_TAIL if of.statistic in _TAIL else MARGIN_TIMES


def effects(
    a: Sequence[Round],
    b: Sequence[Round],
    *,
    primary: Sequence[str],
    margins: Mapping[str, float] | None = None,
    design: Design = "interleaved",
    level: float = LEVEL,
    seed: int = 0,
) -> list[EffectRecord]:
    """Return the effect on every metric that both sides have: the primary ones, then the others by name.

    ``margins`` are the least effects of interest, see :func:`margin`.
    """
    shared = sorted({name for each in a for name in each} & {name for each in b for name in each} - set(primary))
    judged = [_Judged(metric(name), a, b, margins or {}, design, level, seed) for name in (*primary, *shared)]
    chief, others = judged[: len(primary)], judged[len(primary) :]
    enough = [each for each in chief if each.is_enough]
    for each, adjusted in zip(enough, step_down([each.sample.statistics() for each in enough]), strict=True):
        each.p_adjusted = adjusted
    tested = [each for each in others if each.is_enough]
    for each, adjusted in zip(tested, benjamini_yekutieli([each.p for each in tested]), strict=True):
        each.p_adjusted = adjusted
    return [each.record(primary=place < len(primary), primaries=len(primary)) for place, each in enumerate(judged)]


def conclude(found: Sequence[EffectRecord], *, invalid: Sequence[str], interrupted: bool) -> Verdict:
    """Return what the primary metrics come to. Invalid comes first, then worse, then inconclusive."""
    verdicts = {effect.verdict for effect in found if effect.primary}
    if invalid:
        return "invalid"
    if interrupted or not verdicts:
        return "inconclusive"
    return next(word for word in ("worse", "inconclusive", "better", "equivalent") if word in verdicts)


def is_answered(found: Sequence[EffectRecord]) -> bool:
    """Return whether more rounds would not change the conclusion: something is worse, or everything is decided."""
    verdicts = {effect.verdict for effect in found if effect.primary}
    return "worse" in verdicts or "inconclusive" not in verdicts


def foresee(
    a: Sequence[Round], b: Sequence[Round], *, primary: Sequence[str], rounds: int, level: float = LEVEL
) -> dict[str, float]:
    """Return what ``rounds`` rounds can detect of each primary metric, from the noise of those there are.

    As ``margin`` is given: 0.05 is a ratio of 1.05, 5 points of a share, or seconds. Metrics without noise to go by are
    left out.
    """
    found = {}
    for name in primary:
        of = metric(name)
        reach = detectable(paired(of, a, b).noise(), rounds, level / len(primary))
        if reach > 0:
            found[name] = math.expm1(reach) if of.scale is Scale.RATIO else reach
    return found


class _Judged:
    """One metric on its way to a record."""

    def __init__(
        self,
        of: Metric,
        a: Sequence[Round],
        b: Sequence[Round],
        margins: Mapping[str, float],
        design: Design,
        level: float,
        seed: int,
    ) -> None:
        self.metric, self.a, self.b, self.level = of, a, b, level
        self.sample: Sample = (unpaired if design == "unpaired" else paired)(of, a, b, seed)
        self.margin = margin(of, margins)
        self.interval = self.sample.interval(level)
        self.p = self.sample.p_value() if self.is_enough else math.nan
        self.p_adjusted = math.nan
        if self.interval is not None and of.scale is Scale.SHARE:
            self.interval = self._no_finer_than_counted(*self.interval)

    @property
    def is_enough(self) -> bool:
        """Whether there are rounds enough for a verdict."""
        return self.interval is not None

    def record(self, *, primary: bool, primaries: int) -> EffectRecord:
        """Return the effect as it is written."""
        verdict, reason = self._verdict(primary)
        effect = self.sample.estimate()
        low, high = self.interval or (math.nan, math.nan)
        noise = self.sample.noise()
        level = self.level / (primaries if primary else 1)
        reach = detectable(noise, self.sample.rounds, level) if noise > 0 and self.is_enough else math.nan
        return EffectRecord(
            metric=self.metric.name,
            primary=primary,
            scale=self.metric.scale.value,
            better=self.metric.better,
            a=self._column(self.a),
            b=self._column(self.b),
            unanswered_a=self._unanswered(self.a),
            unanswered_b=self._unanswered(self.b),
            rounds=self.sample.rounds,
            effect=self._shown(effect),
            low=self._shown(low),
            high=self._shown(high),
            p=_known(self.p),
            p_adjusted=_known(self.p_adjusted),
            margin=self.margin,
            detectable=_known(math.expm1(reach) if self.metric.scale is Scale.RATIO else reach),
            verdict=verdict,
            reason=reason,
        )

    def _verdict(self, primary: bool) -> tuple[EffectVerdict, str]:
        if self.interval is None:
            return "inconclusive", self._too_few()
        low, high = self.interval
        margin = math.log1p(self.margin) if self.metric.scale is Scale.RATIO else self.margin
        if -margin <= low and high <= margin:
            return "equivalent", ""
        if self.p_adjusted <= self.level:
            rises = float(self.sample.statistics()[0]) > 0
            return ("worse" if rises == (self.metric.better == "lower") else "better"), ""
        if low > 0 or high < 0:
            among = "the primary metrics" if primary else "all these metrics"
            return "inconclusive", f"an effect by its own interval, but not with {among} looked at together"
        if low < -margin and high > margin:
            return "inconclusive", "the noise of these rounds hides effects larger than the margin, either way"
        return "inconclusive", "no effect is possible, and so is one beyond the margin"

    def _too_few(self) -> str:
        needed, there = self.sample.needs(self.level), self.sample.rounds
        least = min(len(self.a), len(self.b))
        if not any(self.metric.name in each for each in (*self.a, *self.b)):
            return f"no round has a value for {self.metric.name}"
        silent = min(self._unanswered(self.a), self._unanswered(self.b))
        if silent and there < least and self.metric.scale is Scale.SECONDS:
            return f"neither side recovered in {silent} of {least} rounds"
        if silent and there < least:
            return f"neither side had an answer at this quantile in {silent} of {least} rounds"
        missing = f"; {least - there} of {least} have no value on a side" if there < least else ""
        return f"{there} {'round' if there == 1 else 'rounds'} of the {needed} that it takes{missing}"

    def _no_finer_than_counted(self, low: float, high: float) -> tuple[float, float]:
        """Widen an interval without width to what the counts can tell.

        Rounds that all agree (most often: not a failure anywhere) leave nothing to flip. Of n requests that all
        succeeded, a share of up to -ln(level / 2) / n may still fail (the rule of three).
        """
        if low != high:
            return low, high
        samples = [
            sum(each[self.metric.name].samples for each in side if self.metric.name in each)
            for side in (self.a, self.b)
        ]
        finest = -math.log(self.level / 2) / max(1, min(samples))
        return low - finest, high + finest

    def _shown(self, effect: float) -> float | None:
        """Return an effect as it is written: a ratio again where it was a logarithm."""
        if not math.isfinite(effect):
            return None
        return math.exp(effect) if self.metric.scale is Scale.RATIO else float(effect)

    def _column(self, rounds: Sequence[Round]) -> list[float | None]:
        return [_known(each[self.metric.name].value) if self.metric.name in each else None for each in rounds]

    def _unanswered(self, rounds: Sequence[Round]) -> int:
        return sum(self.metric.name in each and math.isinf(each[self.metric.name].value) for each in rounds)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
