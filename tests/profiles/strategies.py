"""Profiles at random, for the property tests: every shape, alone and joined."""

from __future__ import annotations

from hypothesis import strategies as st

from loadsim.profiles import Bursts, Constant, Profile, Ramp, Sequence, Sine, Spike, Steps, Sum, Trace

rates = st.just(0.0) | st.floats(0.5, 5000)
lengths = st.floats(0.01, 500)
periods = st.floats(1, 500)
moments = st.just(0.0) | lengths


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    gaps = draw(st.lists(moments, min_size=1, max_size=5).filter(any))
    times = [0.0]
    for gap in gaps:
        times.append(times[-1] + gap)
    return Trace(tuple((time_s, draw(rates)) for time_s in times), "rates.csv", draw(st.sampled_from([1.0, 2.5])))


@st.composite
def spikes(draw: st.DrawFn, ends: st.SearchStrategy[float | None]) -> Spike:
    width_s = draw(lengths)
    rise_s = draw(st.sampled_from([0.0, 0.25, 1.0])) * width_s
    return Spike(draw(rates), draw(rates), draw(moments), width_s, rise_s, draw(moments), draw(ends))


def shapes(ends: st.SearchStrategy[float | None]) -> st.SearchStrategy[Profile]:
    return st.one_of(
        st.builds(Constant, rates, ends),
        st.builds(Ramp, rates, rates, lengths),
        st.builds(Steps, st.lists(st.tuples(rates, lengths), min_size=1, max_size=4).map(tuple)),
        spikes(ends),
        st.builds(Sine, rates, rates, periods, moments, ends),
        st.builds(Bursts, rates, rates, lengths, lengths, st.integers(0, 99), ends),
        traces(),
    )


def _joined(parts: st.SearchStrategy[Profile], last: st.SearchStrategy[Profile]) -> st.SearchStrategy[Profile]:
    several = st.lists(parts, min_size=1, max_size=2)
    sums = st.builds(lambda some, end: Sum((*some, end)), several, last)
    return sums | st.builds(lambda some, end: Sequence((*some, end)), several, last)


finite = shapes(lengths)
any_length = shapes(st.none() | lengths)
profiles: st.SearchStrategy[Profile] = (
    any_length | _joined(finite, any_length) | _joined(_joined(finite, finite), _joined(finite, any_length))
)
