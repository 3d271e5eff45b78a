"""Faults as they come about: a command of the user's own here, the bundled target's servers in tests/deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.experiment.fault_player import FaultPlayer
from loadsim.faults import parse_fault

from ..deploy.test_keeper import eventually


def player(*specs: str, duration_s: float = 30.0) -> FaultPlayer:
    return FaultPlayer([parse_fault(spec) for spec in specs], duration_s, None)


def test_a_command_runs_at_its_time_and_its_end_is_kept(tmp_path: Path) -> None:
    with player(f"exec('touch {tmp_path}/done', at=2s)") as faults:
        faults.advance(1.9)
        assert faults.happened[0].start_s is None
        faults.advance(2.05)
        assert eventually(lambda: faults.happened[0].has_ended)
        faults.advance(2.3)
    (tmp_path / "done").unlink()
    record = faults.happened[0].record()
    assert (record.kind, record.start_s, record.end_s, record.exit_code) == ("exec", 2.05, 2.3, 0)
    assert faults.warnings == []


def test_a_command_that_fails_is_told_with_its_last_words_as_plain_text() -> None:
    with player("exec('echo first; printf \"\\033[31mno such host\"; exit 3', at=0s)") as faults:
        faults.advance(0.0)
        assert eventually(lambda: faults.happened[0].has_ended)
        faults.advance(0.1)
    (warning,) = faults.warnings
    assert "ended with status 3" in warning
    assert warning.endswith("no such host")
    assert "\033" not in warning


def test_a_command_that_outlives_the_run_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with player(f"exec('sleep 60 & echo $! > {child}; wait', at=0s)") as faults:
        faults.advance(0.0)
        assert eventually(lambda: child.exists() and child.read_text().strip())
        pid = int(child.read_text())
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or "\tZ" in Path(f"/proc/{pid}/status").read_text())
    assert "had not ended" in faults.warnings[0]
    assert faults.happened[0].record().end_s is None


def test_nothing_begins_once_the_run_is_over_or_ended_early() -> None:
    late = player("exec(true, at=5s)", duration_s=4.0)
    late.advance(6.0)
    stopped = player("exec(true, at=5s)")
    stopped.stop(3.0)
    stopped.advance(6.0)
    assert [each.start_s for faults in (late, stopped) for each in faults.happened] == [None, None]
    assert late.happened[0].event() is None


def test_what_a_command_writes_is_not_kept_in_memory_or_in_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with player("exec('head -c 3000000 /dev/zero | tr \"\\0\" x; echo; echo end; exit 1', at=0s)") as faults:
        faults.advance(0.0)
        assert eventually(lambda: faults.happened[0].has_ended)
        faults.advance(0.1)
    assert faults.warnings[0].endswith("end")
    assert capfd.readouterr().out == ""


def test_a_secret_in_a_command_stands_nowhere_in_the_record() -> None:
    with player("exec('exit 3 # curl -H \"Authorization: Bearer s3cr3tTOKENs3cr3t\"', at=0s)") as faults:
        faults.advance(0.0)
        assert eventually(lambda: faults.happened[0].has_ended)
        faults.advance(0.1)
    (happened,) = faults.happened
    event = happened.event()
    assert event is not None
    assert event.cause == happened.record().fault, "a recovery names the fault that it is from"
    assert "s3cr3t" not in f"{event.cause} {happened.record()} {faults.warnings}"
