"""Distributions of durations: their text form, and their draws against theory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from loadsim.distributions import parse_distribution
from loadsim.errors import SpecError, UsageError
from loadsim.randomness import Draws


def drawn(text: str, count: int = 20_000) -> np.ndarray:
    distribution, draws = parse_distribution(text), Draws(7)
    return np.array([distribution.draw(draws) for _ in range(count)])


@pytest.mark.parametrize(
    "text",
    ["constant(25s)", "exponential(2s)", "lognormal(median=2s,sigma=0.5)", "pareto(min=2s,alpha=3)"],
)
def test_draws_have_the_mean_that_is_promised_and_the_text_reads_back(text: str) -> None:
    distribution = parse_distribution(text)
    assert distribution.spec() == text
    assert drawn(text).mean() == pytest.approx(distribution.mean_s, rel=0.03)


def test_quantiles_are_those_of_theory() -> None:
    assert np.median(drawn("exponential(10s)")) == pytest.approx(10 * math.log(2), rel=0.03)
    assert np.median(drawn("lognormal(median=3s,sigma=1)")) == pytest.approx(3.0, rel=0.03)
    assert np.quantile(drawn("pareto(min=1s,alpha=1.5)"), 0.9) == pytest.approx(10 ** (1 / 1.5), rel=0.05)
    assert drawn("pareto(min=1s,alpha=1.5)").min() >= 1.0


def test_a_tail_too_heavy_for_a_mean_says_so() -> None:
    assert parse_distribution("pareto(min=1s,alpha=1)").mean_s == math.inf


def test_arguments_may_stand_without_their_names() -> None:
    assert parse_distribution(" lognormal( 2s , 1 ) ") == parse_distribution("lognormal(median=2s,sigma=1)")


def test_a_file_gives_what_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "durations.txt"
    path.write_text("# seen on Monday\n10ms\n\n30ms\n", encoding="utf-8")
    distribution = parse_distribution(f"file('{path}')")
    assert distribution.mean_s == pytest.approx(0.02)
    assert set(drawn(f"file({path})", 100)) == {0.01, 0.03}


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 0, "the name of a distribution"),
        ("normal(1s)", 0, "unknown distribution 'normal'"),
        ("constant", 8, r"expected '\(' after constant"),
        ("constant()", 9, "lacks 'value'"),
        ("constant(0s)", 9, "above 0"),
        ("constant(5)", 10, "no unit"),
        ("lognormal(2s)", 12, "lacks 'sigma'"),
        ("lognormal(2s, x)", 14, "'x' is not a number"),
        ("exponential(2s) + 1", 16, "expected the end"),
        ("exponential(2s, 3s)", 16, "takes no more than 1"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, at: int, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        parse_distribution(text)
    assert caught.value.position == at


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.txt' cannot be read: No such file"):
        parse_distribution(f"file({tmp_path}/nowhere.txt)")
    bad = tmp_path / "bad.txt"
    bad.write_text("1s\nsoon\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"bad\.txt', line 2"):
        parse_distribution(f"file({bad})")
