"""Recorded runs held to objectives: each by itself, the worst counts, and what is unsound never passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from loadsim.errors import UsageError
from loadsim.gate import Baseline, GateRecord, find_runs, gate, to_json
from loadsim.objectives import Objective, parse_objective
from loadsim.record import ObjectiveRecord, RunRecord, read_record, write_record

from .experiment.replaying import invalid, late
from .report.runs import Case, saturated, write_run
from .rounds import change as change_record
from .rounds import rounds

SHORT = Case(duration_s=4, phases=())


def judged(*runs: Path, held_to: tuple[str, ...] = ("p90 < 9s",)) -> GateRecord:
    return gate(find_runs(runs), lambda record: [parse_objective(text) for text in held_to], "0.1.0")


def change(run: Path, **fields: object) -> Path:
    """Write the record of a run again, with other fields."""
    write_record(msgspec.structs.replace(read_record(run), **fields), run)
    return run


def test_each_run_is_judged_and_the_worst_counts(tmp_path: Path) -> None:
    write_run(tmp_path / "fast", SHORT)
    write_run(tmp_path / "slow", replace(SHORT, service_s=0.2))
    record = judged(tmp_path / "fast", tmp_path / "slow", held_to=("p90 < 100ms",))
    assert [run.verdict for run in record.runs] == ["pass", "fail"]
    assert record.verdict == "fail"
    assert judged(tmp_path / "fast", held_to=("p90 < 100ms",)).verdict == "pass"


def test_an_invalid_run_never_passes_and_counts_before_a_broken_objective(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", saturated())
    record = judged(run)
    assert (record.verdict, record.runs[0].objectives[0].verdict) == ("invalid", "pass")
    assert "the generator was late" in record.runs[0].problems[0]
    assert judged(run, held_to=("p90 < 1us",)).verdict == "invalid"


def test_why_it_was_invalid_does_not_repeat_what_its_own_objectives_said(tmp_path: Path) -> None:
    own = ObjectiveRecord(expression="p50 < 1us", observed=1.0, bound=1e-6, verdict="fail", samples=9)
    reasons = ["the generator was late", "p50 < 1us: observed 1.00 s"]
    run = change(write_run(tmp_path / "run", SHORT), verdict="invalid", reasons=reasons, objectives=[own])
    assert judged(run).runs[0].problems == ["the generator was late"]


def test_a_run_that_was_cut_short_does_not_pass_but_what_is_broken_is(tmp_path: Path) -> None:
    run = change(write_run(tmp_path / "run", SHORT), complete=False)
    record = judged(run)
    assert (record.verdict, record.runs[0].reasons) == ("inconclusive", record.runs[0].problems)
    assert "cut short" in record.runs[0].reasons[0]
    assert judged(run, held_to=("p90 < 1us",)).verdict == "fail"


def test_without_other_objectives_a_run_is_held_to_its_own(tmp_path: Path) -> None:
    own = ObjectiveRecord(expression="p90 < 9s", observed=1.0, bound=9.0, verdict="fail", samples=1)
    run = change(write_run(tmp_path / "run", SHORT), objectives=[own])
    (objective,) = judged(run, held_to=()).runs[0].objectives
    assert (objective.expression, objective.verdict) == ("p90 < 9s", "pass")


def test_a_run_that_is_held_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is nothing to hold '.*/run' to"):
        judged(write_run(tmp_path / "run", SHORT), held_to=())


def test_an_objective_that_this_version_does_not_know_is_refused_with_the_run_it_stands_in(tmp_path: Path) -> None:
    own = ObjectiveRecord(expression="q90 < 9s", observed=1.0, bound=9.0, verdict="pass", samples=1)
    run = change(write_run(tmp_path / "run", SHORT), objectives=[own])
    with pytest.raises(UsageError, match="an objective of '.*/run' cannot be taken: unknown metric 'q90'"):
        judged(run, held_to=())


def test_a_directory_of_runs_stands_for_all_of_them(tmp_path: Path) -> None:
    for name in ("2", "1", "deep/3"):
        write_run(tmp_path / "rounds" / name, SHORT)
    names = [str(Path(run.run).relative_to(tmp_path / "rounds")) for run in judged(tmp_path / "rounds").runs]
    assert names == ["1", "2", "deep/3"]
    assert len(judged(tmp_path / "rounds" / "1" / "run.json").runs) == 1


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a run: there is no run.json in it"):
        judged(tmp_path)


def test_what_it_prints_can_be_read_again(tmp_path: Path) -> None:
    record = judged(write_run(tmp_path / "run", SHORT))
    assert msgspec.json.decode(to_json(record), type=GateRecord) == record


def test_what_a_run_is_held_to_may_depend_on_the_run(tmp_path: Path) -> None:
    write_run(tmp_path / "a", SHORT)
    write_run(tmp_path / "b", replace(SHORT, scenario="chatty"))

    def objectives(record: RunRecord) -> list[Objective]:
        return [parse_objective("p90 < 9s" if record.manifest.scenario == "chatty" else "p50 < 9s")]

    runs = gate(find_runs([tmp_path / "a", tmp_path / "b"]), objectives, "0.1.0").runs
    assert [run.objectives[0].expression for run in runs] == ["p50 < 9s", "p90 < 9s"]


def against(new: Path, old: Path, held_to: tuple[str, ...] = ()) -> GateRecord:
    objectives = [parse_objective(text) for text in held_to]
    return gate(find_runs([new]), lambda record: objectives, "0.1.0", Baseline(find_runs([old])))


def test_rounds_are_held_to_objectives_and_to_a_baseline_and_the_worst_counts(tmp_path: Path) -> None:
    old, slow = rounds(tmp_path, "old", range(5)), rounds(tmp_path, "slow", range(10, 15), slower=1.5)
    record = against(slow, old)
    assert record.baseline is not None
    assert (record.verdict, record.baseline.verdict, {run.verdict for run in record.runs}) == ("fail", "fail", {"pass"})
    few = against(rounds(tmp_path, "few", range(20, 22)), old, ("p90 < 1us",))
    assert few.baseline is not None
    assert (few.verdict, few.baseline.verdict) == ("fail", "inconclusive")
    assert against(tmp_path / "few", old).verdict == "inconclusive"


def test_beside_a_baseline_a_late_round_is_set_aside_and_a_saturated_one_is_not(tmp_path: Path) -> None:
    old, new = rounds(tmp_path, "old", range(5)), rounds(tmp_path, "new", range(10, 15))
    change_record(new / "12", late)
    record = against(new, old, ("p90 < 9s",))
    assert ([Path(run.run).name for run in record.runs], record.verdict == "invalid") == (
        ["10", "11", "13", "14"],
        False,
    )
    change_record(new / "12", invalid)
    assert against(new, old).verdict == "invalid"
