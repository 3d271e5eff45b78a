from __future__ import annotations

import math
import operator as operators
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadsim.measure.sample import Outcome
from loadsim.objectives import broken_aborts, parse_objective
from tests.objectives.traffic import Visit, evenly, judged, observed

OK, DROPPED, TIMEOUT = int(Outcome.OK), int(Outcome.DROPPED), int(Outcome.TIMEOUT)
ALL_METRICS = [
    "p99 < 1s", "min < 1s", "max < 1s", "mean < 1s", "p50(service) < 1s", "p50(iteration) < 1s", "error_rate < 1%",
    "iteration_error_rate < 1%", "started > 1%", "goodput > 1%", "rate > 1/s", "jain > 0.5", "max_share < 90%",
    "recovery < 1s", "p99 < 1s over 10s", "rate < 1/s over 10s", "stale_reads < 1%", "lost_updates <= 0%",
    "oversold <= 0%",
]  # fmt: skip


@pytest.mark.parametrize("text", ALL_METRICS)
def test_without_any_sample_every_objective_fails_and_says_so(text: str) -> None:
    record = judged(text)
    assert (record.verdict, record.observed, record.samples) == ("fail", None, 0)
    assert record.reason


# -- quantiles and other times


@settings(max_examples=40, deadline=None)
@given(
    times_ms=st.lists(st.integers(1, 1000), min_size=100, max_size=160),
    lost=st.integers(0, 40),
    percent=st.sampled_from([7, 50, 75, 90]),
    bound_ms=st.integers(1, 1000),
    operator=st.sampled_from(["<", "<=", ">", ">="]),
)
def test_a_quantile_is_the_value_of_its_rank_and_lost_work_ranks_last(
    times_ms: list[int], lost: int, percent: int, bound_ms: int, operator: str
) -> None:
    visits = [Visit(n * 0.1, took_s=ms / 1000) for n, ms in enumerate(times_ms)]
    visits += [Visit(n * 0.1, outcome=TIMEOUT) for n in range(lost)]
    record = judged(f"p{percent} {operator} {bound_ms}ms", visits)
    ranked = [*sorted(times_ms), *[math.inf] * lost]
    expected = ranked[math.ceil(Fraction(percent, 100) * len(ranked)) - 1]
    assert record.samples == len(ranked)
    if math.isinf(expected):
        assert record.observed is None
        assert record.verdict == ("fail" if operator.startswith("<") else "pass")
    else:
        assert record.observed is not None
        assert record.observed == pytest.approx(expected / 1000, rel=1e-3)
        holds: dict[str, Callable[[float, float], bool]] = {
            "<": operators.lt,
            "<=": operators.le,
            ">": operators.gt,
            ">=": operators.ge,
        }
        assert record.verdict == ("pass" if holds[operator](record.observed, bound_ms / 1000) else "fail")


@pytest.mark.parametrize(("quantile", "needed"), [("p50", 20), ("p90", 100), ("p99", 1000), ("p99.9", 10_000)])
def test_a_quantile_takes_ten_samples_beyond_it(quantile: str, needed: int) -> None:
    few = judged(f"{quantile} < 1s", evenly(needed - 1))
    assert (few.verdict, few.samples) == ("inconclusive", needed - 1)
    assert f"takes {needed:,}" in few.reason
    assert judged(f"{quantile} < 1s", evenly(needed)).verdict == "pass"


def test_too_few_samples_decide_nothing_even_when_they_are_slow() -> None:
    assert judged("p99 < 1ms", evenly(10)).verdict == "inconclusive"


def test_response_times_count_from_due_and_service_times_from_the_start() -> None:
    visits = evenly(100, took_s=0.01, waited_s=0.5)
    assert judged("p50 < 1s", visits).observed == pytest.approx(0.51, rel=1e-3)
    assert judged("p50(service) < 1s", visits).observed == pytest.approx(0.01, rel=1e-3)
    assert judged("p50(iteration) < 1s", visits).observed == pytest.approx(0.51, rel=1e-3)


def test_work_without_an_answer_is_the_maximum_and_leaves_no_mean() -> None:
    visits = [*evenly(9, took_s=0.2), Visit(1.0, outcome=TIMEOUT)]
    for text in ("max < 1h", "mean < 1h"):
        record = judged(text, visits)
        assert (record.verdict, record.observed, record.samples) == ("fail", None, 10)
        assert "1 of 10 got no answer" in record.reason
    assert judged("min < 1s", visits).observed == pytest.approx(0.2, rel=1e-3)
    assert judged("max > 1s", visits).verdict == "pass"


