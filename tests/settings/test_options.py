"""Option by option: what is taken, and how what is not is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.errors import UsageError
from loadsim.settings.options import OPTIONS, check_names, convert


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("target", "http://127.0.0.1:8000/a?b=c", "http://127.0.0.1:8000/a?b=c"),
        ("target", "https://[::1]:8443", "https://[::1]:8443"),
        ("rate", "500/s", 500.0),
        ("rate", "30/m", 0.5),
        ("rate", 200, 200.0),
        ("rate", "200", 200.0),
        ("duration", "1m30s", 90.0),
        ("warmup", "0s", 0.0),
        ("seed", 0, 0),
        ("seed", "12345678901234567891", 12345678901234567891),
        ("max_in_flight", 1, 1),
        ("insecure", True, True),
        ("header", ("A: b", "C:d:e"), (("A", "b"), ("C", "d:e"))),
        ("header", {"A": "b"}, (("A", "b"),)),
        ("header", "A:", (("A", ""),)),
        ("env", ["K=v=w"], (("K", "v=w"),)),
        ("resolve", ["shop.example:::1"], (("shop.example", "::1"),)),
        ("backend_header", "X-Served-By", ("X-Served-By",)),
        ("objective", ["p99 < 1s", "error_rate < 1%"], ("p99 < 1s", "error_rate < 1%")),
        ("out", "reports/x", Path("reports/x")),
        ("model", "closed", "closed"),
    ],
)
def test_a_value_becomes_its_type(name: str, given_value: Any, value: Any) -> None:
    assert convert(name, given_value, "here") == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("target", "shop.example", "'shop.example' is no URL of a target: expected for example http://127.0.0.1:8000"),
        ("target", "ftp://shop.example", "is no URL of a target"),
        ("target", "http://[::1", "is no URL of a target"),
        ("target", "http://shop.example:port", "is no URL of a target"),
        ("target", "http://shop.example:99999", "is no URL of a target"),
        ("target", "http:///a", "is no URL of a target"),
        ("target", 8000, "8000 is not a text"),
        ("rate", "500/fortnight", "unknown unit '/fortnight'"),
        ("rate", "0/s", "the rate is 0/s: expected more than 0"),
        ("rate", -1, "the rate is -1"),
        ("rate", "nan", "is not a rate"),
        ("rate", float("inf"), "the rate is inf"),
        ("rate", True, "True is not a number"),
        ("duration", "30", "no unit: expected a duration such as '30s'"),
        ("duration", "0s", "expected more than 0"),
        ("duration", 30, "30 is not a text"),
        ("seed", -1, "-1 is not a whole number from 0 on"),
        ("seed", 1.5, "1.5 is not a whole number"),
        ("seed", "5.0", "'5.0' is not a whole number"),
        ("seed", float("inf"), "inf is not a whole number"),
        ("seed", True, "True is not a whole number"),
        ("servers", 0, "0 is not a whole number from 1 on"),
        ("iterations", 0, "0 is not a whole number from 1 on"),
        ("arrivals", "poison", "'poison' is not one of poisson, uniform"),
        ("connections", "reused", "'reused' is not one of reuse, visitor"),
        ("insecure", "yes", "'yes' is neither true nor false"),
        ("header", ["NoColon"], "names nothing before a ':': expected for example 'Name: value'"),
        ("header", [": v"], "names nothing before a ':'"),
        ("env", ["JUST_A_NAME"], "expected for example 'NAME=value'"),
        ("objective", [1], "[1] is not a list of texts"),
        ("profile", "", "'' is not a text"),
        ("resolve", ["shop.example"], "expected for example 'shop.example:127.0.0.1'"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_place_it_stood_in(name: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        convert(name, value, "loadsim.toml: [run] x")
    assert caught.value.message.startswith("loadsim.toml: [run] x: ")
    assert message in caught.value.message


def test_the_nearest_choice_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        convert("arrivals", "poison", "--arrivals")
    assert caught.value.hint == "Did you mean 'poisson'?"


def test_a_secret_in_a_value_that_is_refused_is_not_shown() -> None:
    for name, value in (("target", "ftp://me:hunter22@shop"), ("header", ": hunter22"), ("target", "x?token=hunter22")):
        with pytest.raises(UsageError) as caught:
            convert(name, value, "here")
        assert "hunter22" not in str(caught.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(OPTIONS)), ANYTHING)
def test_any_value_is_taken_or_refused_in_words(name: str, value: Any) -> None:
    try:
        convert(name, value, "here")
    except UsageError as error:
        refused = str(error)
        assert refused.startswith("here: ")


def test_unknown_names_are_told_with_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="here: unknown key 'durations'") as caught:
        check_names({"durations": 1}, OPTIONS, "here")
    assert caught.value.hint == "Did you mean 'duration'?"
