"""Rounds recorded earlier: what is paired, what is not, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from loadsim.compare import read_comparison
from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.compare_result import CompareResult
from loadsim.experiment.recorded import compare_recorded, recorded_sides
from loadsim.record import read_record, write_record
from loadsim.settings import CompareSettings

from ..rounds import rounds
from .replaying import cut_short, invalid, played


def side(base: Path, name: str, topology: str, seeds: range, slower: float = 1.0) -> str:
    for seed in seeds:
        played(base / name / f"{seed:02d}", topology, seed, slower=slower)
    return str(base / name)


def compared(base: Path, a: str, b: str) -> CompareResult:
    console = Console(file=io.StringIO())
    return compare_recorded(recorded_sides((a, b)), CompareSettings(), base / "out", console, quiet=True)


def test_seeds_of_which_one_has_no_partner_pair_nothing(tmp_path: Path) -> None:
    a = side(tmp_path, "before", "balanced", range(7))
    b = side(tmp_path, "after", "balanced", range(1, 8))
    record = compared(tmp_path, a, b).record
    assert record.manifest.design == "unpaired"
    assert "could not be paired" in record.notes[0]


def test_seeds_that_all_agree_pair_the_rounds(tmp_path: Path) -> None:
    a = side(tmp_path, "before", "balanced", range(7))
    b = side(tmp_path, "after", "balanced", range(7), slower=1.5)
    result = compared(tmp_path, a, b)
    record = result.record
    assert (record.manifest.design, record.conclusion.verdict) == ("same_traffic", "worse")
    assert result.exit_code == ExitCode.FAILED
    assert "no coin ordered them" in record.notes[0]
    assert [each.seed for each in record.rounds] == list(range(7))
    assert (record.manifest.a.name, record.manifest.b.name) == ("before", "after")
    assert read_comparison(tmp_path / "out") == record


def test_other_seeds_are_compared_unpaired_from_four_runs_a_side(tmp_path: Path) -> None:
    a = side(tmp_path, "a", "monolith", range(4))
    b = side(tmp_path, "b", "balanced", range(10, 15), slower=2.0)
    record = compared(tmp_path, a, b).record
    assert (record.manifest.design, record.conclusion.verdict) == ("unpaired", "worse")
    assert (record.manifest.a.name, record.manifest.b.name) == ("monolith", "balanced")
    assert [each.counted for each in record.rounds] == [True] * 5
    assert record.rounds[4].a is None


def test_a_machine_of_another_speed_is_told(tmp_path: Path) -> None:
    a, b = rounds(tmp_path, "a", range(5)), rounds(tmp_path, "b", range(10, 15), machine=1.5)
    notes = compared(tmp_path, str(a), str(b)).record.notes
    assert any("a loop of the interpreter took 1.5" in note and "before the rounds of b" in note for note in notes)
    same = rounds(tmp_path, "c", range(20, 25))
    assert not any("another speed" in note for note in compared(tmp_path, str(a), str(same)).record.notes)


def test_single_runs_are_compared_and_decide_nothing(tmp_path: Path) -> None:
    a = played(tmp_path / "a", "balanced", 1)
    b = played(tmp_path / "b", "balanced", 1, slower=3.0)
    result = compared(tmp_path, str(a), str(b))
    assert result.record.conclusion.verdict == "inconclusive"
    assert result.exit_code == ExitCode.UNKNOWN
    effect = next(effect for effect in result.record.effects if effect.metric == "p50")
    assert effect.reason == "1 round of the 6 that it takes"
    assert effect.effect == pytest.approx(3.0, rel=0.2)


def test_an_invalid_run_makes_it_invalid_and_one_cut_short_is_left_out(tmp_path: Path) -> None:
    a = side(tmp_path, "a", "balanced", range(6))
    b = side(tmp_path, "b", "balanced", range(6))
    short = tmp_path / "a" / "03"
    write_record(cut_short(read_record(short)), short)
    record = compared(tmp_path, a, b).record
    assert "a: 1 of 6 runs were cut short and are left out." in record.notes
    saturated = tmp_path / "b" / "02"
    write_record(invalid(read_record(saturated)), saturated)
    record = compared(tmp_path, a, b).record
    assert record.conclusion.verdict == "invalid"
    assert record.conclusion.reasons == [f"'{saturated}': the generator was saturated"]


def test_other_traffic_is_refused_by_file_and_by_what_differs(tmp_path: Path) -> None:
    a = played(tmp_path / "a", "balanced", 1)
    b = played(tmp_path / "b", "balanced", 1)
    record = read_record(b)
    record.manifest = msgspec.structs.replace(record.manifest, profile="constant(61/s)")
    write_record(record, b)
    with pytest.raises(UsageError, match=r"b' and '.*a' had different traffic: profile is constant\(61/s\) in the one"):
        recorded_sides((str(a), str(b)))


def test_rounds_of_a_comparison_are_not_one_side(tmp_path: Path) -> None:
    played(tmp_path / "rounds" / "01-a", "monolith", 1)
    played(tmp_path / "rounds" / "01-b", "balanced", 1)
    with pytest.raises(UsageError, match="holds runs of different systems, balanced and monolith") as caught:
        recorded_sides((str(tmp_path / "rounds"), str(tmp_path / "rounds")))
    assert "loadsim report" in caught.value.hint


def test_a_damaged_record_and_an_empty_directory_are_refused(tmp_path: Path) -> None:
    good = played(tmp_path / "good", "balanced", 1)
    (tmp_path / "bad").mkdir()
    with pytest.raises(UsageError, match="holds no recorded run"):
        recorded_sides((str(good), str(tmp_path / "bad")))
    (tmp_path / "bad" / "run.json").write_text('{"schema": "loadsim.run/1"')
    with pytest.raises(UsageError, match=r"bad/run.json"):
        recorded_sides((str(good), str(tmp_path / "bad")))