def test_mean_min_and_max_are_of_what_was_measured() -> None:
    visits = [Visit(1.0, took_s=0.1), Visit(2.0, took_s=0.2), Visit(3.0, took_s=0.6)]
    assert judged("mean < 1s", visits).observed == pytest.approx(0.3, rel=1e-3)
    assert judged("min < 1s", visits).observed == pytest.approx(0.1, rel=1e-3)
    assert judged("max < 1s", visits).observed == pytest.approx(0.6, rel=1e-3)


def test_the_closed_model_is_told_to_bound_service_time() -> None:
    record = judged("p50 < 1s", evenly(100), closed=True)
    assert record.verdict == "fail"
    assert "p50(service)" in record.reason
    assert judged("p50(service) < 1s", evenly(100), closed=True).verdict == "pass"


# -- shares and rates


@settings(max_examples=40, deadline=None)
@given(completed=st.integers(0, 60), failed=st.integers(0, 60), dropped=st.integers(0, 60))
def test_shares_and_rates_are_what_the_counts_say(completed: int, failed: int, dropped: int) -> None:
    scheduled, requests = completed + failed + dropped, completed + failed
    visits = [Visit(n * 0.1, outcome=OK) for n in range(completed)]
    visits += [Visit(n * 0.1, outcome=503) for n in range(failed)]
    visits += [Visit(n * 0.1, outcome=DROPPED) for n in range(dropped)]
    expected = {
        "error_rate < 1%": (failed, requests, requests),
        "iteration_error_rate < 1%": (failed + dropped, scheduled, scheduled),
        "started >= 99%": (requests, scheduled, scheduled),
        "goodput >= 99%": (completed, scheduled, scheduled),
        "rate >= 1/s": (completed, 60, scheduled),
    }
    for text, (part, whole, samples) in expected.items():
        record = judged(text, visits)
        assert record.samples == samples
        assert record.observed == (pytest.approx(part / whole) if samples else None)


def test_a_rate_so_far_is_of_the_time_so_far() -> None:
    assert judged("rate > 1/s", evenly(100, 20.0), until_s=20.0).observed == pytest.approx(5.0)


@pytest.mark.parametrize("percent", range(1, 101))
def test_exactly_the_bound_holds_an_inclusive_bound(percent: int) -> None:
    visits = [Visit(n * 0.5, outcome=OK if n < percent else 503) for n in range(100)]
    for operator, verdict in (("<=", "pass"), (">=", "pass"), ("<", "fail"), (">", "fail")):
        assert judged(f"goodput {operator} {percent}%", visits).verdict == verdict


# -- selectors


def test_selectors_pick_their_part_of_the_traffic() -> None:
    visits = [
        *evenly(50, 30.0, took_s=0.1, route=1, backend=1, visitor_class=0),
        *evenly(50, 30.0, start_s=30.0, took_s=0.3, route=2, backend=2, visitor_class=1, outcome=503),
    ]
    for selector in ("route='GET /items*'", "backend=web-2", "phase=spike", "class=heavy", "outcome=http_5*"):
        record = judged(f"p50[{selector}] < 1s", visits)
        assert (record.samples, record.verdict) == (50, "pass")
        assert record.observed == pytest.approx(0.3, rel=1e-3)
    assert judged("p50[pool=all] < 1s", visits).samples == 100
    assert judged("error_rate[route='GET /'] <= 0%", visits).verdict == "pass"
    assert judged("goodput[class=heavy] >= 1%", visits).observed == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("p50[route='GET /nowhere'] < 1s", "no route 'GET /nowhere'; seen: GET /, GET /items/:id"),
        ("p50[backend=web-9] < 1s over 10s", "no backend 'web-9'; seen: web-1, web-2, db-1"),
        ("goodput[phase=night,class=none] > 1%", "no phase 'night'; seen: base, spike; no class 'none'; seen: light, "),
        ("jain[pool=cache] > 0.9", "no pool 'cache'; seen: all, web, db"),
        ("p50[outcome=timeout] < 1s", "no outcome 'timeout'; seen: ok, http_503"),
    ],
)
def test_a_name_never_seen_fails_and_lists_what_was_seen(text: str, reason: str) -> None:
    record = judged(text, evenly(1000), jain={"web": 1.0}, shares={"web": {"web-1": 1.0}})
    assert (record.verdict, record.observed, record.samples) == ("fail", None, 0)
    assert reason in record.reason


