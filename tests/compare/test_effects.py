"""Effects and verdicts: what is said of rounds, and what is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from loadsim.compare import Reading, Round, conclude, effects, is_answered
from loadsim.compare.record import EffectRecord

from .rounds import timed

RNG = np.random.default_rng(1)
NOISE = RNG.normal(0, 0.02, 10)


def one(a: Sequence[Round], b: Sequence[Round], name: str = "p50", **more: object) -> EffectRecord:
    return effects(a, b, primary=[name], **more)[0]  # type: ignore[arg-type]


def failing(shares: Sequence[float], samples: int = 1000) -> list[Round]:
    return [{"error_rate": Reading(share, samples)} for share in shares]


def test_a_slower_side_is_worse_and_a_faster_one_better() -> None:
    slower = one(timed(np.zeros(10)), timed(NOISE + 0.3))
    assert slower.verdict == "worse"
    assert slower.effect == pytest.approx(math.exp(0.3), rel=0.03)
    assert slower.low is not None
    assert slower.high is not None
    assert slower.low < math.exp(0.3) < slower.high
    assert one(timed(NOISE + 0.3), timed(np.zeros(10))).verdict == "better"


def test_more_goodput_is_better() -> None:
    a: list[Round] = [{"goodput": Reading(0.9 + x, 1000)} for x in NOISE / 10]
    b: list[Round] = [{"goodput": Reading(0.99, 1000)} for _ in NOISE]
    assert one(a, b, "goodput").verdict == "better"


def test_an_effect_within_the_margin_is_equivalent_even_where_it_is_certain() -> None:
    found = one(timed(np.zeros(10)), timed(NOISE / 10 + 0.01))
    assert found.verdict == "equivalent"
    assert found.p is not None
    assert found.p < 0.01
    assert one(timed(np.zeros(10)), timed(NOISE / 10 + 0.01), margins={"p50": 0.002}).verdict == "worse"


def test_the_tail_has_a_wider_margin() -> None:
    assert one(timed(np.zeros(10), "p99"), timed(NOISE + 0.06, "p99"), "p99").verdict == "equivalent"
    assert one(timed(np.zeros(10)), timed(NOISE + 0.06)).verdict != "equivalent"


def test_noise_larger_than_the_margin_is_inconclusive_and_says_what_could_be_found() -> None:
    found = one(timed(np.zeros(10)), timed(NOISE * 10))
    assert found.verdict == "inconclusive"
    assert "noise" in found.reason
    assert found.detectable is not None
    assert 0.1 < found.detectable < 0.5


def test_five_rounds_are_too_few_and_it_says_so() -> None:
    found = one(timed(np.zeros(5)), timed(NOISE[:5] + 3))
    assert (found.verdict, found.low, found.high) == ("inconclusive", None, None)
    assert found.reason == "5 rounds of the 6 that it takes"
    assert found.effect == pytest.approx(math.exp(3), rel=0.05)


def test_rounds_without_a_value_are_left_out_and_said() -> None:
    a = timed(np.zeros(10))
    a[3] = a[4] = a[5] = a[6] = a[7] = {}
    found = one(a, timed(NOISE))
    assert found.reason == "5 rounds of the 6 that it takes; 5 of 10 have no value on a side"


def test_a_metric_that_no_round_has_is_inconclusive() -> None:
    found = one(timed(np.zeros(10)), timed(NOISE), "p99[route=nowhere]")
    assert (found.verdict, found.effect) == ("inconclusive", None)
    assert found.reason == "no round has a value for p99[route=nowhere]"


def test_a_side_whose_quantile_gets_no_answer_is_worse_without_an_upper_bound() -> None:
    found = one(timed(np.zeros(8)), timed(np.full(8, np.inf)))
    assert (found.verdict, found.effect, found.high, found.unanswered_b) == ("worse", None, None, 8)
    assert found.b == [None] * 8


def test_where_neither_side_answers_nothing_is_known() -> None:
    found = one(timed(np.full(8, np.inf)), timed(np.full(8, np.inf)))
    assert found.verdict == "inconclusive"
    assert found.reason == "neither side had an answer at this quantile in 8 of 8 rounds"


def test_no_failure_in_many_requests_is_equivalent_and_in_few_it_is_not_known() -> None:
    assert one(failing([0.0] * 10), failing([0.0] * 10), "error_rate").verdict == "equivalent"
    few = one(failing([0.0] * 10, 12), failing([0.0] * 10, 12), "error_rate")
    assert few.verdict == "inconclusive"
    assert few.high == pytest.approx(-math.log(0.025) / 120)


def test_one_round_in_ten_that_fails_is_not_called_equivalent() -> None:
    found = one(failing([0.0] * 10), failing([0.0] * 9 + [1.0]), "error_rate")
    assert found.verdict == "inconclusive"
    assert found.effect == pytest.approx(0.1)


def test_identical_times_are_equivalent() -> None:
    found = one(timed(np.zeros(10)), timed(np.zeros(10)))
    assert (found.verdict, found.effect, found.low, found.high) == ("equivalent", 1.0, 1.0, 1.0)


def test_unpaired_rounds_take_four_a_side() -> None:
    a, b = timed(NOISE[:4]), timed(NOISE[4:8] + 0.5)
    assert one(a, b, design="unpaired").verdict == "worse"
    assert one(a[:3], b, design="unpaired").reason.startswith("3 rounds of the 4")


def test_a_primary_metric_that_some_unpaired_rounds_lack_does_not_keep_the_others_from_being_judged() -> None:
    a = [{**one, **other} for one, other in zip(timed(NOISE[:6]), timed(NOISE[:6], "p99"), strict=True)]
    b = [{**one, **other} for one, other in zip(timed(NOISE[4:10] + 1), timed(NOISE[4:10] + 1, "p99"), strict=True)]
    del b[0]["p99"]
    found = effects(a, b, primary=["p50", "p99"], design="unpaired")
    assert [(each.verdict, each.rounds) for each in found] == [("worse", 6), ("worse", 5)]


def test_a_recovery_is_compared_in_seconds_and_never_having_recovered_is_worse() -> None:
    def after(*seconds: float) -> list[Round]:
        return [{"recovery": Reading(value, 1)} for value in seconds]

    at_once, slow = after(*[0.0] * 8), after(4, 5, 4, 6, 5, 4, 7, 5)
    found = one(at_once, slow, "recovery")
    assert (found.verdict, found.scale, found.effect) == ("worse", "seconds", 5.0)
    assert one(at_once, at_once, "recovery").verdict == "equivalent"
    assert one(at_once, after(*[1.0] * 8), "recovery").verdict == "equivalent"
    assert one(at_once, after(*[1.0] * 8), "recovery", margins={"recovery": 0.5}).verdict == "worse"
    never = one(at_once, after(*[math.inf] * 8), "recovery", design="unpaired")
    assert (never.verdict, never.effect, never.unanswered_b) == ("worse", None, 8)
    neither = one(after(*[math.inf] * 8), after(*[math.inf] * 8), "recovery")
    assert neither.reason == "neither side recovered in 8 of 8 rounds"


def test_exploratory_metrics_are_adjusted_for_how_many_they_are() -> None:
    names = [f"p50[route=r{n}]" for n in range(60)]
    rng = np.random.default_rng(14)
    a = [{name: Reading(1.0, 100) for name in names} for _ in range(10)]
    b = [{name: Reading(float(np.exp(rng.normal(0, 0.2))), 100) for name in names} for _ in range(10)]
    found = effects(a, b, primary=[])
    assert [each.metric for each in found] == sorted(names)
    assert not any(each.primary for each in found)
    assert any(each.p is not None and each.p <= 0.05 for each in found)
    assert {each.verdict for each in found} == {"inconclusive"}


def test_worse_comes_before_inconclusive_and_invalid_before_all() -> None:
    worse = one(timed(np.zeros(10)), timed(NOISE + 0.3))
    unknown = one(timed(np.zeros(10)), timed(NOISE * 10))
    same = one(timed(np.zeros(10)), timed(np.zeros(10)))
    better = one(timed(NOISE + 0.3), timed(np.zeros(10)))
    assert conclude([worse, unknown], invalid=[], interrupted=False) == "worse"
    assert conclude([better, unknown], invalid=[], interrupted=False) == "inconclusive"
    assert conclude([better, same], invalid=[], interrupted=False) == "better"
    assert conclude([same], invalid=[], interrupted=False) == "equivalent"
    assert conclude([worse], invalid=["saturated"], interrupted=False) == "invalid"
    assert conclude([worse], invalid=[], interrupted=True) == "inconclusive"
    assert conclude([], invalid=[], interrupted=False) == "inconclusive"
    assert is_answered([worse, unknown])
    assert not is_answered([better, unknown])
