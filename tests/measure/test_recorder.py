from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadsim.measure import histogram
from loadsim.measure.block import Decoder
from loadsim.measure.marginals import ABORTED, COMPLETED, DROPPED, WAS_FAILED
from loadsim.measure.phases import PhaseIndex
from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import FIELDS, Outcome
from loadsim.measure.selection import Distribution
from loadsim.profiles import Phase

from .frames import ORIGIN, PHASES, dropped, iteration, recorder, request, traffic


def fields(samples: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(samples), FIELDS)


def measured(samples: list[bytes]) -> np.ndarray:
    data = fields(samples)
    due = data["due"] - ORIGIN
    return data[(due >= 0) & (due < 30)]


@settings(max_examples=60)
@given(traffic())
def test_every_sample_of_the_window_is_counted_once_in_each_marginal(samples: list[bytes]) -> None:
    made = recorder(samples)
    data = measured(samples)
    requests = int((data["key"] >> 32 > 0).sum())
    layout, outcomes = made.layout, made.marginals.outcomes
    by_class, by_backend, by_route = np.split(outcomes, [layout.classes, layout.route_group(0)])
    assert by_class.sum() == by_backend.sum() == by_route.sum() == requests
    assert (by_class.sum(axis=0) == by_backend.sum(axis=0)).all()
    assert (by_class.sum(axis=0) == by_route.sum(axis=0)).all()
    assert sum(made.outcome_counts().values()) == sum(made.backend_counts().values()) == requests
    assert made.marginals.fates.sum() == len(data) - requests
    served_nobody = int(made.marginals.fates[:, DROPPED].sum())
    assert histogram.total(made.service_time()) == requests
    assert histogram.total(made.response_time()) == requests + served_nobody
    phases = [made.phase_response_time(number) for number in range(layout.phases)]
    assert sum(map(histogram.total, phases)) == requests + served_nobody
    assert histogram.total(made.iteration_time()) == len(data) - requests
    assert histogram.total(made.late_start()) == histogram.total(made.backlog_wait())
    assert histogram.total(made.late_start()) == len(data) - requests - served_nobody


def everything(made: Recorder) -> list[list[object]]:
    """Return all that a recorder knows, comparable."""
    marginals, seconds = made.marginals, made.seconds
    order = np.argsort(marginals.kinds.names)
    count = seconds.count
    intervals = [(start, length, packed.tolist()) for start, length, packed in made.intervals]
    used = np.flatnonzero(marginals.counts)
    return [
        used.tolist(),
        marginals.counts[used].tolist(),
        marginals.unanswered.tolist(),
        marginals.outcomes[:, order[order < marginals.outcomes.shape[1]]].tolist(),
        marginals.fates.tolist(),
        [count, made.ended_in_window, marginals.exceptions, marginals.sent_bytes, marginals.received_bytes],
        seconds.events.rows(count).tolist(),
        seconds.backends.rows(count).tolist(),
        np.nan_to_num(seconds.times.rows(count), nan=-1).tolist(),
        np.nan_to_num(seconds.backend_p99.rows(count), nan=-1).tolist(),
        intervals,
    ]


@settings(max_examples=60)
@given(traffic(), st.integers(1, 50))
def test_how_samples_are_cut_into_blocks_makes_no_difference(samples: list[bytes], block: int) -> None:
    assert everything(recorder(samples, block=block)) == everything(recorder(samples, block=1000))


@settings(max_examples=30)
@given(traffic(), st.randoms(use_true_random=False))
def test_the_order_of_samples_makes_no_difference_to_totals(samples: list[bytes], random: object) -> None:
    shuffled = samples.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    one, other = recorder(samples), recorder(shuffled)
    assert (one.marginals.counts == other.marginals.counts).all()
    assert (one.marginals.unanswered == other.marginals.unanswered).all()
    assert one.outcome_counts() == other.outcome_counts()


def quantile(distribution: Distribution, share: float) -> float:
    value = histogram.quantile(distribution, share)
    assert value is not None
    return value


def test_response_time_counts_from_the_due_time_and_service_time_from_the_start() -> None:
    made = recorder([request(1.0, 1.5, 1.75)])
    assert quantile(made.response_time(), 0.5) == pytest.approx(0.75, rel=1e-3)
    assert quantile(made.service_time(), 0.5) == pytest.approx(0.25, rel=1e-3)


def test_the_warm_up_and_what_is_due_after_the_end_leave_no_trace() -> None:
    outside = [
        request(-0.001, 0.2, 0.4),
        iteration(-0.001, 0.2, 0.4),
        dropped(-2.0),
        request(30.0, 30.0, 30.1),
        iteration(30.0, 30.0, 30.1),
    ]
    assert everything(recorder(outside)) == everything(recorder([]))


def test_a_request_due_in_the_last_instant_counts_though_it_ends_in_the_drain() -> None:
    made = recorder([request(29.999, 31.0, 42.0), iteration(29.999, 31.0, 42.0)])
    assert histogram.total(made.response_time()) == 1
    assert made.ended_in_window == 0
    assert made.seconds.count == 43


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.CONNECT_REFUSED, Outcome.RESET, Outcome.ABORTED])
def test_a_request_without_an_answer_ranks_above_all_however_soon_it_failed(outcome: Outcome) -> None:
    made = recorder([request(1, 1, 1.5), request(1, 1, 1.0001, outcome=outcome)])
    for distribution in (made.response_time(), made.service_time(), made.phase_response_time(0), *made.group_times(0)):
        assert (int(distribution.counts.sum()), distribution.unanswered) == (1, 1)
        assert histogram.quantile(distribution, 0.99) is None


