"""Both sides laid over each other: the usual round, and how far apart the two are at each percentile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadsim.compare import read_comparison
from loadsim.report.chart import percentile_place
from loadsim.report.comparison import rounds
from loadsim.report.comparison.page import load_rounds
from loadsim.report.comparison.rounds import BothSides


@pytest.fixture(scope="module")
def both(slower: Path) -> BothSides:
    loaded, missing = load_rounds(read_comparison(slower), slower)
    assert missing == []
    return loaded


def test_the_usual_round_is_the_median_of_the_rounds(both: BothSides) -> None:
    chart = rounds.requests_over_time(both)
    assert chart is not None
    assert [series.label for series in chart.series] == ["offered", "monolith", "balanced"]
    second = [run.column("completed")[1] for run in both.a]
    assert chart.series[1].values[1] == np.median(second)


def test_the_slower_side_has_the_upper_percentile_curve(both: BothSides) -> None:
    chart = rounds.percentiles(both)
    assert chart is not None
    a, b = (series.values for series in chart.series)
    known = np.isfinite(a) & np.isfinite(b)
    assert (b[known] >= a[known]).mean() > 0.95


def test_the_shift_at_the_median_is_the_effect_on_p50_and_its_band_the_interval(both: BothSides) -> None:
    chart = rounds.shift(both)
    assert chart is not None
    p50 = next(effect for effect in both.record.effects if effect.metric == "p50")
    assert (p50.effect, p50.low, p50.high) != (None, None, None)
    place = int(np.argmin(np.abs(chart.xs - float(percentile_place(0.5)))))
    found = [series.values[place] for series in chart.series]
    assert found == pytest.approx([p50.effect, p50.low, p50.high], rel=0.03)
    assert chart.marks[0].at == 1.0


def test_too_few_rounds_have_no_band_and_it_is_said(both: BothSides) -> None:
    chart = rounds.shift(BothSides(both.record, both.a[:3], both.b[:3]))
    assert chart is not None
    assert [series.key for series in chart.series] == ["effect"]
    assert "too few for a band" in chart.reading


def test_backends_of_both_sides_share_rows(both: BothSides) -> None:
    chart = rounds.balancer_distribution(both)
    assert chart is not None
    assert chart.categories == ("web-1", "web-2", "web-3", "web-4")
    assert [series.label for series in chart.series] == ["monolith", "balanced"]
    assert np.nansum(chart.series[0].values) == pytest.approx(1.0, abs=0.05)


def test_without_runs_there_is_nothing_to_draw(both: BothSides) -> None:
    nothing = BothSides(both.record, (), ())
    draws = (rounds.requests_over_time, rounds.percentiles, rounds.shift, rounds.balancer_distribution)
    assert [draw(nothing) for draw in draws] == [None] * 4
