"""Objectives on WebSockets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from loadsim.errors import SpecError
from loadsim.measure.socket_event import BEGUN_BY_TARGET, SOCKET_EVENT, Cause, Event
from loadsim.measure.websockets import Messages, SocketRecorder
from loadsim.objectives import Observed, evaluate, parse_objective
from loadsim.record import ObjectiveRecord
from tests.objectives.traffic import observed


def event(kind: Event, at: float, began: float = 0.0, *, cause: int = 0, code: int = 0, flags: int = 0) -> bytes:
    return SOCKET_EVENT.pack(kind, 0, flags, cause, code, began, began, began, at)


def sockets(events: Sequence[bytes], messages: Messages | None = None) -> SocketRecorder:
    recorder = SocketRecorder(origin=0.0, duration_s=60.0)
    recorder.add(b"".join(events))
    if messages is not None:
        recorder.count_messages(59.0, messages)
    recorder.close(60.0)
    return recorder


def judged(text: str, recorder: SocketRecorder | None) -> ObjectiveRecord:
    objective = parse_objective(text)
    basis = observed((), [objective])
    return evaluate(
        objective,
        Observed(
            duration_s=60.0, selected=basis.selected, jain={}, shares={}, recoveries=[], seen={}, sockets=recorder
        ),
    )


FAILING = sockets(
    [
        *(event(Event.NEVER_OPENED, 1.0, cause=503) for _ in range(10)),
        *(event(Event.OPENED, 1.0 + n / 100) for n in range(90)),
        *(event(Event.CLOSED_ON_US, 5.0, 1.0 + n / 100, code=1012, flags=BEGUN_BY_TARGET) for n in range(9)),
        event(Event.VANISHED, 6.0, 1.5, cause=Cause.RESET),
        *(event(Event.RECOVERED, 6.0, 5.0) for _ in range(8)),
    ],
    Messages(sent=1000, received=980, lost=20, duplicated=0, corrupt=0, out_of_order=0, late=49),
)


@pytest.mark.parametrize(
    ("text", "seen", "samples"),
    [
        ("ws.never_opened < 1%", 0.1, 100),
        ("ws.closed_on_us < 1%", 0.1, 90),
        ("ws.vanished < 5%", 1 / 90, 90),
        ("ws.dead < 1%", 0.0, 90),
        ("ws.lost < 1%", 0.02, 1000),
        ("ws.late < 10%", 0.05, 980),
        ("ws.duplicated < 10%", 0.0, 980),
    ],
)
def test_shares_are_of_those_to_whom_it_could_happen(text: str, seen: float, samples: int) -> None:
    record = judged(text, FAILING)
    assert record.observed == pytest.approx(seen)
    assert record.samples == samples
    assert record.verdict == ("pass" if seen < record.bound else "fail")


def test_quantiles_of_times_are_judged_as_those_of_requests() -> None:
    echoes = [event(Event.OPENED, 1.0), *(event(Event.ECHO, 2.0 + n / 1000, 2.0) for n in range(1, 1001))]
    assert judged("ws.echo.p99 < 1s", sockets(echoes)).observed == pytest.approx(0.99, rel=1e-3)
    assert judged("ws.echo.mean < 1s", sockets(echoes)).observed == pytest.approx(0.5, rel=0.01)
    assert judged("ws.echo.p99.9 < 1s", sockets(echoes)).verdict == "inconclusive"
    assert judged("ws.echo.max < 1s", sockets(echoes)).verdict == "fail"


def test_a_socket_that_is_never_replaced_takes_longer_than_any_bound() -> None:
    record = judged("ws.recovered.p50 < 5s", FAILING)
    assert (record.verdict, record.samples) == ("inconclusive", 10)  # a median takes 20
    record = judged("ws.recovered.max < 5s", FAILING)
    assert (record.verdict, record.observed, record.reason) == ("fail", None, "lost sockets were not replaced")


def test_without_sockets_or_without_what_could_be_checked_nothing_passes() -> None:
    assert judged("ws.dead < 1%", None).verdict == "fail"
    assert "no WebSocket was opened" in judged("ws.echo.p99 < 1s", None).reason
    silent = sockets([event(Event.OPENED, 1.0)], Messages(sent=10))
    assert judged("ws.lost < 1%", silent).verdict == "fail"
    assert "neither echoes nor numbers" in judged("ws.lost < 1%", silent).reason
    assert judged("ws.broadcast.p99 < 1s", silent).reason == "no samples"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ws.death < 1%", "Did you mean 'ws.dead'"),
        ("ws.echo < 1s", "Did you mean 'ws.echo.p99'"),
        ("ws.echo.rate < 1s", "unknown metric"),
        ("ws.dead[route=a] < 1%", "takes no selector"),
        ("ws.dead < 1% over 5s", "of the whole run"),
        ("abort ws.dead < 1%", "only at the end of a run"),
        ("ws.dead < 5s", "expected a share"),
    ],
)
def test_what_cannot_be_asked_of_sockets_is_refused_with_the_nearest_name(text: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_objective(text)
    assert words in str(caught.value)