@pytest.mark.parametrize("outcome", [404, 503, Outcome.CHECK_FAILED, Outcome.BAD_RESPONSE, Outcome.TOO_LARGE])
def test_a_bad_answer_is_an_answer_and_has_its_time(outcome: int) -> None:
    assert quantile(recorder([request(1, 1, 1.5, outcome=outcome)]).response_time(), 1) == pytest.approx(0.5, rel=1e-3)


def test_an_arrival_nobody_served_is_unanswered_in_its_class_and_phase_but_of_no_route() -> None:
    made = recorder([dropped(12.0, visitor_class=1)])
    assert made.response_time().unanswered == made.iteration_time().unanswered == 1
    assert made.group_times(1)[0].unanswered == made.phase_response_time(1).unanswered == 1
    assert made.service_time().unanswered == made.late_start().unanswered == 0
    assert made.marginals.unanswered.sum() == 3
    assert made.outcome_counts() == {"ok": 0}


def test_iterations_are_told_apart_by_their_fate_and_phase() -> None:
    made = recorder(
        [
            iteration(1, 1, 2),
            iteration(2, 2, 3, outcome=Outcome.CHECK_FAILED),
            iteration(11, 11, 12, outcome=Outcome.EXCEPTION),
            iteration(12, 12, 12, outcome=Outcome.ABORTED),
            dropped(16),
        ]
    )
    fates = made.marginals.fates
    assert fates[0, COMPLETED] == fates[0, WAS_FAILED] == fates[1, WAS_FAILED] == 1
    assert fates[1, ABORTED] == fates[2, DROPPED] == 1
    assert fates.sum() == 5
    assert made.marginals.exceptions == 1


def test_late_start_and_backlog_wait_are_those_the_engine_told_apart() -> None:
    made = recorder([iteration(1, 1.3, 2, late_start=0.001, backlog_wait=0.299)])
    assert quantile(made.late_start(), 1) == pytest.approx(0.001, rel=1e-3)
    assert quantile(made.backlog_wait(), 1) == pytest.approx(0.299, rel=1e-3)


def test_in_the_closed_model_there_is_no_response_time_and_samples_are_classed_by_their_start() -> None:
    made = recorder([request(-5, 11, 11.25), iteration(-5, 11, 12)], model="closed")
    assert histogram.total(made.response_time()) == 0
    assert quantile(made.service_time(), 0.5) == pytest.approx(0.25, rel=1e-3)
    assert quantile(made.iteration_time(), 0.5) == pytest.approx(1.0, rel=1e-3)
    assert made.marginals.fates[1].sum() == 1


def test_numbers_no_engine_announces_harm_no_neighbour() -> None:
    made = recorder([request(1, 1, 2, route=255, backend=255, visitor_class=255, outcome=20)])
    assert made.outcome_counts() == {"ok": 0, "unknown_20": 1}
    assert made.backend_counts() == {"web-1": 0, "web-2": 0}
    assert histogram.total(made.service_time()) == 1


def test_a_frame_that_is_no_whole_number_of_samples_is_refused() -> None:
    made = Recorder(origin=0, duration_s=1, phases=[], classes=[])
    with pytest.raises(ValueError, match="size"):
        made.add(b"x" * 41)


def test_declared_backends_are_counted_though_they_got_nothing() -> None:
    made = recorder([request(1, 1, 2, backend=1), request(1, 1, 2, backend=0), request(1, 1, 2, backend=3)])
    assert made.backend_counts() == {"web-1": 1, "web-2": 0, "(none)": 1, "web-3": 1}
    assert [made.known.pool(name) for name in ("web-1", "web-3", "(none)")] == ["web", "web", None]


def test_a_backend_of_no_declared_pool_belongs_to_all_where_there_are_several_or_none() -> None:
    assert recorder(pools={"web": ["w"], "api": ["a"]}).known.pool("x") == "all"
    assert recorder(pools={}).known.pool("x") == "all"


def test_names_may_come_while_it_runs() -> None:
    made = Recorder(origin=ORIGIN, duration_s=30, phases=PHASES, classes=["light"])
    made.names(["GET /a"], [])
    made.add(request(1, 1, 2, route=1, backend=0))
    made.names(["GET /b"], ["b-1"])
    made.add(request(2, 2, 3, route=2, backend=1))
    made.close()
    assert [made.known.route(n) for n in (1, 2)] == ["GET /a", "GET /b"]
    assert made.backend_counts() == {"(none)": 1, "b-1": 1}


def test_phases_hold_their_start_and_not_their_end_and_gaps_have_no_name() -> None:
    index = PhaseIndex([Phase("a", 0, 1), Phase("b", 2, 3)])
    assert index.numbers(np.array([-0.1, 0, 0.999, 1, 2, 3])).tolist() == [2, 0, 0, 2, 1, 2]
    assert [index.name(t) for t in (0.5, 1.5, 2.5)] == ["a", "", "b"]
    with pytest.raises(ValueError, match="overlap"):
        PhaseIndex([Phase("a", 0, 2), Phase("b", 1, 3)])


def test_the_decoder_takes_bytes_from_any_buffer() -> None:
    decoder = Decoder(ORIGIN, 30, PhaseIndex([]), 1, closed=False)
    block = decoder.decode(memoryview(bytearray(request(1, 2, 3) + iteration(1, 2, 3))))
    assert (block.requests.received_bytes, block.requests.sent_bytes) == (100, 10)
    assert block.iterations.started.tolist() == [2.0]
