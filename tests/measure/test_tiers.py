"""What a target says of its own time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.measure.histogram import mean, quantile, total
from loadsim.measure.sample import OTHER
from loadsim.measure.tiers import ENTRY, MAX_NAME_CHARS, MAX_PARTS, Tiers, parse

ORIGIN = 100.0


def entry(due_s: float, value: bytes) -> bytes:
    return ENTRY.pack(ORIGIN + due_s, len(value)) + value


def tiers(*entries: bytes) -> Tiers:
    made = Tiers(ORIGIN, 10.0)
    made.add(b"".join(entries))
    return made


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"app;dur=3.5, db;dur=1", {"app": (0.0035, None), "db": (0.001, None)}),
        (b'inventory;dur=7;desc="3 calls"', {"inventory": (0.007, 3)}),
        (b'inventory;desc="1 call";dur=7', {"inventory": (0.007, 1)}),
        (b'cache;desc="a, b; dur=9";dur="2.5"', {"cache": (0.0025, None)}),
        (b"db;dur=1, db;dur=2", {"db": (0.003, None)}),
        (b"miss, hit;desc=x", {}),
        (b" DB ; DUR = 4 ", {"DB": (0.004, None)}),
        (b"db;dur=-3", {}),
        (b"db;dur=1e400", {"db": (0.001, None)}),
        (b"", {}),
    ],
)
def test_a_header_is_read_as_the_standard_has_it(value: bytes, told: dict[str, tuple[float, int | None]]) -> None:
    assert parse(value) == {name: (pytest.approx(seconds), calls) for name, (seconds, calls) in told.items()}


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read_or_left_and_names_are_safe(value: bytes) -> None:
    for name, (seconds, _) in parse(value).items():
        assert name.isprintable()
        assert len(name) <= MAX_NAME_CHARS
        assert seconds >= 0
    tiers(entry(1.0, value))


def test_times_calls_and_answers_add_up_over_answers_and_seconds() -> None:
    made = tiers(
        entry(0.5, b'app;dur=10, db;dur=2;desc="2 calls"'),
        entry(0.9, b'app;dur=30, db;dur=4;desc="4 calls"'),
        entry(3.0, b"app;dur=50"),
    )
    assert made.answers == 3
    assert made.seconds == 4
    assert made.parts["db"].calls == 6
    assert made.parts["app"].calls is None
    assert total(made.parts["app"].times) == 3
    assert mean(made.parts["app"].times) == pytest.approx(0.030, rel=1e-3)
    assert quantile(made.parts["app"].times, 1.0) == pytest.approx(0.050, rel=1e-3)
    assert made.parts["app"].second(0) == (2, pytest.approx(0.040))
    assert made.parts["app"].second(1) == (0, 0.0)
    assert made.parts["db"].second(3) == (0, 0.0)


def test_what_was_due_outside_the_measured_window_is_left_out() -> None:
    made = tiers(entry(-0.1, b"app;dur=1"), entry(10.0, b"app;dur=1"))
    assert (made.answers, made.parts) == (0, {})


def test_names_are_bounded() -> None:
    made = tiers(*(entry(1.0, b"part-%d;dur=1" % number) for number in range(100)))
    assert len(made.parts) == MAX_PARTS + 1
    assert total(made.parts[OTHER].times) == 100 - MAX_PARTS