def test_names_that_were_seen_but_never_together_have_no_samples() -> None:
    record = judged("p50[phase=spike] < 1s", evenly(100, 30.0))
    assert (record.verdict, record.reason) == ("fail", "no samples")


# -- windows


def test_the_worst_window_is_observed_and_its_time_is_told() -> None:
    visits = [*evenly(600), *evenly(60, 10.0, start_s=20.0, took_s=0.8)]
    record = judged("p50 < 500ms over 10s", visits)
    assert (record.verdict, record.samples) == ("pass", 100)
    record = judged("p90 < 500ms over 10s", visits)
    assert (record.verdict, record.samples) == ("fail", 160)
    assert record.observed == pytest.approx(0.8, rel=1e-3)
    assert record.reason == "worst window 20s to 30s (of 6)"


def test_for_a_lower_bound_the_lowest_window_is_the_worst() -> None:
    visits = [*evenly(500, 50.0), *evenly(10, 10.0, start_s=50.0)]
    record = judged("rate >= 5/s over 10s", visits)
    assert (record.verdict, record.observed, record.reason) == ("fail", 1.0, "worst window 50s to 60s (of 6)")


def test_empty_windows_are_skipped_and_counted() -> None:
    visits = [*evenly(100, 10.0), *evenly(100, 10.0, start_s=40.0)]
    record = judged("p50 < 1s over 10s", visits)
    assert record.verdict == "pass"
    assert "of 6, 4 of them empty" in record.reason


def test_a_partial_last_window_is_ignored() -> None:
    visits = [*evenly(300, 50.0), *evenly(100, 5.0, start_s=50.0, took_s=2.0)]
    record = judged("p50 < 1s over 10s", visits, duration_s=55.0)
    assert (record.verdict, "(of 5)" in record.reason) == ("pass", True)


def test_a_run_shorter_than_the_window_decides_nothing() -> None:
    record = judged("p50 < 1s over 2m", evenly(1000))
    assert (record.verdict, record.samples) == ("inconclusive", 0)
    assert "no window of 120s is complete" in record.reason


def test_samples_in_the_partial_window_alone_decide_nothing() -> None:
    record = judged("p50 < 1s over 10s", evenly(100, 5.0, start_s=50.0), duration_s=55.0)
    assert (record.verdict, record.reason) == ("inconclusive", "each of the 5 windows of 10s is empty")


def test_windows_with_too_few_samples_are_undecided_unless_another_is_broken() -> None:
    few = evenly(5, 10.0, took_s=9.0)
    record = judged("p50 < 1s over 10s", [*few, *evenly(100, 10.0, start_s=10.0)])
    assert record.verdict == "inconclusive"
    assert "1 with too few samples: p50 takes 20" in record.reason
    assert record.observed == pytest.approx(0.01, rel=1e-3)
    record = judged("p50 < 1s over 10s", [*few, *evenly(100, 10.0, start_s=10.0, took_s=2.0)])
    assert (record.verdict, record.samples) == ("fail", 100)


