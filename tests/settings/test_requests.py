"""Declared requests, from the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.errors import SpecError
from loadsim.settings import parse_request
from loadsim.wire import Route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("GET /a", Route(path="/a")),
        ("  POST   /a?b=c  weight=2.5 ", Route(method="POST", path="/a?b=c", weight=2.5)),
        ("GET /i/{zipf:1000}/{uniform:3} name=/i", Route(path="/i/{zipf:1000}/{uniform:3}", name="/i")),
    ],
)
def test_a_request_is_a_method_a_path_and_options(text: str, route: Route) -> None:
    assert parse_request(text) == route


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, "a request is a method and a path"),
        ("GET", 3, "a request is a method and a path"),
        ("get /a", 0, "unknown method 'get'"),
        ("FETCH /a", 0, "unknown method 'FETCH'"),
        ("GET a", 4, "'a' is no path"),
        ("GET http://h/a", 4, "the target comes from --target"),
        ("GET /a weight=heavy", 14, "'heavy' is no weight"),
        ("GET /a weight=0", 14, "'0' is no weight"),
        ("GET /a weight=inf", 14, "'inf' is no weight"),
        ("GET /a weight=nan", 14, "'nan' is no weight"),
        ("GET /a wait=2", 7, "cannot take 'wait=2'"),
        ("GET /a name=", 7, "cannot take 'name='"),
        ("GET /a/{zipf:0}", 7, "unknown placeholder"),
        ("GET /a/{normal:5}", 7, "unknown placeholder"),
        ("GET /a/{id}", 7, "a brace begins a placeholder"),
        ("GET /a}", 6, "a brace begins a placeholder"),
    ],
)
def test_what_is_no_request_is_pointed_at(text: str, position: int, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_request(text)
    assert caught.value.position == position
    assert problem in caught.value.problem


def test_a_method_in_small_letters_is_told_the_right_one() -> None:
    with pytest.raises(SpecError) as caught:
        parse_request("get /a")
    assert caught.value.hint == "Did you mean 'GET'?"


@given(st.text(max_size=30))
def test_any_text_is_a_route_or_refused_at_a_place(text: str) -> None:
    for whole in (text, f"GET /{text}", f"GET /a {text}"):
        try:
            parse_request(whole)
        except SpecError as error:
            place = error.position
        else:
            place = 0
        assert 0 <= place <= len(whole)
