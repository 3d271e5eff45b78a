"""From what a session measured to the record: what is invalid, what failed, what is whole, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from loadsim.errors import ExitCode
from loadsim.experiment.assemble import close_and_summarise, judge, make_manifest
from loadsim.experiment.collect import Collector
from loadsim.experiment.machine import Cpus
from loadsim.experiment.prepare import Shape
from loadsim.experiment.session import Measured
from loadsim.experiment.subject import Subject
from loadsim.measure.sample import BACKEND_SHIFT, ITERATION, REQUEST, ROUTE_SHIFT, Outcome
from loadsim.objectives import parse_objective
from loadsim.profiles import parse_profile
from loadsim.record import Calibration, RunRecord
from loadsim.settings import RunSettings
from loadsim.wire import HttpSettings, Kind, Names, Plan, Ready, Tick

PLAN = Plan(scenario="spiky", profile="constant(10/s)", seed=1, duration_s=10.0, http=HttpSettings(url="http://h"))
TICK = Tick(number=1, time_s=10.2, scheduled=0, completed=0, failed=0, dropped=0, aborted=0, in_flight=0, backlog=0,
            max_in_flight=7, max_backlog=0, engine_cpu_s=0.5, closed_s=10.0)  # fmt: skip
ORIGIN = 1000.0
PROFILE = parse_profile(PLAN.profile)
SHAPE = Shape(PROFILE, 10.0, 5.0, PROFILE.phases(10.0))


def visits(count: int = 100, outcome: int = 0, took_s: float = 0.05, late_s: float = 0.0) -> bytes:
    """Return ``count`` iterations of one request each, spread over the ten seconds of the plan."""
    packed = []
    for number in range(count):
        due = ORIGIN + number * 10.0 / count
        started, ended = due + late_s, due + late_s + took_s
        packed.append(REQUEST.pack(1 << ROUTE_SHIFT | 1 << BACKEND_SHIFT | outcome, due, started, ended, 100, 10))
        packed.append(ITERATION.pack(outcome, due, started, ended, late_s, 0.0))
    return b"".join(packed)


def measured(
    samples: bytes | None = None,
    *,
    plan: Plan = PLAN,
    end: bool = True,
    tick: dict[str, Any] | None = None,
    **came: Any,
) -> Measured:
    """Return what came of a session whose engine sent ``samples`` and counted them; ``tick`` is what it told otherwise.

    ``objectives`` are those that the recorder has to serve; the rest are fields of the result.
    """
    objectives = [parse_objective(text) for text in came.pop("objectives", ())]
    collector = Collector(plan, SHAPE.phases, {"web": ("web-1",)}, [each.selection() for each in objectives])
    ready = Ready(origin=ORIGIN, scenario="Visitor", pid=1, precise_timer=True, classes=("visitor",), addresses=("a",))
    collector.take(Kind.READY, msgspec.json.encode(ready))
    collector.take(Kind.NAMES, msgspec.json.encode(Names(routes=("GET /a",), backends=("web-1",))))
    packed = visits() if samples is None else samples
    collector.take(Kind.SAMPLES, packed)
    counted = len(packed) // (REQUEST.size + ITERATION.size)
    counts = {"scheduled": counted, "completed": counted}
    told = msgspec.json.encode(msgspec.structs.replace(TICK, **(counts | (tick or {}))))
    collector.take(Kind.END if end else Kind.TICK, told)
    return Measured(collector, **came)


def assembled(came: Measured, objectives: Sequence[str] = (), plan: Plan = PLAN) -> RunRecord:
    summary = close_and_summarise(came, plan, {})
    return judge(came, plan, summary, [parse_objective(text) for text in objectives], manifest(plan=plan))


def manifest(plan: Plan = PLAN, subject: Subject | None = None, **settings: Any) -> Any:
    return make_manifest(
        "20260131T120000Z-spiky",
        datetime(2026, 1, 31, 13, 0, tzinfo=timezone(timedelta(hours=1))),
        RunSettings(**({"scenario": "spiky", "name": "checkout"} | settings)),
        plan,
        SHAPE,
        subject or Subject(url="http://127.0.0.1:8000"),
        Cpus((0,), (1,)),
        Calibration(interpreter_s=0.002, system_calls_s=0.003),
    )


HELD, BROKEN, UNDECIDED = "error_rate < 1%", "p50 < 1ms", "p99.99 < 1s"


def judged(*objectives: str, samples: bytes | None = None, **came: Any) -> RunRecord:
    return assembled(measured(samples, objectives=objectives, **came), objectives)


def test_without_objectives_a_sound_run_has_no_verdict() -> None:
    record = judged()
    assert (record.verdict, record.reasons, record.complete) == (None, [], True)
    assert (record.load.scheduled, record.load.completed, record.load.lost) == (100, 100, 0)


@pytest.mark.parametrize(
    ("objectives", "trouble", "verdict"),
    [
        ([HELD], [], "pass"),
        ([HELD, UNDECIDED], [], "inconclusive"),
        ([HELD, UNDECIDED, BROKEN], [], "fail"),
        ([HELD, UNDECIDED, BROKEN], ["the engine stumbled"], "invalid"),
        ([HELD], ["the engine stumbled"], "invalid"),
        ([], ["the engine stumbled"], "invalid"),
    ],
)
def test_invalid_comes_before_fail_before_inconclusive_before_pass(
    objectives: list[str], trouble: list[str], verdict: str
) -> None:
    assert judged(*objectives, trouble=trouble).verdict == verdict


def test_reasons_stand_in_the_order_of_the_verdicts_and_say_what_was_observed() -> None:
    record = judged(UNDECIDED, HELD, BROKEN, trouble=["the engine stumbled"])
    first, second, third = record.reasons
    assert first == "the engine stumbled"
    assert second.startswith("p50 < 1ms: observed 50")
    assert third.startswith("p99.99 < 1s: observed")
    assert [objective.verdict for objective in record.objectives] == ["inconclusive", "pass", "fail"]


def test_what_began_and_never_ended_is_lost_and_makes_the_run_invalid() -> None:
    record = judged(HELD, tick={"scheduled": 103})
    assert (record.verdict, record.load.lost, record.load.scheduled) == ("invalid", 3, 103)
    assert record.reasons == ["3 arrivals are lost: the engine began them and never told their end"]


def test_what_the_drain_cut_off_makes_a_run_invalid_unless_it_was_interrupted() -> None:
    cut_off = visits(99) + visits(1, Outcome.ABORTED)
    record = judged(samples=cut_off)
    assert (record.verdict, record.load.aborted) == ("invalid", 1)
    assert "raise --drain" in record.reasons[0]
    record = judged(samples=cut_off, interrupted=ExitCode.INTERRUPTED)
    assert (record.verdict, record.reasons, record.load.aborted) == (None, [], 1)


def test_samples_that_nobody_read_in_time_make_a_run_invalid() -> None:
    record = judged(tick={"unreported": 12_000})
    assert record.verdict == "invalid"
    assert record.reasons == ["12,000 samples were discarded because they could not be read in time"]


def test_a_generator_that_was_late_cannot_fail_the_target() -> None:
    record = judged(BROKEN, samples=visits(late_s=0.5))
    assert record.verdict == "invalid"
    assert record.reasons[0].startswith("the generator was late")


def test_a_run_that_an_objective_ended_has_failed_whatever_came_after() -> None:
    sentence = "p99 < 1s over 1s: observed 2 s"
    record = judged(HELD, aborted_by=[sentence], tick={"time_s": 4.3, "closed_s": 4.0})
    assert (record.verdict, record.complete) == ("fail", False)
    assert record.reasons == [f"ended early, after 4s: {sentence}"]


def test_a_run_that_an_objective_ended_is_invalid_if_it_was_not_sound() -> None:
    assert judged(aborted_by=["p99 < 1s: observed 2 s"], trouble=["the engine stumbled"]).verdict == "invalid"


def test_an_interrupted_run_is_judged_by_the_time_that_it_took() -> None:
    came = {"interrupted": ExitCode.TERMINATED, "tick": {"time_s": 5.2, "closed_s": 5.0}}
    record = judged(samples=visits(100), **came)
    assert (record.complete, record.verdict) == (False, None)
    assert record.load.offered_rate == pytest.approx(100 / 5)


def test_a_run_whose_engine_never_came_to_its_end_is_not_complete() -> None:
    record = judged(end=False, tick={"time_s": 6.0, "closed_s": None}, trouble=["it ended early (status -9)"])
    assert (record.complete, record.verdict) == (False, "invalid")
    assert record.load.offered_rate == pytest.approx(100 / 6)


def test_a_run_that_sent_all_its_iterations_is_complete_before_its_time() -> None:
    plan = msgspec.structs.replace(PLAN, iterations=100)
    tick = {"time_s": 3.0, "closed_s": 2.5}
    assert assembled(measured(plan=plan, tick=tick), plan=plan).complete
    assert not assembled(measured(tick=tick)).complete


def test_of_an_engine_that_was_never_heard_of_again_nothing_is_known() -> None:
    came = measured(b"")
    came.collector.tick, came.collector.finished = None, False
    record = assembled(came)
    assert record.complete is False
    assert (record.load.offered_rate, record.load.achieved_rate) == (None, None)
    assert (record.load.max_backlog, record.load.scheduled) == (None, 0)


def test_an_objective_about_what_never_came_fails_and_says_what_did() -> None:
    record = judged('p99[route="GET /b"] < 1s')
    assert record.verdict == "fail"
    assert "GET /a" in record.reasons[0]


def test_warnings_change_no_verdict() -> None:
    record = judged(HELD, warnings=["engine and target share their CPUs"])
    assert (record.verdict, record.warnings) == ("pass", ["engine and target share their CPUs"])


def test_the_manifest_says_what_was_run_against_what() -> None:
    bundled = Subject(
        url="http://127.0.0.1:8000", topology="balanced", pools={"web": ("web-1",)}, settings={"servers": 1}
    )
    told = manifest(subject=bundled, seed=1, iterations=5)
    assert (told.scenario, told.seed, told.topology, told.pools) == ("checkout", 1, "balanced", {"web": ["web-1"]})
    assert (told.profile, told.duration_s, told.arrivals) == (PROFILE.spec(), 10.0, "poisson")
    assert told.started_at == "2026-01-31T12:00:00Z"
    assert told.cpus == {"engine": [0], "target": [1]}
    assert (told.settings["servers"], told.settings["iterations"], told.settings["users"]) == (1, 5, None)


def test_the_manifest_keeps_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["loadsim", "run", "spiky", "--header", "Authorization: Bearer hunter22"])
    subject = Subject(url="http://shop:hunter22@127.0.0.1:8000/?token=hunter22")
    told = manifest(subject=subject, headers=(("Authorization", "Bearer hunter22"), ("Accept", "text/html")))
    assert b"hunter22" not in msgspec.json.encode(told)
    assert ["Accept", "text/html"] in told.settings["headers"]
    assert told.argv[:3] == ["loadsim", "run", "spiky"]
