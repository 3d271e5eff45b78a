from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.errors import ExitCode
from loadsim.objectives import exit_code, verdict, worst
from loadsim.record import ObjectiveRecord, Verdict


def record(found: Verdict, expression: str = "p99 < 250ms", reason: str = "") -> ObjectiveRecord:
    return ObjectiveRecord(
        expression=expression, observed=0.312, bound=0.25, verdict=found, samples=5000, reason=reason
    )


def test_without_objectives_there_is_no_verdict_unless_the_run_is_invalid() -> None:
    assert verdict([], []) == (None, [])
    assert verdict([], ["the generator was saturated"]) == ("invalid", ["the generator was saturated"])


ORDER: list[Verdict] = ["invalid", "fail", "inconclusive", "pass"]


@given(found=st.lists(st.sampled_from(ORDER[1:]), min_size=1, max_size=6), invalid=st.lists(st.text(), max_size=2))
def test_the_gravest_verdict_stands_and_all_but_passes_are_told(found: list[Verdict], invalid: list[str]) -> None:
    whole, reasons = verdict([record(one) for one in found], invalid)
    among = [*found, "invalid"] if invalid else found
    assert whole == next(one for one in ORDER if one in among)
    assert reasons[: len(invalid)] == invalid
    assert len(reasons) == len(invalid) + sum(one != "pass" for one in found)


def test_broken_objectives_are_told_before_undecided_ones() -> None:
    records = [record("inconclusive", "p50 < 1s", "5 samples are too few"), record("fail"), record("pass", "mean < 1s")]
    assert verdict(records, [])[1] == [
        "p99 < 250ms: observed 312 ms",
        "p50 < 1s: observed 312 ms; 5 samples are too few",
    ]


def test_a_metric_of_a_later_version_is_told_all_the_same() -> None:
    assert verdict([record("fail", "ws.later < 1%", "lost some")], [])[1] == ["ws.later < 1%: lost some"]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (None, ExitCode.OK),
        ("pass", ExitCode.OK),
        ("fail", ExitCode.FAILED),
        ("inconclusive", ExitCode.UNKNOWN),
        ("invalid", ExitCode.UNKNOWN),
    ],
)
def test_each_verdict_has_its_exit_code(found: Verdict | None, code: ExitCode) -> None:
    assert exit_code(found) is code


@given(st.lists(st.sampled_from(ORDER), min_size=1))
def test_of_several_verdicts_the_one_that_comes_first_counts(found: list[Verdict]) -> None:
    assert worst(found) == min(found, key=ORDER.index)
    assert worst([]) is None
