"""The end of a comparison on one screen."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from loadsim.compare import CompareRecord
from loadsim.report.terminal.comparison import next_step, print_comparison
from tests.experiment.replaying import Replay, cut_short, invalid

from .comparison.compared import write_compared

ARGV = ["loadsim", "compare", "monolith", "balanced", "--scenario", "read-heavy", "--out", "x", "--rounds=6"]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CompareRecord:
    return write_compared(tmp_path_factory.mktemp("compared"), Replay(balanced=1.5))


def shown(record: CompareRecord, width: int = 100, height: int = 40, **console: Any) -> str:
    file = io.StringIO()
    on = Console(file=file, width=width, height=height, color_system=None, **console)
    print_comparison(on, record, Path("out"), Path("out/compare.html"))
    return file.getvalue()


def made_by(record: CompareRecord, argv: list[str], verdict: str, **changes: Any) -> CompareRecord:
    manifest = msgspec.structs.replace(record.manifest, argv=argv)
    conclusion = msgspec.structs.replace(record.conclusion, verdict=verdict)
    return msgspec.structs.replace(record, manifest=manifest, conclusion=conclusion, **changes)


def test_it_says_what_it_comes_to_and_each_primary_effect(record: CompareRecord) -> None:
    text = shown(record)
    lines = text.splitlines()
    assert lines[0] == "✘ balanced is worse than monolith by its p50 and p99, in 6 rounds."
    assert [line.split()[0] for line in lines[2:5]] == ["error", "p50", "p99"]
    assert all("●" in line for line in lines[2:5])
    assert "exploratory, which decide nothing:" not in text or text.index("exploratory") > text.index("p99")
    assert "report     out/compare.html" in text


@pytest.mark.parametrize("width", [80, 100, 130])
def test_it_fits_one_screen(record: CompareRecord, width: int) -> None:
    lines = shown(record, width, 24, force_terminal=True).splitlines()
    body = [line for line in lines if not line.lstrip().startswith("next")]
    assert len(lines) <= 24
    assert max(len(line) for line in body) <= width


def test_metrics_that_are_undecided_for_the_same_reason_say_it_once(tmp_path: Path) -> None:
    text = shown(write_compared(tmp_path, Replay(), rounds=2))
    assert "▲ error rate, p50 and p99: 2 rounds of the 6 that it takes\n" in text


def test_an_invalid_comparison_says_why_and_not_that_rounds_are_few(tmp_path: Path) -> None:
    text = shown(write_compared(tmp_path, Replay(lambda record, _: invalid(record))))
    assert "Invalid" in text.splitlines()[0]
    assert "the generator was saturated" in text
    assert "rounds of the" not in text


def test_an_interrupted_comparison_says_after_how_many_rounds(tmp_path: Path) -> None:
    replay = Replay(lambda record, number: cut_short(record) if number == 4 else record)
    text = shown(write_compared(tmp_path, replay))
    assert "interrupted after 1 of 6 rounds" in text
    assert "Inconclusive after 1 round" in text.splitlines()[0]


def test_the_next_step_of_a_decided_one_is_the_same_again_with_its_seed(record: CompareRecord) -> None:
    why, command = next_step(made_by(record, ARGV, "worse"))
    assert why == "the same traffic in the same order again"
    assert shlex.split(command) == [*ARGV[:6], "--rounds=6", "--seed", "1"]


def test_the_next_step_of_an_inconclusive_one_goes_on_until_it_is_known(record: CompareRecord) -> None:
    _, command = next_step(made_by(record, ARGV, "inconclusive"))
    assert shlex.split(command) == [*ARGV[:6], "--rounds", "auto"]
    assert next_step(made_by(record, ARGV, "inconclusive", complete=False))[0] == "the whole of it again"


def test_the_next_step_of_an_invalid_one_is_half_the_rate(record: CompareRecord) -> None:
    _, command = next_step(made_by(record, ARGV, "invalid"))
    assert shlex.split(command) == [*ARGV[:6], "--rounds=6", "--rate", "30/s"]


def test_the_next_step_of_recorded_rounds_is_to_interleave_them(record: CompareRecord) -> None:
    recorded = made_by(record, ["loadsim", "compare", "a", "b"], "worse")
    recorded.manifest = msgspec.structs.replace(recorded.manifest, seed=None, design="unpaired")
    _, command = next_step(recorded)
    assert shlex.split(command)[:4] == ["loadsim", "compare", "monolith", "balanced"]
