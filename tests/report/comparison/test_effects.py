"""The charts of the effects hold what compare.json says."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from loadsim.compare import CompareRecord, read_comparison
from loadsim.report.comparison.effects import (
    forest_of_shares,
    forest_of_times,
    forest_of_waits,
    ratio_axis,
    ratio_ticks,
    rounds_of,
)


@pytest.fixture(scope="module")
def record(slower: Path) -> CompareRecord:
    return read_comparison(slower)


def test_the_forest_has_the_primary_metrics_first_and_their_intervals(record: CompareRecord) -> None:
    chart = forest_of_times(record)
    assert chart is not None
    assert chart.categories[:2] == ("p50 – worse", "p99 – worse")
    assert len(chart.categories) <= 16
    p50 = next(effect for effect in record.effects if effect.metric == "p50")
    found = {series.key: series.values[0] for series in chart.series}
    assert found == {"low": p50.low, "effect": p50.effect, "high": p50.high}
    assert chart.x.low < 1 < chart.x.high
    assert chart.marks[0].at == 1.0
    assert "p50 1.5" in chart.alt or "p50 1.4" in chart.alt


def test_shares_have_a_forest_of_their_own_around_no_difference(record: CompareRecord) -> None:
    chart = forest_of_shares(record)
    assert chart is not None
    assert chart.categories[0] == "error rate – equivalent"
    assert chart.x.low == -chart.x.high
    assert chart.marks[0].at == 0.0


def test_waits_have_a_forest_and_an_axis_of_seconds(record: CompareRecord) -> None:
    assert forest_of_waits(record) is None
    made = {"metric": "recovery", "scale": "seconds", "effect": 5.0, "low": 4.0, "high": 6.5, "margin": 1.0}
    waits = msgspec.structs.replace(record.effects[0], a=[0.0] * 6, b=[5.0] * 6, **made)
    chart = forest_of_waits(msgspec.structs.replace(record, effects=[waits]))
    assert chart is not None
    assert (chart.x.unit, chart.marks[0].at, chart.x.low) == ("seconds", 0.0, -chart.x.high)
    rounds = rounds_of(record, waits)
    assert rounds is not None
    assert (rounds.x.unit, rounds.x.scale) == ("seconds", "linear")


def test_the_rounds_of_a_metric_stand_beside_each_other(record: CompareRecord) -> None:
    p50 = next(effect for effect in record.effects if effect.metric == "p50")
    chart = rounds_of(record, p50)
    assert chart is not None
    assert chart.categories == tuple(f"round {number}" for number in range(1, 7))
    assert [series.label for series in chart.series] == ["monolith", "balanced"]
    np.testing.assert_array_equal(chart.series[0].values, np.array(p50.a, float))
    values = [value for value in (*p50.a, *p50.b) if value is not None]
    assert chart.x.low < min(values) < max(values) < chart.x.high


def test_a_round_without_an_answer_leaves_a_gap(record: CompareRecord) -> None:
    p50 = next(effect for effect in record.effects if effect.metric == "p50")
    chart = rounds_of(record, msgspec.structs.replace(p50, b=[None, *p50.b[1:]]))
    assert chart is not None
    assert np.isnan(chart.series[1].values[0])
    assert rounds_of(record, msgspec.structs.replace(p50, a=[None] * 6, b=[None] * 6)) is None


def test_nothing_to_show_is_no_chart(record: CompareRecord) -> None:
    empty = msgspec.structs.replace(record, effects=[])
    assert forest_of_times(empty) is None
    assert forest_of_shares(empty) is None


@pytest.mark.parametrize(("low", "high"), [(0.95, 1.05), (0.7, 1.6), (0.2, 4.0), (0.001, 1000.0)])
def test_ratios_have_some_round_ticks_and_one_among_them(low: float, high: float) -> None:
    ticks = ratio_ticks(low, high)
    assert 3 <= len(ticks) <= 20
    assert any(place == pytest.approx(1.0) for place, _ in ticks)
    assert ratio_axis("", np.array([low, np.nan, high])).low < low
