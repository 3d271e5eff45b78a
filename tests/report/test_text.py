from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadsim.report import text


@given(st.text(max_size=600))
def test_a_strangers_text_becomes_one_line_of_visible_characters(given_text):
    shown = text.visible(given_text)
    assert len(shown) <= 401
    assert all(character.isprintable() for character in shown if character not in "\u00a0\u3000 \u1680"
               and not character.isspace())  # fmt: skip


def test_what_turns_text_around_is_shown_as_something_odd():
    assert text.visible("a\u202eb\x1b[31m\nc") == "a\ufffdb\ufffd[31m c"


def test_numbers_are_written_as_people_read_them():
    assert text.amount(12345.6) == "12,346"
    assert text.rate(0.4) == "0.40/s"
    assert text.seconds(2.5e-4) == "250 µs"
    assert [text.length(t) for t in (45.0, 2.5, 60.0, 3600.0, 90.0)] == ["45 s", "2.50 s", "1 m", "1 h", "1 m 30 s"]
    assert text.share(None) == text.seconds(float("nan")) == "–"
    assert text.clock(3725) == "1:02:05"
    assert text.times(2.0) == "2 times"
    assert text.counted(1, "request") == "1 request"
    assert text.listed(["a", "b", "c"]) == "a, b and c"
