"""Metrics by name, and their values in real run records."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from loadsim.compare import Scale, metric, readings
from loadsim.errors import UsageError
from loadsim.record import Quantiles, RunRecord, read_record
from tests.report.runs import CASES, write_run


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return read_record(write_run(tmp_path_factory.mktemp("run"), CASES["spiky"]()))


def test_a_name_says_how_two_values_are_set_against_each_other() -> None:
    p99 = metric('p99[route="GET /items/:id"]')
    assert (p99.scale, p99.better, p99.statistic) == (Scale.RATIO, "lower", "p99")
    assert (metric("goodput").scale, metric("goodput").better) == (Scale.SHARE, "higher")
    assert metric("p99.9(service)").statistic == "p99.9"


@pytest.mark.parametrize("name", ["p98", "latency", "error_rate(service)", "p99[", "p99[route]", ""])
def test_a_name_that_no_round_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown metric"):
        metric(name)


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        metric("error_rat")
    assert "error_rate" in caught.value.hint


def test_every_reading_of_a_record_has_a_name_that_can_be_asked_for(record: RunRecord) -> None:
    found = readings(record)
    assert {metric(name).name for name in found} == set(found)
    assert {"error_rate", "goodput", "mean", "p50", "p99", "p50(service)", "jain[pool=web]"} <= set(found)
    assert any(name.startswith('p99[route="GET /items') for name in found)
    assert any(name.startswith("p99[phase=") for name in found)


def test_values_are_those_of_the_record(record: RunRecord) -> None:
    found = readings(record)
    assert record.response_time_s is not None
    assert (found["p99"].value, found["p99"].samples) == (record.response_time_s.p99, record.response_time_s.count)
    assert found["error_rate"].value == record.requests.failed / record.requests.count


def test_a_quantile_without_an_answer_is_above_all_and_one_without_samples_is_not_there(record: RunRecord) -> None:
    silent = msgspec.structs.replace(
        record, response_time_s=Quantiles(count=10, mean=0.1, p50=0.1, p99=None, unanswered=2), routes={}
    )
    found = readings(silent)
    assert found["p99"].value == math.inf
    assert found["mean"].value == math.inf
    assert found["p50"].value == 0.1
    assert "p50" not in readings(msgspec.structs.replace(record, response_time_s=Quantiles()))


def test_the_closed_model_is_compared_by_service_time(tmp_path: Path) -> None:
    found = readings(read_record(write_run(tmp_path, CASES["closed"]())))
    assert "p50" not in found
    assert {"p50(service)", "p99(service)"} <= set(found)
