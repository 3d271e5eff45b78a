"""Rounds of one experiment: seeds and directories of their own, one record, the worst counts."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.comparison import round_seed
from loadsim.experiment.repeat import Repeated, Rounds
from loadsim.experiment.runs import Result
from loadsim.record import RunRecord, Verdict
from loadsim.report.terminal import Steps
from loadsim.rounds import RoundsRecord
from loadsim.settings import RunSettings

from .replaying import Replay, cut_short, invalid

SETTINGS = RunSettings(scenario="read-heavy", name="read-heavy", topology="balanced")


def repeated(
    directory: Path, change: Callable[[RunRecord, int], RunRecord] = lambda record, _: record, rounds: int = 3
) -> tuple[Replay, Repeated]:
    replay = Replay(change)
    made = Rounds(SETTINGS, 7, rounds, directory, replay)
    made.play(Steps(Console(file=io.StringIO())))
    return replay, made.finish()


def judged(*verdicts: Verdict | None) -> Callable[[RunRecord, int], RunRecord]:
    return lambda record, number: msgspec.structs.replace(record, verdict=verdicts[number - 1])


def test_each_round_has_a_seed_derived_from_the_given_one_and_a_directory_that_sorts(tmp_path: Path) -> None:
    replay, result = repeated(tmp_path, rounds=10)
    assert [each.seed for each in replay.asked] == [round_seed(7, number) for number in range(1, 11)]
    assert len({each.seed for each in replay.asked}) == 10
    assert [each.out for each in replay.asked[::9]] == [tmp_path / "01", tmp_path / "10"]
    assert [each.run for each in result.record.rounds] == sorted(each.run for each in result.record.rounds)


def test_what_is_written_is_what_came_of_each(tmp_path: Path) -> None:
    _, result = repeated(tmp_path)
    assert msgspec.json.decode((tmp_path / "rounds.json").read_bytes(), type=RoundsRecord) == result.record
    assert (result.record.seed, result.record.complete, result.record.verdict) == (7, True, None)
    assert result.exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("verdicts", "worst", "code"),
    [
        (("pass", "pass", "pass"), "pass", ExitCode.OK),
        (("pass", "inconclusive", "pass"), "inconclusive", ExitCode.UNKNOWN),
        (("fail", "inconclusive", "pass"), "fail", ExitCode.FAILED),
        (("fail", "invalid", "pass"), "invalid", ExitCode.UNKNOWN),
        ((None, "invalid", None), "invalid", ExitCode.UNKNOWN),
    ],
)
def test_the_worst_round_counts(tmp_path: Path, verdicts: tuple[Verdict], worst: Verdict, code: ExitCode) -> None:
    _, result = repeated(tmp_path, judged(*verdicts))
    assert (result.record.verdict, result.exit_code) == (worst, code)


def test_a_command_that_is_killed_leaves_its_rounds_listed(tmp_path: Path) -> None:
    def killed(record: RunRecord, number: int) -> RunRecord:
        if number == 3:
            raise KeyboardInterrupt
        return record

    with pytest.raises(KeyboardInterrupt):
        repeated(tmp_path, killed)
    found = msgspec.json.decode((tmp_path / "rounds.json").read_bytes(), type=RoundsRecord)
    assert ([each.run for each in found.rounds], found.complete) == (["1", "2"], False)


def test_an_interrupted_round_is_the_last_one(tmp_path: Path) -> None:
    replay, result = repeated(tmp_path, lambda record, number: cut_short(record) if number == 2 else record)
    assert len(replay.asked) == 2
    assert (result.record.complete, result.record.rounds_planned, result.exit_code) == (False, 3, ExitCode.INTERRUPTED)


def test_what_could_not_be_written_is_told_and_counts_before_a_verdict(tmp_path: Path) -> None:
    problem = LoadsimError("no room")
    replay = Replay(judged("fail"))

    def without_room(settings: RunSettings) -> Result:
        made = replay(settings)
        return Result(made.record, made.directory, None, (), (problem,), ExitCode.INTERNAL)

    made = Rounds(SETTINGS, 7, 1, tmp_path, without_room)
    made.play(Steps(Console(file=io.StringIO())))
    result = made.finish()
    assert (result.problems, result.exit_code) == ((problem,), ExitCode.INTERNAL)


def test_the_summary_has_a_line_a_round_how_far_they_scatter_and_why(tmp_path: Path) -> None:
    _, result = repeated(tmp_path, judged("pass", "pass", "fail"))
    shown = io.StringIO()
    result.print_summary(Console(file=shown, width=100))
    lines = [line.split() for line in shown.getvalue().splitlines()]
    assert [line[0] for line in lines if line[:1] and line[0] in {"1", "2", "3"}] == ["1", "2", "3"]
    assert [line[0] for line in lines if line[:1] and line[0] in {"median", "lowest", "highest"}] == [
        "median",
        "lowest",
        "highest",
    ]
    assert "FAIL  3 rounds; the worst counts" in shown.getvalue()
    assert f"loadsim report {tmp_path}/1" in shown.getvalue()


def test_after_an_unsound_round_the_next_step_is_a_sound_one(tmp_path: Path) -> None:
    _, result = repeated(tmp_path, lambda record, number: invalid(record) if number == 2 else record)
    shown = io.StringIO()
    result.print_summary(Console(file=shown, width=100))
    assert "the whole of it again:  loadsim run" in shown.getvalue()