@settings(max_examples=30, deadline=None)
@given(
    dues=st.lists(st.integers(0, 599), min_size=1, max_size=60),
    window_ds=st.integers(1, 100),
    duration_ds=st.integers(1, 600),
)
def test_every_complete_window_is_judged_once(dues: list[int], window_ds: int, duration_ds: int) -> None:
    # Due times lie in the middle of tenths, so that no rounding moves one over an edge.
    dues = [due for due in dues if due < duration_ds]
    visits = [Visit((due + 0.5) / 10, took_s=(due + 1) / 10) for due in dues]
    record = judged(f"max < 1h over {window_ds / 10}s", visits, duration_s=duration_ds / 10)
    complete = duration_ds // window_ds
    judged_dues = [due for due in dues if due // window_ds < complete]
    if judged_dues:
        assert record.observed == pytest.approx((max(judged_dues) + 1) / 10, rel=2e-3)
        empty = complete - len({due // window_ds for due in judged_dues})
        assert f"(of {complete}{f', {empty} of them empty' if empty else ''})" in record.reason
    else:
        assert record.observed is None
        assert record.verdict == ("inconclusive" if dues else "fail")


# -- balance and recovery

SHARES = {
    "all": {"web-1": 0.3, "web-2": 0.2, "db-1": 0.5},
    "web": {"web-1": 0.6, "web-2": 0.4},
    "db": {"db-1": 1.0},
}
JAIN: dict[str, float | None] = {"all": 0.88, "web": 0.96, "db": 1.0, "idle": None}


@pytest.mark.parametrize(
    ("text", "value", "verdict"),
    [
        ("jain >= 0.95", 0.96, "pass"),
        ("jain >= 0.98", 0.96, "fail"),
        ("jain[pool=all] >= 0.95", 0.88, "fail"),
        ("jain[pool=*] >= 0.95", 0.88, "fail"),
        ("max_share < 70%", 0.6, "pass"),
        ("max_share[pool=web] < 50%", 0.6, "fail"),
        ("max_share[pool=db] < 50%", 1.0, "fail"),
    ],
)
def test_the_worst_pool_that_has_something_to_balance_is_judged(text: str, value: float, verdict: str) -> None:
    record = judged(text, [*evenly(100), *evenly(100, backend=3)], jain=JAIN, shares=SHARES)
    assert record.verdict == verdict
    assert record.observed == pytest.approx(value)


def test_balance_takes_five_requests_a_backend() -> None:
    shares = {"web": {"web-1": 0.5, "web-2": 0.5}}
    assert judged("max_share <= 50%", evenly(9), shares=shares).verdict == "inconclusive"
    assert judged("max_share <= 50%", evenly(10), shares=shares).verdict == "pass"


def test_the_slowest_recovery_is_judged_and_none_at_all_is_the_slowest() -> None:
    record = judged("recovery < 10s", recoveries=[2.0, 9.0])
    assert (record.verdict, record.observed, record.samples) == ("pass", 9.0, 2)
    record = judged("recovery < 10s", recoveries=[2.0, None])
    assert (record.verdict, record.observed, record.reason) == ("fail", None, "it did not recover")


def test_without_an_event_recovery_fails() -> None:
    record = judged("recovery < 10s", evenly(100))
    assert (record.verdict, record.samples) == ("fail", 0)
    assert "nothing to recover from" in record.reason


# -- aborts


def aborts(text: str, visits: list[Visit], until_s: float) -> list[str]:
    objective = parse_objective(text)
    return broken_aborts([objective], observed(visits, [objective], until_s=until_s))


def test_only_objectives_that_say_abort_end_a_run() -> None:
    slow = evenly(1000, 10.0, took_s=3.0)
    assert aborts("p50 < 1s", slow, 10.0) == []
    assert aborts("abort p50 < 1s", slow, 10.0) == ["abort p50 < 1s: observed 3.00 s"]


def test_a_window_can_abort_once_it_is_over() -> None:
    visits = [*evenly(100, 10.0), *evenly(100, 10.0, start_s=10.0, took_s=3.0)]
    assert aborts("abort p50 < 1s over 10s", visits, 19.9) == []
    assert aborts("abort p50 < 1s over 10s", visits, 20.0) == [
        "abort p50 < 1s over 10s: observed 3.00 s; worst window 10s to 20s (of 2)"
    ]


def test_nothing_measured_and_too_little_measured_abort_nothing() -> None:
    assert aborts("abort p50 < 1s", [], 5.0) == []
    assert aborts("abort p99 < 1s", evenly(999, 5.0, took_s=3.0), 5.0) == []
    assert aborts("abort p50[route=nowhere] < 1s", evenly(999, 5.0), 5.0) == []


@pytest.mark.parametrize(
    ("text", "count", "until_s", "broken"),
    [
        ("abort error_rate < 10%", 99, 5.0, False),
        ("abort error_rate < 10%", 100, 5.0, True),
        ("abort goodput >= 90%", 99, 5.0, False),
        ("abort goodput >= 90%", 100, 5.0, True),
        ("abort error_rate <= 0%", 1, 5.0, True),
        ("abort mean < 1s", 29, 5.0, False),
        ("abort mean < 1s", 30, 5.0, True),
        ("abort max < 1s", 1, 5.0, True),
        ("abort rate > 400/s", 100, 9.9, False),
        ("abort rate > 400/s", 100, 10.0, True),
    ],
)
def test_first_bad_luck_does_not_abort(text: str, count: int, until_s: float, broken: bool) -> None:
    visits = evenly(count, 5.0, took_s=3.0, outcome=503)
    assert bool(aborts(text, visits, until_s)) == broken
