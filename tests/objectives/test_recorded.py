"""A record alone comes to what the run itself came to, or says why it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from loadsim.errors import UsageError
from loadsim.experiment.assemble import observe
from loadsim.measure.recorder import Recorder
from loadsim.measure.run_files import write_run_files
from loadsim.measure.sample import Outcome
from loadsim.objectives import evaluate, parse_objective
from loadsim.objectives.recorded import RecordedRun, judge_recorded
from loadsim.profiles import Phase
from loadsim.record import ObjectiveRecord, read_record, write_record
from loadsim.summary import summarise
from tests.report.runs import Case, closed, sockets, write_run

from .traffic import BACKENDS, CLASSES, ORIGIN, POOLS, ROUTES, Visit, evenly

Traffic = Callable[[], list[Visit]]

DURATION_S = 40.0
PHASES = (Phase("base", 0.0, 20.0), Phase("spike", 20.0, 30.5), Phase("recovery", 30.5, DURATION_S))


def good() -> list[Visit]:
    """Return visits that were all answered, slower in the spike, of two classes, on both servers and the database."""
    visits = []
    for n, visit in enumerate(evenly(4000, DURATION_S)):
        took_s = (0.01 + n % 97 / 5000) * (3 if 20 <= visit.due < 30 else 1)
        visits.append(Visit(visit.due, took_s, n % 7 / 1000, 0, 1 + n % 2, 1 + n % 3, n % 5 == 0))
    return visits


def bad() -> list[Visit]:
    """Return the same, of which some failed, some had no answer, and some were never started."""
    ends = {3: 503, 50: Outcome.TIMEOUT, 70: Outcome.DROPPED, 90: Outcome.ABORTED}
    return [
        Visit(v.due, v.took_s, v.waited_s, ends.get(n % 100, 0), v.route, v.backend, v.visitor_class)
        for n, v in enumerate(good())
    ]


def both(
    directory: Path, visits: Sequence[Visit], texts: Sequence[str]
) -> list[tuple[ObjectiveRecord, ObjectiveRecord]]:
    """Judge objectives by what was measured, and by the record of it."""
    objectives = [parse_objective(text) for text in texts]
    recorder = Recorder(
        origin=ORIGIN,
        duration_s=DURATION_S,
        phases=PHASES,
        classes=CLASSES,
        pools=POOLS,
        selections=[objective.selection() for objective in objectives],
    )
    recorder.names(ROUTES, BACKENDS)
    recorder.add(b"".join(visit.frames() for visit in visits))
    recorder.close()
    summary = summarise(recorder)
    other = read_record(write_run(directory, Case(duration_s=1)))
    manifest = msgspec.structs.replace(other.manifest, duration_s=DURATION_S)
    write_run_files(recorder, directory)
    write_record(
        summary.record(manifest, complete=True, verdict=None, reasons=[], warnings=[], objectives=[]), directory
    )
    run = RecordedRun(directory, read_record(directory))
    observed = observe(recorder, summary, DURATION_S)
    return [(evaluate(objective, observed), judge_recorded(objective, run)) for objective in objectives]


TOLD = (
    *("p50 < 20ms", "p99 < 50ms", "p98.7 < 50ms", "p99.9 < 1s", "p99.99 < 1s", "mean < 1s", "min < 1s", "max < 1s"),
    *("p99(service) < 50ms", "p97(service) < 50ms", "p90(iteration) < 1s", "p91(iteration) < 1s"),
    *('p95[route="GET /"] < 20ms', 'p94[route="GET /*"] < 1s', 'p99(service)[route="GET /items/:id"] < 9ms'),
    *("p95[backend=web-1] < 1s", "p95[backend=web-*] < 1s", "p96[pool=web] < 1s", "p95[pool=all] < 1s"),
    *("p95[pool=web,backend=*-1] < 1s", "p95[class=heavy] < 1s", "p93[class=*] < 1s", "p95[phase=base] < 20ms"),
    *("p95[phase=*] < 1s", "p92[phase=base] < 1s", "p99.9[phase=spike] < 1s", "p95[route=/none] < 1s"),
    *("p95[class=light,route=/none] < 1s", "p95[outcome=http_599] < 1s", "p95[phase=night] < 1s"),
    *("error_rate < 1%", 'error_rate[route="GET /"] < 1%', "error_rate[pool=db] < 5%", "error_rate[class=light] < 2%"),
    *("iteration_error_rate < 1%", "started >= 99%", "goodput >= 99%", "goodput[phase=spike] > 90%", "rate >= 99/s"),
    *("started[phase=*] >= 99%", "iteration_error_rate[phase=base] < 1%", "p99(service)[phase=base] < 20ms"),
    *("jain > 0.5", "jain[pool=web] > 0.99", "max_share < 60%", "max_share[pool=db] < 99%", "jain[pool=x] > 0.1"),
    *("recovery < 1s", "ws.dead < 1%", "ws.echo.p99 < 1s"),
)
TOLD_IN_TIME = (
    *("p99 < 50ms over 10s", "p90 < 20ms over 4s", "p50(service) < 20ms over 1s", "p90(iteration) < 80ms over 7s"),
    *(
        "p99 < 1s over 1s",
        "p50 < 1s over 50s",
        "max < 1s over 10s",
        "error_rate < 1% over 10s",
        "rate >= 120/s over 10s",
    ),
    *("started >= 99% over 10s", "goodput >= 99% over 3s", "iteration_error_rate < 1% over 7s", "mean < 1s over 5s"),
    *("error_rate[phase=base] < 1%", "p90(iteration)[phase=base] < 1s", "p80[phase=base] < 1s"),
    *("p95(service)[phase=base] < 1s", "p95(service)[phase=*] < 1s", "error_rate[phase=*] < 3%"),
)
TOLD_OF_GOOD = (
    *("max[class=light] < 1s over 8s", "error_rate[class=heavy] < 1% over 5s"),
    *('mean[route="GET /"] < 20ms over 10s', "p90[backend=web-*] < 1s over 10s"),
)


@pytest.mark.parametrize("traffic", [good, bad])
def test_what_a_record_tells_is_what_the_run_itself_came_to(tmp_path: Path, traffic: Traffic) -> None:
    texts = (*TOLD, *TOLD_IN_TIME, *(TOLD_OF_GOOD if traffic is good else ()))
    for live, recorded in both(tmp_path / "run", traffic(), texts):
        assert recorded == live


UNTOLD = {
    "p95[phase=spike,class=light] < 1s": "by phase and by class, not by both together",
    "p95[outcome=ok] < 1s": "no times by outcome",
    "p99[phase=base] < 1s over 10s": "by phase and by window",
    "p92[phase=spike] < 1s": "a phase begins or ends within",
    "p95(service)[phase=spike] < 1s": "a phase begins or ends within",
    "p99 < 1s over 2500ms": "by the second, of which 2.5s is no multiple",
    "error_rate < 1% over 500ms": "by the second, of which 0.5s is no multiple",
    "error_rate[phase=spike] < 9%": "by the second, and a phase begins or ends within one",
    "goodput[class=light] >= 1%": "does not tell iterations apart by class",
    "p90(iteration)[class=light] < 1s": "does not tell iterations apart by class",
}
UNTOLD_OF_BAD = {
    "p99[class=heavy] < 1s over 10s": "and the record does not say of a class in which window",
    "error_rate[backend=web-1] < 9% over 10s": "the record does not say of a backend in which window",
}


@pytest.mark.parametrize("traffic", [good, bad])
def test_what_a_record_cannot_tell_is_inconclusive_with_the_reason(tmp_path: Path, traffic: Traffic) -> None:
    reasons = UNTOLD if traffic is good else UNTOLD | UNTOLD_OF_BAD
    told = both(tmp_path / "run", traffic(), tuple(reasons))
    for (_, recorded), reason in zip(told, reasons.values(), strict=True):
        assert (recorded.verdict, recorded.observed, recorded.samples) == ("inconclusive", None, 0)
        assert reason in recorded.reason


def judged(directory: Path, text: str) -> ObjectiveRecord:
    return judge_recorded(parse_objective(text), RecordedRun(directory, read_record(directory)))


def test_the_closed_model_is_asked_for_service_times(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", closed())
    assert "bound p99(service)" in judged(run, "p99 < 1s").reason
    assert judged(run, "p98(service) < 10s").verdict == "pass"
    assert judged(run, "error_rate < 1% over 10s").verdict == "pass"


def test_sockets_are_judged_by_the_record_as_by_their_recorder(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", sockets())
    record = read_record(run).websockets
    assert record is not None
    assert judged(run, "ws.never_opened < 0.1%").observed == record.failures["never_opened"].count / record.attempts
    assert judged(run, "ws.dead < 50%").samples == record.opened + record.open_at_start
    assert judged(run, "ws.lost < 50%").observed == 59 / (record.messages.received + 59)
    assert judged(run, "ws.corrupt < 50%").reason == "the target neither echoes nor numbers what it sends"
    assert judged(run, "ws.recovered.p95 < 50s").observed == record.reconnects.recovered_s.p95
    assert judged(run, "ws.recovered.p94 < 50s").reason.startswith("of these times the record keeps only p50")
    assert judged(run, "ws.lifetime.p95 < 1s").reason == "most did not end"


def test_a_run_that_ended_early_has_its_rate_over_the_time_there_was(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Case(duration_s=60, cut_s=9.0, complete=False))
    record = read_record(run)
    assert judged(run, "rate > 1/s").observed == pytest.approx(record.load.completed / 9.0)
    assert "(of 4)" in judged(run, "p50 < 1s over 2s").reason


def test_a_file_that_is_missing_costs_only_what_it_tells(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Case(duration_s=4, phases=()))
    for name in ("histograms.hlog", "due.csv"):
        (run / name).unlink()
        assert judged(run, "p90 < 9s").verdict == "pass"
    assert judged(run, "p91 < 9s").reason == "histograms.hlog is missing from the record"
    assert judged(run, "goodput > 1% over 1s").reason == "due.csv is missing from the record"


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Case(duration_s=4, phases=()))
    (run / "due.csv").write_text("time_s,requests\n0,5\n")
    with pytest.raises(UsageError, match=r"due.csv' has no column 'aborted'"):
        judged(run, "goodput > 1% over 1s")


def test_a_log_that_does_not_go_with_its_record_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", Case(duration_s=4, phases=()))
    log = run / "histograms.hlog"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in lines if not line.startswith("Tag=metric=response_time,2.000")))
    with pytest.raises(UsageError, match=r"histograms.hlog' holds \d+ response times where run.json counts \d+"):
        judged(run, "p91 < 9s")
    log.write_text("Tag=metric=response_time,0.000,1.000,3.1,HISTFAAA\n")
    with pytest.raises(UsageError, match="line 1: not an interval"):
        judged(run, "p91 < 9s")
