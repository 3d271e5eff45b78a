"""What a gate holds runs to, from the command line and loadsim.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.errors import UsageError
from loadsim.record import RunRecord, read_record
from loadsim.settings.gate_settings import gate_settings
from tests.report.runs import Case, write_run


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    return read_record(write_run(tmp_path / "run", Case(duration_s=1, phases=(), scenario="checkout")))


def held_to(record: RunRecord, config: str, *flags: str) -> list[str]:
    file = Path("loadsim.toml")
    file.write_text(config)
    return [objective.expression for objective in gate_settings(flags, file).objectives(record)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_those_of_the_file_and_of_the_command_line_add_up_and_count_once(record: RunRecord) -> None:
    config = 'objectives = ["p99 < 1s"]\n[run]\nobjective = ["p50 < 1s"]\n'
    assert held_to(record, config, "error_rate < 1%", "p99 < 1s") == ["p99 < 1s", "p50 < 1s", "error_rate < 1%"]


def test_those_of_a_scenario_hold_for_its_runs_only(record: RunRecord) -> None:
    config = '[scenarios.checkout]\nobjective = ["p99 < 1s"]\n[scenarios.other]\nobjective = ["p50 < 1s"]\n'
    assert held_to(record, config) == ["p99 < 1s"]


def test_where_nothing_was_said_there_is_nothing(record: RunRecord) -> None:
    assert held_to(record, "") == []


@pytest.mark.parametrize(
    ("config", "flags", "said"),
    [
        ("", ("p98x < 1s",), r"--objective: unknown metric 'p98x'"),
        ('objectives = ["p99 < 1"]', (), r"loadsim.toml: objectives: no unit"),
        ('[scenarios.a]\nobjective = ["p99 ~ 1s"]', (), r"loadsim.toml: \[scenarios.a\]: objectives: '~' cannot stand"),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_place(
    record: RunRecord, config: str, flags: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        held_to(record, config, *flags)
