"""Quantities as people write them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim import units
from loadsim.errors import SpecError

POSITIVE = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5s", 1.5),
        ("250ms", 0.25),
        ("250 ms", 0.25),
        (" 30s ", 30.0),
        ("20us", 20e-6),
        ("20µs", 20e-6),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1h30m", 5400.0),
        (" 1h30m ", 5400.0),
        ("1h30m15s", 5415.0),
        ("1m500ms", 60.5),
        ("1d", 86400.0),
        (".5s", 0.5),
        ("1e-3s", 0.001),
        ("1e3s", 1000.0),
        ("0s", 0.0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.parse_rate, "500/s", 500.0),
        (units.parse_rate, "90/m", 1.5),
        (units.parse_rate, "90/min", 1.5),
        (units.parse_rate, "7200/h", 2.0),
        (units.parse_share, "1%", 0.01),
        (units.parse_share, "0.25", 0.25),
        (units.parse_size, "64KiB", 65536),
        (units.parse_size, "10MB", 10_000_000),
        (units.parse_size, "1.5GiB", 1_610_612_736),
    ],
)
def test_rates_shares_and_sizes_are_read(parse: Callable[[str], float], text: str, value: float) -> None:
    assert parse(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("parse", "text", "position", "problem"),
    [
        (units.parse_duration, "fast", 0, "'fast' is not a duration: expected a duration such as '30s'"),
        (units.parse_duration, "  fast", 2, "is not a duration"),
        (units.parse_duration, "", 0, "is not a duration"),
        (units.parse_duration, "30", 2, "no unit: expected a duration such as '30s' (units: us, "),
        (units.parse_duration, "30 sec", 3, "unknown unit 'sec'"),
        (units.parse_duration, "-3s", 0, "out of range"),
        (units.parse_duration, "1e999s", 0, "out of range"),
        (units.parse_duration, "1h30x", 4, "unknown unit 'x'"),
        (units.parse_duration, "1h30", 1, "unknown unit 'h30'"),
        (units.parse_rate, "500", 3, "no unit: expected a rate such as '500/s'"),
        (units.parse_rate, "500/d", 3, "unknown unit '/d'"),
        (units.parse_share, "1 pct", 2, "unknown unit 'pct'"),
        (units.parse_size, "10 mb", 3, "unknown unit 'mb'"),
        (units.parse_size, "nanB", 0, "is not a size"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(
    parse: Callable[[str], float], text: str, position: int, problem: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert caught.value.position == position
    assert problem in caught.value.problem
    assert str(caught.value).splitlines()[1:3] == [f"  {text}", f"  {' ' * position}^"]


@given(POSITIVE)
def test_what_is_spelled_reads_back_as_the_same_value(value: float) -> None:
    assert units.parse_duration(units.spell_duration(value)) == pytest.approx(value, rel=1e-11)
    assert units.parse_rate(units.spell_rate(value)) == pytest.approx(value, rel=1e-11)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for parse in (units.parse_duration, units.parse_rate, units.parse_share, units.parse_size):
        try:
            value = parse(text)
        except SpecError as error:
            value, place = 0.0, error.position
        else:
            place = 0
        assert math.isfinite(value)
        assert value >= 0
        assert 0 <= place <= len(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 us"),
        (12e-6, "12.0 us"),
        (0.00123, "1.23 ms"),
        (0.0999, "99.9 ms"),
        (0.25, "250 ms"),
        (1.0, "1.00 s"),
        (59.94, "59.9 s"),
        (59.996, "1 m 00 s"),
        (125.0, "2 m 05 s"),
        (3725.0, "1 h 02 m 05 s"),
        (-0.25, "-250 ms"),
        (-125.0, "-2 m 05 s"),
        (0.9999, "1.00 s"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_durations_are_written_with_three_digits(seconds: float, text: str) -> None:
    assert units.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (units.format_rate, 12_500.0, "12,500/s"),
        (units.format_rate, 3.25, "3.25/s"),
        (units.format_rate, 0.0, "0/s"),
        (units.format_rate, 99.99, "100/s"),
        (units.format_share, 0.0025, "0.250 %"),
        (units.format_share, 1 / 3, "33.3 %"),
        (units.format_share, 1.0, "100 %"),
        (units.format_share, 0.0, "0 %"),
        (units.format_size, 0, "0 B"),
        (units.format_size, 1023, "1023 B"),
        (units.format_size, 1536, "1.50 KiB"),
        (units.format_size, 5 * 1024**4, "5,120 GiB"),
    ],
)
def test_rates_shares_and_sizes_are_written(write: Callable[[float], str], value: float, text: str) -> None:
    assert write(value) == text


@given(st.floats(min_value=0, max_value=1e7))
def test_a_written_duration_is_within_its_last_digit(seconds: float) -> None:
    text = units.format_duration(seconds).replace(" ", "")
    assert units.parse_duration(text) == pytest.approx(seconds, rel=0.006, abs=1e-8)
