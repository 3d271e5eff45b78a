"""Every number of the record that comes from samples, from samples of which the numbers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from loadsim.measure.recorder import Recorder
from loadsim.measure.recovery import Event
from loadsim.measure.sample import Outcome
from loadsim.record import Quantiles
from loadsim.summary import summarise

from .measure.frames import ORIGIN, PHASES, dropped, iteration, recorder, request, traffic


def visit(due: float, took_s: float = 0.1, *, outcome: int = 0, **numbers: int) -> bytes:
    """Return an iteration of one request, which began when it was due."""
    return request(due, due, due + took_s, outcome=outcome, **numbers) + iteration(
        due, due, due + took_s, outcome=outcome, visitor_class=numbers.get("visitor_class", 0)
    )


@settings(max_examples=40, deadline=None)
@given(traffic())
def test_all_that_was_scheduled_is_accounted_for_in_the_run_and_in_its_phases(samples: list[bytes]) -> None:
    summary = summarise(recorder(samples), lost=3)
    load = summary.load
    assert load.scheduled == load.completed + load.failed + load.dropped + load.aborted + load.lost
    assert load.lost == 3
    phases = [phase.load for phase in summary.phases]
    assert sum(phase.scheduled for phase in phases) == load.scheduled - 3
    for name in ("completed", "failed", "dropped", "aborted"):
        assert sum(getattr(phase, name) for phase in phases) == getattr(load, name)


@settings(max_examples=40, deadline=None)
@given(traffic())
def test_requests_are_the_same_by_outcome_route_backend_and_class(samples: list[bytes]) -> None:
    summary = summarise(recorder(samples))
    count, failed = summary.requests.count, summary.requests.failed
    assert sum(summary.outcomes.values()) == count
    for parts in (summary.routes, summary.backends, summary.classes):
        assert sum(part.count for part in parts.values()) == count
    for parts in (summary.routes, summary.classes):
        assert sum(part.failed for part in parts.values()) == failed
    assert summary.service_time_s.count == count
    assert all(sum(route.outcomes.values()) == route.count for route in summary.routes.values())


def test_rates_are_over_the_time_that_was_measured() -> None:
    made = recorder([visit(second / 10) for second in range(100)])
    assert summarise(made).load.offered_rate == pytest.approx(100 / 30)
    assert summarise(made, measured_s=10.0).load.offered_rate == pytest.approx(10.0)
    assert summarise(made, measured_s=1000.0).load.offered_rate == pytest.approx(100 / 30)


def test_a_run_that_ended_before_its_window_has_no_rates() -> None:
    load = summarise(recorder(), measured_s=0.0).load
    assert (load.offered_rate, load.achieved_rate) == (None, None)
    assert load.scheduled == 0


def test_what_ended_in_the_drain_was_offered_but_not_achieved_in_time() -> None:
    load = summarise(recorder([visit(10.0), visit(29.95, took_s=5.0)])).load
    assert load.completed == 2
    assert load.offered_rate == pytest.approx(2 / 30)
    assert load.achieved_rate == pytest.approx(1 / 30)


def test_times_are_of_what_was_measured_and_a_quantile_without_an_answer_is_not_known() -> None:
    samples = [visit(n / 4, took_s=0.1) for n in range(50)] + [dropped(20.0) for _ in range(50)]
    times = summarise(recorder(samples)).response_time_s
    assert times is not None
    assert (times.count, times.unanswered) == (100, 50)
    assert times.p50 == pytest.approx(0.1, rel=0.01)
    assert (times.p75, times.p99, times.p99_9) == (None, None, None)
    assert times.mean == pytest.approx(0.1, rel=0.01)
    assert times.max == pytest.approx(0.1, rel=0.01)


def test_without_samples_nothing_is_known_of_times() -> None:
    summary = summarise(recorder())
    assert summary.response_time_s == summary.service_time_s == summary.iteration_time_s == Quantiles()
    assert (summary.routes, summary.classes, summary.errors) == ({}, {}, [])
    assert {name: (each.count, each.share) for name, each in summary.backends.items()} == {
        "web-1": (0, None),
        "web-2": (0, None),
    }
    assert {(each.jain, each.cv, each.chi2_p) for each in summary.balance.values()} == {(None, None, None)}


def test_the_closed_model_has_no_response_time() -> None:
    summary = summarise(recorder([visit(1.0)], model="closed"))
    assert summary.response_time_s is None
    assert summary.service_time_s.count == 1


def gauged(*points: tuple[float, int, int, float]) -> Recorder:
    """Return a closed recorder that was told (time, in flight, backlog, CPU seconds so far)."""
    made = Recorder(origin=ORIGIN, duration_s=30.0, phases=PHASES, classes=("light",), model="open")
    for time_s, in_flight, backlog, cpu_s in points:
        made.gauge(time_s=time_s, in_flight=in_flight, backlog=backlog, engine_cpu_s=cpu_s)
    made.close()
    return made


def test_the_engine_s_own_extremes_are_better_than_the_highest_of_its_gauges() -> None:
    made = gauged((0.0, 3, 0, 0.0), (1.0, 7, 2, 0.5), (2.0, 5, 1, 1.0))
    load = summarise(made).load
    assert (load.max_in_flight, load.max_backlog) == (7, 2)
    assert load.generator_cpu == pytest.approx(0.5)
    load = summarise(made, max_in_flight=9, max_backlog=4).load
    assert (load.max_in_flight, load.max_backlog) == (9, 4)


def test_without_gauges_neither_extremes_nor_cpu_are_known() -> None:
    load = summarise(recorder([visit(1.0)])).load
    assert (load.max_in_flight, load.max_backlog, load.generator_cpu) == (None, None, None)


def test_the_generator_s_cpu_after_the_measured_window_is_not_the_run_s() -> None:
    made = gauged(
        *((float(second), 1, 0, 0.2 * second if second < 30 else 6 + (second - 30) * 1.0) for second in range(60))
    )
    assert summarise(made).load.generator_cpu == pytest.approx(0.2, rel=0.05)


def test_a_busy_generator_is_said_to_be_saturated_and_an_idle_one_is_not() -> None:
    assert summarise(gauged(*((float(n), 1, 0, 0.95 * n) for n in range(30)))).saturated
    assert summarise(gauged(*((float(n), 1, 0, 0.5 * n) for n in range(30)))).saturated == []


def test_a_generator_that_starts_late_is_said_to_be_saturated() -> None:
    late = [request(n / 4, n / 4 + 0.02, n / 4 + 0.04) + iteration(n / 4, n / 4 + 0.02, n / 4 + 0.04, late_start=0.02)
            for n in range(100)]  # fmt: skip
    summary = summarise(recorder(late))
    assert len(summary.saturated) == 1
    assert "started 20.0 ms or more too late" in summary.saturated[0]


def test_what_waited_for_a_free_user_is_no_lateness_of_the_generator() -> None:
    waited = [
        request(n / 4, n / 4 + 2, n / 4 + 2.1) + iteration(n / 4, n / 4 + 2, n / 4 + 2.1, backlog_wait=2.0)
        for n in range(100)
    ]
    summary = summarise(recorder(waited))
    assert summary.saturated == []
    assert summary.load.backlog_wait_s.p50 == pytest.approx(2.0, rel=0.01)
    assert summary.load.late_start_s.max == pytest.approx(0.0, abs=1e-6)


def test_errors_are_the_outcomes_that_are_not_ok_most_frequent_first_with_an_example() -> None:
    samples = [visit(1.0)] + [visit(2.0, outcome=Outcome.TIMEOUT)] + [visit(3.0, outcome=503)] * 3
    samples.append(iteration(4.0, 4.0, 4.1, outcome=Outcome.EXCEPTION))
    errors = summarise(recorder(samples), examples={"http_503": "GET /a: 503"}).errors
    assert [(error.outcome, error.count, error.first) for error in errors] == [
        ("http_503", 3, "GET /a: 503"),
        ("exception", 1, ""),
        ("timeout", 1, ""),
    ]


def test_the_share_of_a_backend_is_of_its_pool_and_who_did_not_say_stands_outside() -> None:
    samples = [visit(n / 10, backend=1) for n in range(30)] + [visit(n / 10, backend=2) for n in range(10)]
    samples += [visit(n / 10, backend=0) for n in range(5)]
    summary = summarise(recorder(samples))
    shares = {name: (backend.pool, backend.count, backend.share) for name, backend in summary.backends.items()}
    assert shares == {"web-1": ("web", 30, 0.75), "web-2": ("web", 10, 0.25), "(none)": (None, 5, None)}
    assert summary.balance["web"].jain == pytest.approx(40**2 / (2 * (30**2 + 10**2)))
    assert (summary.balance["web"].backends, summary.balance["web"].expected) == (2, "uniform")


def test_a_backend_of_a_known_pool_that_got_nothing_counts_against_the_balance() -> None:
    summary = summarise(recorder([visit(n / 10, backend=1) for n in range(30)]))
    assert summary.backends["web-2"].count == 0
    assert summary.backends["web-2"].share == 0.0
    assert summary.backends["web-2"].service_time_s == Quantiles()
    assert summary.balance["web"].jain == pytest.approx(0.5)


def test_over_several_pools_there_is_no_balance_for_they_do_unlike_work() -> None:
    samples = [visit(n / 10, backend=1) for n in range(30)] + [visit(n / 10, backend=3) for n in range(10)]
    balance = summarise(recorder(samples, pools={"web": ("web-1", "web-2"), "heavy": ("web-3",)})).balance
    assert (balance["all"].backends, balance["all"].jain, balance["all"].cv, balance["all"].chi2_p) == (
        3, None, None, None,
    )  # fmt: skip
    assert (balance["web"].jain, balance["heavy"].jain) == (pytest.approx(0.5), 1.0)


def test_a_balance_is_held_against_the_balancer_s_weights_where_it_has_any() -> None:
    samples = [visit(n / 10, backend=1) for n in range(30)] + [visit(n / 10, backend=2) for n in range(10)]
    balance = summarise(recorder(samples), weights={"web": {"web-1": 3.0, "web-2": 1.0}}).balance["web"]
    assert balance.expected == {"web-1": 3.0, "web-2": 1.0}
    assert balance.jain == pytest.approx(1.0)
    unweighted = summarise(recorder(samples), weights={"web": {"web-1": 3.0}}).balance["web"]
    assert unweighted.expected == "uniform"


def test_phases_have_the_load_that_was_due_in_them_over_the_time_that_took_place() -> None:
    samples = [visit(n / 10) for n in range(100)] + [visit(10 + n / 100) for n in range(300)]
    base, spike, recovery = summarise(recorder(samples), measured_s=13.0).phases
    assert (base.name, base.load.scheduled, base.load.offered_rate) == ("base", 100, pytest.approx(10.0))
    assert (spike.load.scheduled, spike.load.offered_rate) == (300, pytest.approx(100.0))
    assert (recovery.load.scheduled, recovery.load.offered_rate) == (0, None)
    assert recovery.response_time_s.p50 is None


def slow_between(start_s: float, end_s: float) -> list[bytes]:
    """Return traffic of 20/s for 30 s whose response time is tenfold for a while."""
    dues = np.arange(0.0, 30.0, 0.05)
    return [visit(float(due), took_s=1.0 if start_s <= due < end_s else 0.1) for due in dues]


@pytest.mark.parametrize(("until_s", "recovered_s"), [(10.0, 0.0), (18.0, 8.0), (30.0, None)])
def test_a_spike_is_over_when_response_times_are_back(until_s: float, recovered_s: float | None) -> None:
    (recovery,) = summarise(recorder(slow_between(10.0, until_s))).recoveries
    assert (recovery.cause, recovery.start_s) == ("spike", 10.0)
    assert recovery.recovery_s == (recovered_s if recovered_s is None else pytest.approx(recovered_s, abs=1.0))


def test_what_came_after_the_end_of_a_run_that_was_cut_short_did_not_happen() -> None:
    made = recorder(slow_between(10.0, 18.0))
    assert summarise(made, measured_s=8.0).recoveries == []
    assert summarise(made, measured_s=19.0).recoveries[0].recovery_s is None
    fault = Event("kill web-1", 12.0)
    assert [recovery.cause for recovery in summarise(made, events=[fault]).recoveries] == ["spike", "kill web-1"]


def test_of_an_event_before_which_nothing_was_measured_nothing_is_said() -> None:
    found = summarise(recorder(slow_between(10.0, 18.0)), events=[Event("kill(web-1, at=0s)", 0.0)]).recoveries
    assert [recovery.cause for recovery in found] == ["spike"]


def test_the_target_s_processes_are_told_by_their_use_in_the_window() -> None:
    made = Recorder(origin=ORIGIN, duration_s=10.0, phases=(), classes=("light",), model="open")
    for second in range(20):
        busy = min(second, 10) * 0.5 + max(0, second - 10) * 1.0
        made.target_usage(float(second), {"web-1": (busy, 1000 + second), "web-2": (0.0, 500)})
    made.close()
    first, second = summarise(made).target_processes
    assert (first.name, first.cpu_mean, first.memory_max_bytes) == (
        "web-1",
        pytest.approx(0.5),
        pytest.approx(1010, abs=1),
    )
    assert (second.name, second.cpu_max) == ("web-2", pytest.approx(0.0))


def test_a_process_that_was_seen_once_has_no_cpu_yet() -> None:
    made = Recorder(origin=ORIGIN, duration_s=10.0, phases=(), classes=("light",), model="open")
    made.target_usage(1.0, {"web-1": (3.0, 1000)})
    made.close()
    (process,) = summarise(made).target_processes
    assert (process.cpu_mean, process.cpu_max, process.memory_max_bytes) == (None, None, 1000)


def test_bytes_are_summed_over_the_measured_requests() -> None:
    samples = [request(1.0, 1.0, 1.1, received=100, sent=10), request(-1.0, -1.0, 0.1, received=5000, sent=5000)]
    requests = summarise(recorder(samples)).requests
    assert (requests.count, requests.received_bytes, requests.sent_bytes) == (1, 100, 10)
