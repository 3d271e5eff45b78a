"""How a comparison ends: what is written, and with which code."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from loadsim.compare import read_comparison
from loadsim.compare.record import CompareRecord, Verdict
from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.compare_result import CompareResult, finish
from loadsim.experiment.comparison import Interleaved, make_manifest
from loadsim.report.terminal import Steps
from loadsim.settings import CompareSettings

from .replaying import Replay, side

STEPS = Steps(Console(file=io.StringIO()), quiet=True)


@pytest.fixture
def record(tmp_path: Path) -> CompareRecord:
    sides, settings = (side("monolith"), side("balanced")), CompareSettings(looks=(1,), primary=("p50",))
    made = Interleaved(sides, settings, 1, tmp_path, Replay())
    made.play(STEPS, lambda _: None)
    return made.record(make_manifest("id", datetime.now(UTC), sides, settings, 1))


def ended(record: CompareRecord, directory: Path, verdict: Verdict, interrupted: ExitCode | None) -> CompareResult:
    record.conclusion = msgspec.structs.replace(record.conclusion, verdict=verdict)
    return finish(record, directory, STEPS, interrupted)


@pytest.mark.parametrize(
    ("verdict", "code"), [("better", 0), ("equivalent", 0), ("worse", 1), ("inconclusive", 4), ("invalid", 4)]
)
def test_each_verdict_has_its_code(record: CompareRecord, tmp_path: Path, verdict: Verdict, code: int) -> None:
    result = ended(record, tmp_path, verdict, None)
    assert result.exit_code == code
    assert result.report == tmp_path / "compare.html"
    assert read_comparison(tmp_path).conclusion.sentences == result.record.conclusion.sentences != []


def test_an_interrupt_comes_before_the_verdict(record: CompareRecord, tmp_path: Path) -> None:
    assert ended(record, tmp_path, "inconclusive", ExitCode.TERMINATED).exit_code == 143


def test_a_place_that_takes_nothing_is_a_problem_in_words_and_the_record_is_whole(
    record: CompareRecord, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = ended(record, tmp_path / "file", "worse", None)
    assert result.exit_code == ExitCode.INTERNAL
    assert result.problems[0].startswith(f"the comparison could not be written in '{tmp_path / 'file'}'")
    assert result.record.conclusion.verdict == "worse"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": "loadsim.compare/2"}', "has the schema 'loadsim.compare/2'"),
        ('{"schema": "loadsim.compare/1"', "is not a comparison's record"),
        ('{"schema": "loadsim.compare/1"}', "missing required field"),
    ],
)
def test_a_damaged_or_foreign_record_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "compare.json").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_comparison(tmp_path)
    with pytest.raises(UsageError, match="is not a comparison"):
        read_comparison(tmp_path / "nowhere")
