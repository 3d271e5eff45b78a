"""Due times: right in number and spacing for any profile, and the same for the same seed however they are shared out.

Statistical tests use fixed seeds; their bounds are at p = 0.001.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadsim.errors import UsageError
from loadsim.profiles import Constant, Profile, Ramp, parse_profile
from loadsim.randomness import derive, states, uniforms
from loadsim.schedule import BLOCK, Arrivals, Process, Schedule, _unit_block

PROFILES = [
    "constant(200/s)",
    "ramp(0/s,400/s,50s)",
    "steps(50/s:10s,0/s:5s,300/s:20s)",
    "spike(base=50/s,peak=900/s,at=20s,width=5s,fall=3s)",
    "sine(mean=150/s,amplitude=250/s,period=13s)",
    "bursts(low=50/s,high=600/s,mean_low=5s,mean_high=2s,seed=4)",
    "constant(50/s) + sine(mean=100/s,amplitude=100/s,period=10s,phase=3s)",
    "ramp(0/s,200/s,30s) then constant(200/s)",
]
PINNED = {
    "poisson": [0.013330173132946911, 0.035461161796354015, 0.03879597279291171],
    "uniform": [0.005, 0.015, 0.025],
}
SPAN_S = 50.0


def whole(schedule: Schedule) -> Arrivals:
    blocks = list(schedule.blocks())
    if not blocks:
        return Arrivals(np.empty(0, np.int64), np.empty(0))
    return Arrivals(np.concatenate([b.index for b in blocks]), np.concatenate([b.due_s for b in blocks]))


def measured(schedule: Schedule) -> Arrivals:
    arrivals = whole(schedule)
    return Arrivals(arrivals.index[arrivals.index >= 0], arrivals.due_s[arrivals.index >= 0])


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return parse_profile(request.param)


def test_rescaled_gaps_of_poisson_arrivals_are_exponential(profile: Profile) -> None:
    for seed in (1, 2, 3):
        counts = profile.expected(whole(Schedule(profile, "poisson", seed, SPAN_S)).due_s)
        gaps = np.diff(counts, prepend=0.0)
        assert stats.kstest(gaps, "expon").pvalue > 1e-3
        assert abs(np.corrcoef(gaps[1:], gaps[:-1])[0, 1]) < 4 / math.sqrt(gaps.size)


def test_poisson_counts_match_the_integral_and_scatter_as_a_poisson_process_does(profile: Profile) -> None:
    cells = profile.inverse(np.linspace(0, float(profile.expected(SPAN_S)), 41))[1:-1]
    counts = np.array(
        [
            np.diff(np.searchsorted(whole(Schedule(profile, "poisson", seed, SPAN_S)).due_s, [0.0, *cells, SPAN_S]))
            for seed in range(20)
        ]
    )
    mean = float(profile.expected(SPAN_S)) / 40
    total = counts.sum()
    assert abs(total - 20 * 40 * mean) < 3.3 * math.sqrt(20 * 40 * mean)
    # The index of dispersion of Poisson counts: sum (n - mean)^2 / mean is chi-square with one degree a cell.
    dispersion = ((counts - mean) ** 2 / mean).sum()
    assert 5e-4 < stats.chi2(counts.size).cdf(dispersion) < 1 - 5e-4


def test_uniform_arrivals_stand_in_the_middle_of_each_expected_one(profile: Profile) -> None:
    arrivals = whole(Schedule(profile, "uniform", 1, SPAN_S))
    assert arrivals.index.tolist() == list(range(round(float(profile.expected(SPAN_S)))))
    assert profile.expected(arrivals.due_s) == pytest.approx(arrivals.index + 0.5, abs=1e-6)


def test_uniform_arrivals_of_a_constant_rate_are_evenly_spaced() -> None:
    arrivals = whole(Schedule(Constant(10.0), "uniform", 1, 1.0, warmup_s=0.5))
    assert arrivals.index.tolist() == list(range(-5, 10))
    assert arrivals.due_s == pytest.approx(np.arange(-0.45, 1.0, 0.1))


@pytest.mark.parametrize("process", ["poisson", "uniform"])
@pytest.mark.parametrize("workers", [1, 2, 3, 7, 1500])
def test_the_shares_of_all_workers_together_are_the_whole(process: Process, workers: int) -> None:
    schedule = Schedule(parse_profile(PROFILES[5]), process, 11, 20.0, warmup_s=5.0)
    shares = [whole(schedule.share(worker, workers)) for worker in range(workers)]
    index = np.concatenate([share.index for share in shares])
    order = np.argsort(index)
    everything = whole(schedule)
    assert (index[order] == everything.index).all()
    assert (np.concatenate([share.due_s for share in shares])[order] == everything.due_s).all()
    assert max(len(s.index) for s in shares) - min(len(s.index) for s in shares) <= 2


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_a_share_of_a_share_is_a_share(one: int, other: int, data: st.DataObject) -> None:
    schedule = Schedule(Ramp(0.0, 100.0, 10.0), "poisson", 5, 10.0)
    first, second = data.draw(st.integers(0, one - 1)), data.draw(st.integers(0, other - 1))
    twice = whole(schedule.share(first, one).share(second, other))
    mine = whole(schedule.share(first, one))
    assert (twice.index == mine.index[mine.index // one % other == second]).all()


def test_the_same_seed_is_the_same_arrivals_and_another_is_not(profile: Profile) -> None:
    one, again, other = (whole(Schedule(profile, "poisson", seed, SPAN_S)) for seed in (8, 8, 9))
    assert (one.due_s == again.due_s).all()
    assert one.due_s[:20].tolist() != other.due_s[:20].tolist()


@pytest.mark.parametrize("process", ["poisson", "uniform"])
def test_a_seed_keeps_its_meaning(process: Process) -> None:
    first = whole(Schedule(Constant(100.0), process, 1, 1.0)).due_s[:3]
    assert first == pytest.approx(PINNED[process], rel=1e-12)


@pytest.mark.parametrize("process", ["poisson", "uniform"])
def test_measured_arrivals_do_not_depend_on_the_warm_up_and_a_longer_one_only_adds_earlier_ones(
    process: Process,
) -> None:
    make = parse_profile(PROFILES[7].replace("ramp(0/s", "ramp(150/s"))
    without, short, long = (Schedule(make, process, 3, 20.0, warmup_s=length_s) for length_s in (0.0, 2.0, 60.0))
    for schedule in (short, long):
        assert (measured(schedule).due_s == whole(without).due_s).all()
        assert (measured(schedule).index == whole(without).index).all()
    some, more = whole(short), whole(long)
    kept = more.due_s >= -2.0
    assert (more.due_s[kept] == some.due_s).all()
    assert (more.index[kept] == some.index).all()


def test_a_warm_up_is_a_poisson_process_at_the_first_rate() -> None:
    arrivals = whole(Schedule(Ramp(500.0, 0.0, 10.0), "poisson", 2, 10.0, warmup_s=100.0))
    before = arrivals.due_s[arrivals.index < 0]
    assert before.min() >= -100.0
    assert before.max() < 0.0
    assert abs(before.size - 50_000) < 3.3 * math.sqrt(50_000)
    assert stats.kstest(np.diff(before) * 500, "expon").pvalue > 1e-3


def test_a_profile_that_starts_at_zero_has_an_empty_warm_up() -> None:
    arrivals = whole(Schedule(Ramp(0.0, 100.0, 10.0), "poisson", 2, 10.0, warmup_s=100.0))
    assert arrivals.index[0] == 0


@pytest.mark.parametrize("process", ["poisson", "uniform"])
@pytest.mark.parametrize("warmup_s", [0.0, 17.0])
def test_blocks_are_in_order_and_numbered_without_gaps(profile: Profile, process: Process, warmup_s: float) -> None:
    schedule = Schedule(profile, process, 6, SPAN_S, warmup_s=warmup_s)
    blocks = list(schedule.blocks())
    assert all(0 < block.index.size <= BLOCK for block in blocks)
    assert all(block.index.dtype == np.int64 and block.due_s.dtype == np.float64 for block in blocks)
    arrivals = whole(schedule)
    assert (np.diff(arrivals.index) == 1).all()
    assert (np.diff(arrivals.due_s) >= 0).all()
    assert arrivals.due_s[-1] < SPAN_S


def test_blocks_are_made_as_they_are_asked_for() -> None:
    endless = Schedule(Constant(1e6), "poisson", 1, 1e9).blocks()
    assert [block.index[0] for block in itertools.islice(endless, 3)] == [0, BLOCK, 2 * BLOCK]


@pytest.mark.parametrize("limit", [0, 1, 1000, BLOCK, 3000])
def test_a_limit_bounds_the_measured_arrivals_of_all_workers_together(limit: int) -> None:
    schedule = Schedule(Constant(100.0), "poisson", 1, 100.0, warmup_s=1.0, limit=limit)
    assert measured(schedule).index.tolist() == list(range(limit))
    assert sum(measured(schedule.share(worker, 3)).index.size for worker in range(3)) == limit
    assert whole(schedule).index[0] < 0


def test_a_limit_beyond_the_duration_changes_nothing() -> None:
    bounded, free = (Schedule(Constant(100.0), "poisson", 1, 10.0, limit=limit) for limit in (9999, None))
    assert (whole(bounded).due_s == whole(free).due_s).all()


@pytest.mark.parametrize("process", ["poisson", "uniform"])
def test_no_duration_no_rate_and_a_finished_profile_have_no_arrivals(process: Process) -> None:
    assert whole(Schedule(Constant(100.0), process, 1, 0.0)).index.size == 0
    assert whole(Schedule(Constant(0.0), process, 1, 10.0, warmup_s=5.0)).index.size == 0
    after = whole(Schedule(Constant(100.0, 2.0), process, 1, 1e6)).due_s
    assert after.max() < 2.0


def test_the_sum_of_gaps_does_not_drift() -> None:
    base, number, seed = (0, 0.0), 0, derive(1, "gaps")
    for number in range(300):
        counts, base = _unit_block("poisson", seed, number, base)
    gaps = -np.log1p(-uniforms(states(seed, np.zeros(1, np.int64)), 300 * BLOCK)[0])
    assert counts[-1] == pytest.approx(math.fsum(gaps.tolist()), abs=1e-9)
    assert base[0] + base[1] == counts[-1]
    # After a thousand million arrivals the gaps of a block are still what they are, to the rounding of their sum.
    far, _ = _unit_block("poisson", seed, 0, (10**9, 0.25))
    assert np.diff(far) == pytest.approx(gaps[1:BLOCK], abs=2.5e-7)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"process": "poison"}, "unknown arrival process 'poison'"),
        ({"duration_s": -1.0}, "the duration is -1.0 s"),
        ({"duration_s": math.inf}, "the duration is inf s"),
        ({"warmup_s": math.nan}, "the warm-up is nan s"),
        ({"worker": 2, "workers": 2}, "no worker 2 among 2"),
        ({"limit": -1}, "the limit is -1"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(change: dict[str, object], problem: str) -> None:
    settings = {"profile": Constant(1.0), "process": "poisson", "seed": 1, "duration_s": 1.0, **change}
    with pytest.raises(UsageError, match=problem):
        Schedule(**settings)  # type: ignore[arg-type] # that is what is tested


def test_a_share_nobody_has_is_refused() -> None:
    with pytest.raises(UsageError, match="no worker 3 among 3"):
        Schedule(Constant(1.0), "poisson", 1, 1.0).share(3, 3)
