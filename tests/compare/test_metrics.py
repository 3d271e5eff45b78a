"""Metrics by name, and their values in real run records."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from loadsim.compare import Reading, Scale, metric, readings
from loadsim.errors import UsageError
from loadsim.record import (
    Quantiles,
    Reconnects,
    Recovery,
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


def test_a_recovery_may_be_nothing_at_all_and_is_told_in_seconds(record: RunRecord) -> None:
    recovery = metric("recovery")
    assert (recovery.scale, recovery.better, recovery.scale.is_ranked) == (Scale.SECONDS, "lower", True)
    events = [Recovery(cause="spike", start_s=5, recovery_s=0.0), Recovery(cause="fault", start_s=9, recovery_s=3.0)]
    assert readings(msgspec.structs.replace(record, recoveries=events))["recovery"] == Reading(3.0, 2)
    lasting = [*events, Recovery(cause="fault", start_s=12, recovery_s=None)]
    assert readings(msgspec.structs.replace(record, recoveries=lasting))["recovery"].value == math.inf
    assert "recovery" not in readings(msgspec.structs.replace(record, recoveries=[]))


def test_pools_have_shares_evenness_and_where_there_are_several_failures(record: RunRecord) -> None:
    assert {"jain[pool=web]", "max_share[pool=web]"} <= set(readings(record))
    assert "error_rate[pool=web]" not in readings(record)
    names = sorted(record.backends)
    pools = {name: "light" if place else "heavy" for place, name in enumerate(names)}
    backends = {name: msgspec.structs.replace(record.backends[name], pool=pool) for name, pool in pools.items()}
    found = readings(msgspec.structs.replace(record, backends=backends))
    heavy = record.backends[names[0]]
    assert found["error_rate[pool=heavy]"] == Reading(heavy.failed / heavy.count, heavy.count)
    assert "error_rate[pool=light]" in found


def test_sockets_have_failures_and_times() -> None:
    assert (metric("ws.dead").scale, metric("ws.dead").better) == (Scale.SHARE, "lower")
    echo = metric("ws.echo.p99")
    assert (echo.scale, echo.statistic) == (Scale.RATIO, "p99")
    assert metric("ws.never_opened").statistic == "ws.never_opened"


@pytest.mark.parametrize(
    "name",
    [
        "ws.echo",
        "ws.asleep",
        "ws.dead.p99",
        "p98",
        "latency",
        "error_rate(service)",
        "p99[",
        "p99[route]",
        "recovery[phase=spike]",
        "",
    ],
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
