"""A forest of effects in characters: what lies where."""

from __future__ import annotations

import math
from typing import Any

import pytest

from loadsim.compare import EffectRecord
from loadsim.report.terminal.forest import ASCII, UNICODE, reach, row

LIMIT = math.log(2)


def effect(**changes: Any) -> EffectRecord:
    made: dict[str, Any] = {
        "metric": "p50", "primary": True, "scale": "ratio", "better": "lower", "a": [], "b": [], "unanswered_a": 0,
        "unanswered_b": 0, "rounds": 10, "effect": 1.41, "low": 1.19, "high": 1.68, "p": None, "p_adjusted": None,
        "margin": 0.19, "detectable": None, "verdict": "worse", "reason": "",
    }  # fmt: skip
    return EffectRecord(**(made | changes))


def test_no_effect_is_in_the_middle_and_the_ends_are_as_far_as_the_axis_goes() -> None:
    #      half                 no effect              twice
    assert row(effect(), LIMIT, 21, UNICODE) == "       ┊  │  ├─●─┤   "
    same = effect(effect=1.0, low=0.84, high=1.19)
    assert row(same, LIMIT, 21, UNICODE) == "       ├──●──┤       "


def test_ascii_shows_the_same() -> None:
    assert row(effect(), LIMIT, 21, ASCII) == "       :  |  [-o-]   "


def test_what_goes_beyond_the_axis_or_has_no_bound_is_an_arrow() -> None:
    assert row(effect(effect=4.0, low=1.41, high=9.0), LIMIT, 21, UNICODE) == "       ┊  │  ┊ ├────▶"
    assert row(effect(effect=None, low=1.41, high=None), LIMIT, 21, UNICODE) == "       ┊  │  ┊ ├────▶"
    assert row(effect(effect=0.5, low=None, high=0.84), LIMIT, 21, UNICODE) == "●──────┤  │  ┊       "


def test_an_effect_without_an_interval_is_a_point_and_nothing_known_is_empty() -> None:
    assert row(effect(low=None, high=None), LIMIT, 21, UNICODE) == "       ┊  │  ┊ ●     "
    assert row(effect(effect=None, low=None, high=None), LIMIT, 21, UNICODE) == "       ┊  │  ┊       "


def test_shares_have_an_axis_of_their_own() -> None:
    share = effect(scale="difference", effect=0.01, low=-0.01, high=0.03, margin=0.01)
    assert reach([effect(), share], "difference") == 0.03
    assert reach([effect(), share], "ratio") == pytest.approx(math.log(1.68))
    assert row(share, 0.05, 21, UNICODE) == "        ├─┼─●───┤    "


def test_waits_have_an_axis_of_seconds() -> None:
    wait = effect(scale="seconds", effect=5.0, low=4.0, high=6.0, margin=1.0)
    assert reach([effect(), wait], "seconds") == 6.0
    assert reach([effect(scale="seconds", high=None)], "seconds") < 2


def test_the_axis_ends_at_ten_times() -> None:
    assert reach([effect(high=500.0)], "ratio") == math.log(10)
