"""What holds for every profile, whatever its shape."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loadsim.profiles import Profile, parse_profile
from loadsim.profiles.profile import FloatArray

from .strategies import profiles

few = settings(deadline=None, max_examples=60)
spans = st.floats(0.1, 500)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def integral(profile: Profile, edges: FloatArray) -> FloatArray:
    """The integral of the rate from the first edge to each edge, by Gauss-Legendre quadrature between them."""
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    rates = profile.rate(middle[:, None] + half[:, None] * _NODES[None, :])
    return np.concatenate([[0.0], np.cumsum((rates * _WEIGHTS).sum(axis=1) * half)])


@few
@given(profiles, spans)
def test_expected_is_the_integral_of_the_rate(profile: Profile, span_s: float) -> None:
    ends = [] if profile.duration_s is None else [min(profile.duration_s, span_s)]
    edges = np.unique(np.concatenate([np.linspace(0, span_s, 20001), profile.knots(span_s), ends]))
    measured, exact = integral(profile, edges), profile.expected(edges)
    # A node next to an edge may fall on the wrong side of a jump by rounding: hence not to the last bit.
    assert np.allclose(measured, exact, rtol=1e-9, atol=1e-6 * max(1.0, float(profile.rate(edges).max())))


@few
@given(profiles, st.lists(st.floats(0, 1), min_size=1, max_size=50), spans)
def test_inverse_undoes_expected_within_a_microsecond(profile: Profile, shares: list[float], span_s: float) -> None:
    times = np.array(shares) * (span_s if profile.duration_s is None else min(span_s, profile.duration_s))
    # Where no arrival is expected for a while, many times have one count; the inverse is the first of them.
    before = np.linspace(np.maximum(times - 1e-4, 0.0), np.nextafter(times, 0.0), 9)
    busy = (profile.rate(before) > 0.4).all(axis=0) & (times > 1e-4)
    assume(busy.any())
    counts = profile.expected(times[busy])
    assert np.abs(profile.inverse(counts) - times[busy]).max() <= 1e-6


@few
@given(profiles, st.lists(st.floats(1e-3, 1), min_size=1, max_size=50), spans)
def test_each_count_is_reached_at_its_inverse(profile: Profile, shares: list[float], span_s: float) -> None:
    total = float(profile.expected(span_s))
    assume(total > 0.01)
    counts = np.array(shares) * total * (1 - 1e-9)  # the last count may lie at the edge of an empty stretch
    times = profile.inverse(counts)
    assert (times <= span_s + 1e-6).all()
    most = profile.peak(span_s + 1e-3)
    assert np.abs(profile.expected(times) - counts).max() <= 1e-12 * total + 1e-8 * most


@few
@given(profiles, spans)
def test_expected_never_falls_and_the_inverse_never_goes_back(profile: Profile, span_s: float) -> None:
    grid = np.linspace(0, span_s, 3001)
    counts = profile.expected(grid)
    assert (np.diff(counts) >= -1e-12 * counts[1:]).all()
    times = profile.inverse(np.linspace(0, counts[-1], 3001))
    assert (times[1:] >= times[:-1] - 1e-9).all()


@few
@given(profiles)
def test_what_lies_outside_the_profile_is_empty(profile: Profile) -> None:
    assert profile.rate(-1.0) == 0
    assert profile.expected(np.array([-1.0, 0.0])).tolist() == [0, 0]
    assert profile.inverse(np.array([-1.0, 0.0])).tolist() == [0, 0]
    if profile.duration_s is not None:
        total = profile.expected(profile.duration_s)
        assert profile.rate(profile.duration_s) == 0
        assert profile.expected(profile.duration_s + 10) == total
        assert profile.inverse(total * 1.001 + 1) == np.inf


@few
@given(profiles, spans)
def test_no_rate_in_the_span_is_above_the_peak_and_one_comes_close(profile: Profile, span_s: float) -> None:
    rates = profile.rate(np.linspace(0, np.nextafter(span_s, 0), 20011))
    peak = profile.peak(span_s)
    assert rates.max() <= peak * (1 + 1e-7)
    edges = np.concatenate([profile.knots(span_s), [min(span_s, profile.duration_s or span_s)]])
    at_knots = profile.rate(np.concatenate([edges[:-1], np.nextafter(edges, 0)])).max()
    assert peak <= max(rates.max(), at_knots) * 1.01 + 1e-9


@few
@given(profiles, st.floats(0.01, 100), spans)
def test_a_scaled_profile_expects_so_many_times_more(profile: Profile, factor: float, span_s: float) -> None:
    scaled, times = profile.scaled(factor), np.linspace(0, span_s, 101)
    assert np.allclose(scaled.rate(times), factor * profile.rate(times))
    assert np.allclose(scaled.expected(times), factor * profile.expected(times), atol=1e-6)
    assert scaled.duration_s == profile.duration_s


@few
@given(profiles, spans)
def test_phases_cover_the_run_without_gaps(profile: Profile, span_s: float) -> None:
    phases = profile.phases(span_s)
    assert phases[0].start_s == 0
    assert phases[-1].end_s == span_s
    assert all(a.end_s == b.start_s for a, b in pairwise(phases))
    assert all(phase.start_s < phase.end_s for phase in phases)
    assert len({phase.name for phase in phases}) == len(phases)


@few
@given(profiles)
def test_the_text_form_reads_back_to_an_equal_profile(profile: Profile) -> None:
    assume("trace(" not in profile.spec())  # its points are in a file: tests/profiles/test_trace.py
    read = parse_profile(profile.spec())
    assert read == profile
    assert read.spec() == profile.spec()
    assert hash(read) == hash(profile)


@few
@given(profiles)
def test_scalars_and_arrays_of_any_shape_are_taken(profile: Profile) -> None:
    grid = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    for function in (profile.rate, profile.expected, profile.inverse):
        values = function(grid)
        assert values.shape == grid.shape
        # Where a bracketed inverse stops (within 1 ns) depends on the company.
        assert float(function(4.0)) == pytest.approx(values[1, 1], rel=1e-12, abs=3e-9)
        assert function(np.array([])).shape == (0,)
