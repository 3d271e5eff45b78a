"""Rounds held against earlier ones: what is worse, what is not, and what cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadsim.baseline import BaselineRecord, counted, hold_against
from loadsim.errors import UsageError
from loadsim.gate import find_runs
from loadsim.record import Calibration

from .experiment.replaying import cut_short, invalid, late
from .rounds import change, change_manifest, rounds


def pairs(path: Path) -> list[tuple[Path, object]]:
    return [(run.directory, run.record) for run in find_runs([path])]


def held(old: Path, new: Path, **how: object) -> BaselineRecord:
    return hold_against(pairs(old), pairs(new), **how)  # type: ignore[arg-type]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return rounds(tmp_path, "before", range(6))


def verdicts(record: BaselineRecord) -> dict[str, str]:
    return {effect.metric: effect.verdict for effect in record.effects if effect.primary}


def test_slower_rounds_are_worse_and_faster_ones_are_not(tmp_path: Path, before: Path) -> None:
    found = held(before, rounds(tmp_path, "slow", range(10, 16), slower=1.5))
    assert (found.verdict, found.reasons, verdicts(found)["p50"]) == ("fail", [], "worse")
    assert next(effect for effect in found.effects if effect.metric == "p50").effect == pytest.approx(1.5, rel=0.1)
    assert held(before, rounds(tmp_path, "fast", range(20, 26), slower=0.6)).verdict == "pass"


def test_what_is_as_good_as_before_is_never_called_worse(tmp_path: Path, before: Path) -> None:
    found = held(before, rounds(tmp_path, "same", range(10, 16)))
    assert found.verdict != "fail"
    assert "no coin ordered them" in found.notes[0]


def test_three_rounds_decide_nothing_and_it_says_how_to_get_more(tmp_path: Path, before: Path) -> None:
    found = held(before, rounds(tmp_path, "few", range(10, 13), slower=3.0))
    assert (found.verdict, set(verdicts(found).values())) == ("inconclusive", {"inconclusive"})
    assert found.reasons == [
        "these runs: 3 of the 4 rounds that it takes on each side; 'loadsim run --repeat 6' makes six."
    ]
    assert held(before, rounds(tmp_path, "enough", range(10, 14), slower=3.0)).verdict == "fail"


def test_a_slower_machine_is_told_from_a_slower_system(tmp_path: Path, before: Path) -> None:
    found = held(before, rounds(tmp_path, "elsewhere", range(10, 16), machine=1.5))
    assert (found.verdict, set(verdicts(found).values())) == ("inconclusive", {"inconclusive"})
    assert "of another speed: a loop of the interpreter takes 1.5" in found.reasons[0]
    assert "loadsim compare BASE HEAD" in found.reasons[1]


def test_a_machine_with_other_cores_or_of_unknown_speed_is_not_compared_with(tmp_path: Path, before: Path) -> None:
    now = rounds(tmp_path, "now", range(10, 16), slower=3.0)
    host = find_runs([now])[0].record.manifest.host
    for path in now.iterdir():
        change_manifest(path, host=host | {"cpu_count": 8})
    assert held(before, now).reasons[0].endswith("it had 2 CPUs, these runs had 8.")
    for path in now.iterdir():
        change_manifest(path, host=host)
    change_manifest(now / "10", calibration=None)
    found = held(before, now)
    assert (found.verdict, found.speed[0].ratio) == ("inconclusive", None)
    assert "not in every record" in found.reasons[0]


def test_calibrations_that_scatter_are_no_other_machine(tmp_path: Path, before: Path) -> None:
    now = rounds(tmp_path, "now", range(10, 16))
    for place, path in enumerate(sorted(now.iterdir())):
        scattered = 0.002 * (1.3 if place % 2 else 0.8)
        change_manifest(path, calibration=Calibration(interpreter_s=scattered, system_calls_s=0.002))
    assert held(before, now).reasons == []


def test_a_late_round_among_five_is_set_aside_on_either_side_and_two_are_not(tmp_path: Path, before: Path) -> None:
    now = rounds(tmp_path, "now", range(10, 16), slower=1.5)
    change(now / "11", late)
    change(before / "02", late)
    found = held(before, now)
    assert (found.verdict, len(found.runs), len(found.baseline)) == ("fail", 5, 5)
    assert f"'{before / '02'}' of the baseline does not count: the machine held up the generator." in found.notes
    change(before / "03", late)
    found = held(before, now)
    assert (found.verdict, len(found.baseline)) == ("inconclusive", 6)
    assert "the baseline is not sound" in found.reasons[0]


def test_an_unsound_baseline_neither_passes_nor_fails(tmp_path: Path, before: Path) -> None:
    change(before / "02", invalid)
    found = held(before, rounds(tmp_path, "slow", range(10, 16), slower=1.5))
    assert found.verdict == "inconclusive"
    assert found.reasons == [
        f"the baseline is not sound, record it again: '{before / '02'}': the generator was saturated"
    ]


def test_a_round_that_was_cut_short_does_not_count(tmp_path: Path, before: Path) -> None:
    for path in before.iterdir():
        change(path, cut_short)
    found = held(before, rounds(tmp_path, "now", range(10, 16)))
    assert (found.verdict, found.baseline) == ("inconclusive", [])
    assert sum("it was cut short" in note for note in found.notes) == 6
    assert counted(pairs(before)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("scenario", "chatty", "scenario is chatty in the one, spiky in the other"),
        ("profile", "constant(9/s)", "profile is constant(9/s) in the one"),
        ("settings", {"users": 3}, "users is 3 in the one, None in the other"),
    ],
)
def test_a_baseline_of_other_traffic_is_refused(
    tmp_path: Path, before: Path, field: str, value: object, said: str
) -> None:
    now = rounds(tmp_path, "now", range(10, 12))
    change_manifest(now / "11", **{field: value})
    with pytest.raises(UsageError) as caught:
        held(before, now)
    assert str(now / "11") in caught.value.message
    assert said in caught.value.message


def test_a_run_is_no_baseline_of_its_own(before: Path) -> None:
    with pytest.raises(UsageError, match="is on both sides"):
        held(before, before)


def test_a_metric_that_no_round_has_is_refused_with_the_nearest_one(tmp_path: Path, before: Path) -> None:
    with pytest.raises(UsageError, match=r"--primary p99\[class=heavi\]: no round has a value for it") as caught:
        held(before, rounds(tmp_path, "now", range(10, 14)), primary=("p99[class=heavi]",))
    assert "p99[class=heavy]" in caught.value.hint


def test_what_decides_and_the_least_effect_can_be_chosen(tmp_path: Path, before: Path) -> None:
    slow = rounds(tmp_path, "slow", range(10, 16), slower=1.5)
    found = held(before, slow, primary=("error_rate",), margins={"error_rate": 0.5})
    assert (found.verdict, found.primary) == ("pass", ["error_rate"])
    assert held(before, slow, primary=("p50",), margins={"p50": 1.0}).verdict == "pass"
