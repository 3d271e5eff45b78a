"""What a comparison is told: rounds, primary metrics, least effects of interest."""

from __future__ import annotations

import pytest

from loadsim.errors import UsageError
from loadsim.settings import compare_settings


def test_ten_rounds_and_one_look_are_the_default() -> None:
    settings = compare_settings()
    assert (settings.looks, settings.rounds, settings.is_auto) == ((10,), 10, False)
    assert (settings.primary, settings.margins, settings.level) == ((), {}, 0.05)


def test_auto_looks_up_to_forty_rounds_or_as_many_as_said() -> None:
    assert compare_settings(rounds="auto").looks == (8, 12, 18, 27, 40)
    settings = compare_settings(rounds="auto", max_rounds="12")
    assert (settings.looks, settings.is_auto, settings.level) == ((8, 12), True, 0.025)


@pytest.mark.parametrize("rounds", ["0", "-3", "ten", "", "1001", "2.5"])
def test_what_is_no_number_of_rounds_is_refused(rounds: str) -> None:
    with pytest.raises(UsageError, match="--rounds .*expected a whole number of rounds, 6 or more.* or auto"):
        compare_settings(rounds=rounds)


def test_a_most_without_auto_is_refused() -> None:
    with pytest.raises(UsageError, match="--max-rounds goes with --rounds auto"):
        compare_settings(rounds="10", max_rounds="20")


def test_primary_metrics_are_cut_at_the_commas_outside_of_selectors() -> None:
    text = 'p99[route="GET /a,b"], error_rate ,p50[class=light]'
    assert compare_settings(primary=text).primary == ('p99[route="GET /a,b"]', "error_rate", "p50[class=light]")


@pytest.mark.parametrize("text", ["", "p50,p50", "p50,p90,p95,p99", " , "])
def test_none_or_more_than_three_or_one_twice_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected one to 3 different metrics"):
        compare_settings(primary=text)


def test_an_unknown_metric_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="--primary: unknown metric 'p98'"):
        compare_settings(primary="p98")
    with pytest.raises(UsageError) as caught:
        compare_settings(min_effects=["error_rat=1%"])
    assert caught.value.message.startswith("--min-effect: unknown metric 'error_rat'")
    assert "error_rate" in caught.value.hint


def test_least_effects_are_for_all_times_or_for_one_metric() -> None:
    assert compare_settings(min_effects=["recovery=2s"]).margins == {"recovery": 2.0}
    settings = compare_settings(min_effects=["3%", "p99=20%", 'p50[route="GET /a=b"]=1%', "error_rate = 0.5%"])
    assert settings.margins == {"": 0.03, "p99": 0.2, 'p50[route="GET /a=b"]': 0.01, "error_rate": 0.005}


@pytest.mark.parametrize("text", ["0%", "101%", "p99=", "many", "p99=-1%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--min-effect"):
        compare_settings(min_effects=[text])
