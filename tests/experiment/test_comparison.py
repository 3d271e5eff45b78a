"""Interleaved rounds: order, seeds, when they end, and what they come to."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from loadsim.compare.record import CompareRecord
from loadsim.errors import ExitCode, UsageError
from loadsim.experiment.comparison import Interleaved, checked_primary, coin, make_manifest, round_seed
from loadsim.record import RunRecord
from loadsim.report.terminal import Steps
from loadsim.settings import CompareSettings

from .replaying import Replay, cut_short, invalid, late, side

SIDES = (side("monolith"), side("balanced"))
PRIMARY = ("error_rate", "p50", "p99")
SIX = CompareSettings(looks=(6,), primary=PRIMARY)


def play(
    directory: Path, replay: Replay, settings: CompareSettings = SIX, seed: int = 1
) -> tuple[Interleaved, CompareRecord, str]:
    shown = io.StringIO()
    made = Interleaved(SIDES, settings, seed, directory, replay)
    made.play(Steps(Console(file=shown, width=200)), lambda text: print(text, file=shown))
    return made, made.record(make_manifest("id", datetime.now(UTC), SIDES, settings, seed)), shown.getvalue()


def test_the_coin_is_fair_and_comes_from_the_seed() -> None:
    first = [coin(7, number)[0] for number in range(1, 401)]
    assert 150 < first.count("a") < 250
    assert first == [coin(7, number)[0] for number in range(1, 401)]
    assert first != [coin(8, number)[0] for number in range(1, 401)]


def test_both_sides_of_a_round_get_its_seed_and_no_other_round_does() -> None:
    seeds = [round_seed(3, number) for number in range(1, 100)]
    assert len(set(seeds)) == 99
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_rounds_are_interleaved_in_the_order_of_the_coin(tmp_path: Path) -> None:
    replay = Replay()
    _, record, shown = play(tmp_path, replay)
    names = {"a": "monolith", "b": "balanced"}
    assert [asked.topology for asked in replay.asked] == [names[x] for n in range(1, 7) for x in coin(1, n)]
    assert [asked.seed for asked in replay.asked] == [round_seed(1, n) for n in range(1, 7) for _ in "ab"]
    assert [each.order for each in record.rounds] == ["".join(coin(1, n)) for n in range(1, 7)]
    assert all((tmp_path / path / "run.json").exists() for each in record.rounds for path in (each.a, each.b) if path)
    assert record.rounds[4].a == "rounds/05-a"
    assert "round 6 of 6" in shown
    assert "By the noise so far, 6 rounds find" in shown


def test_a_slower_side_is_worse(tmp_path: Path) -> None:
    _, record, _ = play(tmp_path, Replay(balanced=1.5))
    assert record.complete
    assert record.conclusion.verdict == "worse"
    effects = {effect.metric: effect for effect in record.effects}
    assert effects["p50"].effect == pytest.approx(1.5, rel=0.1)
    assert effects["error_rate"].verdict == "equivalent"


def test_a_saturated_generator_ends_it_and_makes_it_invalid(tmp_path: Path) -> None:
    replay = Replay(lambda record, number: invalid(record) if number == 3 else record, balanced=1.5)
    _, record, _ = play(tmp_path, replay)
    assert len(replay.asked) == 4  # the round is played to its end
    assert record.conclusion.verdict == "invalid"
    assert not record.complete
    first = "monolith" if coin(1, 2)[0] == "a" else "balanced"
    assert record.conclusion.reasons == [f"round 2, {first}: the generator was saturated"]


def test_a_round_in_which_the_machine_held_up_the_generator_is_made_again(tmp_path: Path) -> None:
    replay = Replay(lambda record, number: late(record) if number == 3 else record, balanced=1.5)
    _, record, shown = play(tmp_path, replay)
    assert len(replay.asked) == 14
    assert [each.counted for each in record.rounds] == [True, False, *[True] * 5]
    assert record.rounds[1].why_not.startswith(f"{'monolith' if coin(1, 2)[0] == 'a' else 'balanced'}: the generator")
    assert record.conclusion.verdict == "worse"
    assert {effect.rounds for effect in record.effects} == {6}
    assert record.notes[-1].startswith("Round 2 did not count and was made again")
    assert "set aside and made again: the machine held up the generator (" in shown


def test_more_than_one_such_round_in_five_makes_it_invalid(tmp_path: Path) -> None:
    replay = Replay(lambda record, number: late(record) if number in (3, 7) else record, balanced=1.5)
    _, record, _ = play(tmp_path, replay)
    assert len(replay.asked) == 8
    assert record.conclusion.verdict == "invalid"
    assert record.conclusion.reasons[0].startswith("round 4 (set aside before: 1), ")


def test_a_round_that_is_late_and_more_than_that_is_not_made_again(tmp_path: Path) -> None:
    def late_and_lost(record: RunRecord, number: int) -> RunRecord:
        found = late(record)
        return msgspec.structs.replace(found, reasons=[*found.reasons, "3 arrivals are lost"])

    _, record, _ = play(tmp_path, Replay(late_and_lost))
    assert (len(record.rounds), record.conclusion.verdict) == (1, "invalid")


def test_an_interrupt_keeps_the_rounds_that_there_are_and_decides_nothing(tmp_path: Path) -> None:
    replay = Replay(lambda record, number: cut_short(record) if number == 15 else record, balanced=1.5)
    made, record, _ = play(tmp_path, replay, CompareSettings(looks=(10,), primary=PRIMARY))
    assert made.interrupted == ExitCode.INTERRUPTED
    assert [each.counted for each in record.rounds] == [True] * 7 + [False]
    assert record.conclusion.verdict == "inconclusive"
    assert record.conclusion.reasons[0].startswith("interrupted after 7 of 10 rounds")
    assert {effect.rounds for effect in record.effects if effect.primary} == {7}


def test_auto_ends_at_the_first_look_that_knows(tmp_path: Path) -> None:
    settings = CompareSettings(looks=(8, 12, 18), primary=PRIMARY)
    _, record, shown = play(tmp_path, Replay(balanced=1.5), settings)
    assert len(record.rounds) == 8
    assert record.conclusion.verdict == "worse"
    assert record.manifest.level == pytest.approx(0.05 / 3)
    assert "round 8 of at most 18" in shown


def test_auto_goes_on_while_something_is_not_decided(tmp_path: Path) -> None:
    settings = CompareSettings(looks=(8, 9), primary=PRIMARY, margins={"": 1e-9})
    _, record, _ = play(tmp_path, Replay(), settings)
    assert len(record.rounds) == 9
    assert record.conclusion.verdict == "inconclusive"


def test_few_rounds_are_played_and_say_that_they_are_too_few(tmp_path: Path) -> None:
    _, record, _ = play(tmp_path, Replay(balanced=3.0), CompareSettings(looks=(2,), primary=PRIMARY))
    assert record.conclusion.verdict == "inconclusive"
    assert {effect.reason for effect in record.effects} == {"2 rounds of the 6 that it takes"}


def test_primary_metrics_that_the_traffic_cannot_have_are_refused() -> None:
    closed = replace(SIDES[0], settings=replace(SIDES[0].settings, model="closed"))
    assert checked_primary(SIDES[0], ()) == PRIMARY
    assert checked_primary(closed, ()) == ("error_rate", "p50(service)", "p99(service)")
    with pytest.raises(UsageError, match="the closed model knows no response time"):
        checked_primary(closed, ("p99",))
    spiky = replace(SIDES[0], settings=replace(SIDES[0].settings, scenario="spiky"))
    assert checked_primary(spiky, ("p99[phase=spike]",)) == ("p99[phase=spike]",)
    with pytest.raises(UsageError, match="the profile has no phase 'spikes'"):
        checked_primary(spiky, ("p99[phase=spikes]",))
    assert checked_primary(spiky, ("recovery",)) == ("recovery",)
    with pytest.raises(UsageError, match="this traffic has no spike, so there is nothing to recover from"):
        checked_primary(SIDES[0], ("recovery",))
