"""Metrics by name, and their values in real run records."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from loadsim.compare import Scale, metric, readings
from loadsim.errors import UsageError
from loadsim.record import (
    Quantiles,
    Reconnects,
    RunRecord,
    SocketFailures,
    SocketMessages,
    WebSockets,
    read_record,
)
from tests.report.runs import CASES, write_run


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return read_record(write_run(tmp_path_factory.mktemp("run"), CASES["spiky"]()))


def test_a_name_says_how_two_values_are_set_against_each_other() -> None:
    p99 = metric('p99[route="GET /items/:id"]')
    assert (p99.scale, p99.better, p99.statistic) == (Scale.RATIO, "lower", "p99")
    assert (metric("goodput").scale, metric("goodput").better) == (Scale.SHARE, "higher")
    assert metric("p99.9(service)").statistic == "p99.9"


def test_sockets_have_failures_and_times() -> None:
    assert (metric("ws.dead").scale, metric("ws.dead").better) == (Scale.SHARE, "lower")
    echo = metric("ws.echo.p99")
    assert (echo.scale, echo.statistic) == (Scale.RATIO, "p99")
    assert metric("ws.never_opened").statistic == "ws.never_opened"


@pytest.mark.parametrize(
    "name", ["ws.echo", "ws.asleep", "ws.dead.p99", "p98", "latency", "error_rate(service)", "p99[", "p99[route]", ""]
)
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


def test_sockets_are_read_from_the_record(record: RunRecord) -> None:
    nothing = Quantiles()
    sockets = WebSockets(
        attempts=110,
        opened=100,
        open_at_start=20,
        open_at_end=0,
        open_max=120,
        finished=114,
        failures={
            name: SocketFailures(count=count, causes={})
            for name, count in (("never_opened", 11), ("closed_on_us", 6), ("vanished", 0), ("dead", 0))
        },
        messages=SocketMessages(
            sent=0, received=0, unanswered=0, lost=None, duplicated=None, corrupt=None, out_of_order=None, late=None
        ),
        close_codes={},
        connect_s=nothing,
        upgrade_s=nothing,
        first_message_s=nothing,
        echo_s=Quantiles(count=50, p50=0.01, p99=0.05),
        broadcast_s=nothing,
        lifetime_s=nothing,
        detection_s=nothing,
        reconnects=Reconnects(count=3, peak_rate=1.0, recovered_s=Quantiles(count=3, p50=1.0, unanswered=1)),
        survival=[],
    )
    found = readings(msgspec.structs.replace(record, websockets=sockets))
    assert found["ws.never_opened"].value == 0.1
    assert found["ws.closed_on_us"].value == 0.05
    assert (found["ws.echo.p99"].value, found["ws.echo.p99"].samples) == (0.05, 50)
    assert found["ws.recovered.p99"].value == math.inf
    assert "ws.connect.p50" not in found
    assert {metric(name).name for name in found} == set(found)


def test_the_closed_model_is_compared_by_service_time(tmp_path: Path) -> None:
    found = readings(read_record(write_run(tmp_path, CASES["closed"]())))
    assert "p50" not in found
    assert {"p50(service)", "p99(service)"} <= set(found)
