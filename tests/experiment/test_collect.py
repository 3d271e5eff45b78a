"""Frames taken in one by one, and what the engine could not start for."""

from __future__ import annotations

import msgspec
import pytest

from loadsim.errors import EngineError, ExitCode, LoadsimError
from loadsim.experiment.collect import Collector
from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import BACKEND_SHIFT, ITERATION, REQUEST, ROUTE_SHIFT
from loadsim.wire import ErrorExample, Exchange, Failed, HttpSettings, Kind, Names, Plan, Ready, Tick

PLAN = Plan(scenario="spiky", profile="constant(1/s)", seed=1, duration_s=10.0, http=HttpSettings(url="http://h"))
READY = Ready(origin=100.0, scenario="Visitor", pid=1, precise_timer=True, classes=("visitor",), addresses=("a",))
TICK = Tick(number=1, time_s=1.0, scheduled=3, completed=1, failed=0, dropped=0, aborted=0, in_flight=2, backlog=0,
            max_in_flight=2, max_backlog=0, engine_cpu_s=0.1)  # fmt: skip


def collector(**options: object) -> Collector:
    made = Collector(PLAN, (), {}, (), **options)  # type: ignore[arg-type]
    made.take(Kind.READY, msgspec.json.encode(READY))
    return made


def test_samples_names_and_ticks_find_their_places() -> None:
    made = collector()
    names = Names(routes=("GET /a",), backends=("web-1",), errors=(ErrorExample(outcome="timeout", first="slow"),))
    made.take(Kind.NAMES, msgspec.json.encode(names))
    again = Names(errors=(ErrorExample(outcome="timeout", first="later"),))
    made.take(Kind.NAMES, msgspec.json.encode(again))
    request = REQUEST.pack(1 << ROUTE_SHIFT | 1 << BACKEND_SHIFT, 101.0, 101.0, 101.1, 10, 5)
    made.take(Kind.SAMPLES, request + ITERATION.pack(0, 101.0, 101.0, 101.1, 0.0, 0.0))
    made.take(Kind.TICK, msgspec.json.encode(TICK))
    assert (made.ready, made.tick, made.finished) == (READY, TICK, False)
    assert made.errors == {"timeout": "slow"}
    live = made.recorder.live(2.0)
    assert (live.completed, live.in_flight, live.backends) == (1, 2, {"web-1": 1})
    made.take(Kind.END, msgspec.json.encode(TICK))
    assert made.finished


def test_samples_count_as_soon_as_they_are_asked_for_and_are_folded_many_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folded = []
    add = Recorder.add
    monkeypatch.setattr(Recorder, "add", lambda self, payload: (folded.append(len(payload)), add(self, payload)))
    made = collector()
    frame = ITERATION.pack(0, 101.0, 101.0, 101.1, 0.0, 0.0) * 1000
    for _ in range(140):
        made.take(Kind.SAMPLES, frame)
    assert made.recorder.live(2.0).completed == 140_000
    assert sum(folded) == 140 * len(frame)
    assert len(folded) == 3  # two full ones, and what was left


def test_an_engine_that_never_got_ready_has_no_recorder() -> None:
    with pytest.raises(EngineError, match="before it was ready"):
        _ = Collector(PLAN, (), {}, ()).recorder


@pytest.mark.parametrize("code", [ExitCode.USAGE, ExitCode.TARGET, ExitCode.INTERNAL])
def test_what_the_engine_could_not_start_for_is_raised_with_its_exit_code(code: ExitCode) -> None:
    failed = msgspec.json.encode(Failed(message="what", hint="how", exit_code=int(code)))
    with pytest.raises(LoadsimError) as caught:
        Collector(PLAN, (), {}, ()).take(Kind.FAILED, failed)
    assert (caught.value.exit_code, caught.value.message, caught.value.hint) == (code, "what", "how")


def test_exchanges_go_to_whoever_shows_them() -> None:
    shown: list[Exchange] = []
    exchange = Exchange(method="GET", url="http://h/", request_headers=(), status=200, outcome="ok",
                        response_headers=(), body="", service_s=0.1)  # fmt: skip
    collector(on_exchange=shown.append).take(Kind.EXCHANGE, msgspec.json.encode(exchange))
    assert shown == [exchange]
