"""Shares of visitors by class, as a scenario declares them and as a run may set them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.visitor_classes import check_visitor_classes, with_shares
from loadsim.errors import UsageError

DECLARED = {"light": 0.9, "heavy": 0.03, "robot": 0.07}


@given(st.floats(0, 1))
def test_the_given_share_is_kept_and_the_others_share_the_rest_as_declared(heavy: float) -> None:
    shares = with_shares(DECLARED, {"heavy": heavy})
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares.get("heavy", 0.0) == heavy
    if heavy < 1:
        assert shares["light"] * 0.07 == pytest.approx(shares["robot"] * 0.9)


def test_without_any_given_all_is_as_declared() -> None:
    assert with_shares(DECLARED, {}) == pytest.approx(DECLARED)


def test_a_class_without_a_share_is_left_out() -> None:
    assert set(with_shares(DECLARED, {"heavy": 0.0})) == {"light", "robot"}


@pytest.mark.parametrize("shares", [{"heavy": 0.6, "light": 0.5}, {"light": 0.5, "heavy": 0.1, "robot": 0.1}])
def test_shares_that_are_not_one_together_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"the shares are (1.1|0.7) together"):
        with_shares(DECLARED, shares)


def test_an_unknown_class_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="no class 'hevy'") as caught:
        with_shares(DECLARED, {"hevy": 0.1})
    assert caught.value.hint == "Did you mean 'heavy'?"


@pytest.mark.parametrize("declared", [{}, {"a": -1.0}, {"a": 0.0}, ["a"], {1: 1.0}, {str(n): 1.0 for n in range(99)}])
def test_a_scenario_declares_a_few_names_with_shares(declared: object) -> None:
    with pytest.raises(UsageError, match="visitor_classes is"):
        check_visitor_classes(declared)  # type: ignore[arg-type] # as a script may have it
