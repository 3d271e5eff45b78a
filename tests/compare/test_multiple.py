"""Several metrics at once: how often any of them cries wolf."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from loadsim.compare import Scale
from loadsim.compare.multiple import benjamini_yekutieli, step_down
from loadsim.compare.sign_flips import flips, p_value, statistics


def test_one_metric_needs_no_adjustment() -> None:
    effects = np.array([0.3, -0.1, 0.5, 0.2, 0.4, 0.1, 0.6])
    assert step_down([statistics(effects, Scale.RATIO, flips(7))]) == [p_value(effects, Scale.RATIO)]


def test_the_same_metric_three_times_costs_nothing() -> None:
    effects = np.array([0.3, -0.1, 0.5, 0.2, 0.4, 0.1, 0.6])
    same = [statistics(effects, Scale.RATIO, flips(7))] * 3
    assert step_down(same) == [p_value(effects, Scale.RATIO)] * 3


def test_six_rounds_all_one_way_are_enough_for_three_metrics() -> None:
    rng = np.random.default_rng(2)
    found = step_down([statistics(rng.random(6) + 0.1, Scale.RATIO, flips(6)) for _ in range(3)])
    assert found == [2 / 64] * 3


def test_the_joint_false_alarm_rate_is_held_beside_a_metric_that_does_differ() -> None:
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(600):
        shared = rng.normal(0, 1, 10)
        rows = [shared + 5, shared + rng.normal(0, 0.5, 10), rng.normal(0, 1, 10)]
        p = step_down([statistics(row, Scale.RATIO, flips(10)) for row in rows])
        alarms += min(p[1:]) <= 0.05
    assert alarms <= 600 * 0.05 + 3 * np.sqrt(600 * 0.05 * 0.95)


def test_discoveries_are_adjusted_as_scipy_does() -> None:
    p = [0.001, 0.5, 0.02, 0.02, 0.9, 0.0004]
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by").tolist())
    assert benjamini_yekutieli([]) == []
