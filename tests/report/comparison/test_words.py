"""A comparison in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadsim.compare import EffectRecord, read_comparison
from loadsim.compare.record import CompareRecord, Conclusion
from loadsim.record import read_record
from loadsim.report.comparison.words import (
    foreseen,
    in_brief,
    in_short,
    interval_text,
    margin_text,
    metric_name,
    points,
    ratio,
    sentences,
)
from tests.experiment.replaying import Replay, invalid

from .compared import write_compared


def effect(**changes: Any) -> EffectRecord:
    made: dict[str, Any] = {
        "metric": "p99", "primary": True, "scale": "ratio", "better": "lower", "a": [], "b": [],
        "unanswered_a": 0, "unanswered_b": 0, "rounds": 10, "effect": 1.31, "low": 1.22, "high": 1.4,
        "p": 0.002, "p_adjusted": 0.004, "margin": 0.15, "detectable": 0.1, "verdict": "worse", "reason": "",
    }  # fmt: skip
    return EffectRecord(**(made | changes))


def told(record: CompareRecord, *effects: EffectRecord, verdict: str) -> list[str]:
    conclusion = Conclusion(verdict=verdict, sentences=[], reasons=[])  # type: ignore[arg-type]
    return sentences(msgspec.structs.replace(record, effects=list(effects), conclusion=conclusion))


@pytest.fixture(scope="module")
def record(slower: Path) -> CompareRecord:
    return read_comparison(slower)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("p99", "p99"),
        ('p99[route="GET /items/:id"]', "p99 of GET /items/:id"),
        ("error_rate[class=heavy]", "error rate of heavy visitors"),
        ("p50(service)", "p50 of the service time"),
        ("mean(service)", "mean service time"),
        ("jain[pool=web]", "fairness (Jain) of the pool web"),
        ("ws.echo.p99", "p99 of the sockets' echo time"),
        ("ws.recovered.p50", "p50 of the time until lost sockets were back"),
        ("ws.dead", "share of sockets that died"),
        ("p99.9[phase=spike]", "p99.9 in the spike"),
        ('p50[route="GET /\x1b[2J"]', "p50 of GET /\ufffd[2J"),
    ],
)
def test_a_metric_is_named_as_people_say_it(name: str, words: str) -> None:
    assert metric_name(name) == words


def test_numbers_have_as_many_digits_as_they_need() -> None:
    assert [ratio(value) for value in (0.0312, 0.31, 1.0, 1.316, 12.4)] == ["0.0312", "0.31", "1.00", "1.32", "12.4"]
    assert [points(value) for value in (0.0, 0.0123, -0.25, 0.0001)] == [
        "0 points", "+1.2 points", "-25 points", "+0.01 points",
    ]  # fmt: skip
    assert margin_text(effect(), 0.15) == "15.0 %"
    assert margin_text(effect(scale="difference"), 0.01) == "1.0 points"


def test_an_interval_without_an_end_says_so() -> None:
    assert interval_text(effect()) == "1.22 to 1.40"
    assert interval_text(effect(high=None)) == "from 1.22, without an upper bound"
    assert interval_text(effect(low=None, high=None)) == "no interval"
    assert interval_text(effect(scale="difference", low=-0.01, high=0.02)) == "-1.0 to +2.0 points"


def test_an_effect_is_written_in_brief() -> None:
    assert in_brief(effect()) == "1.31 (1.22 to 1.40)"
    assert in_brief(effect(scale="difference", effect=0.0, low=-0.001, high=0.001)) == "0 pt (-0.1 to +0.1)"
    assert in_brief(effect(effect=None, low=1.2, high=None, unanswered_b=3)) == "no answer"
    assert in_brief(effect(low=None, high=None)) == "1.31"


def test_the_headline_names_what_is_worse_and_the_rounds(record: CompareRecord) -> None:
    assert record.conclusion.sentences[0] == "balanced is worse than monolith by its p50 and p99, in 6 rounds."
    assert any(sentence.startswith("p50: worse, balanced at 1.") for sentence in record.conclusion.sentences)


def test_every_verdict_has_its_headline(record: CompareRecord) -> None:
    better, same = effect(verdict="better", effect=0.31, low=0.24, high=0.39), effect(verdict="equivalent")
    assert told(record, better, verdict="better")[0] == (
        "balanced is better than monolith by its p99, and worse in no primary metric, in 6 rounds."
    )
    assert told(record, better, verdict="better")[1] == "p99: better, balanced at 0.31 of monolith (0.24 to 0.39)."
    assert "equivalent in every primary metric" in told(record, same, verdict="equivalent")[0]
    assert told(record, verdict="inconclusive")[0].startswith("Inconclusive after 6 rounds")
    assert told(record, verdict="invalid")[0].startswith("Invalid")


def test_what_is_not_decided_says_why(record: CompareRecord) -> None:
    unknown = effect(verdict="inconclusive", low=0.9, reason="no effect is possible, and so is one beyond the margin")
    assert told(record, unknown, verdict="inconclusive")[1] == (
        "p99: not decided, seen 1.31 (0.90 to 1.40): no effect is possible, and so is one beyond the margin."
    )


def test_a_side_without_an_answer_is_named(record: CompareRecord) -> None:
    silent = effect(effect=None, low=2.0, high=None, unanswered_b=8)
    assert told(record, silent, verdict="worse")[1].startswith(
        "p99: balanced gave no answer at this quantile in 8 rounds"
    )


def test_exploratory_metrics_are_told_by_how_certain_they_are_and_no_more_than_five(record: CompareRecord) -> None:
    others = [effect(metric=f"p50[route=r{n}]", primary=False, p_adjusted=0.01 * n) for n in range(9, 0, -1)]
    also = [text for text in told(record, effect(), *others, verdict="worse") if text.startswith("Also: ")]
    assert [text.split(":")[1].strip() for text in also] == [f"p50 of r{n}" for n in range(1, 6)]


def test_a_round_and_what_the_rounds_can_find_take_a_line_each(slower: Path) -> None:
    run = read_record(slower / "rounds" / "01-a")
    assert in_short({"monolith": run}).startswith("monolith p50 ")
    text = foreseen({"p50": 0.08, "error_rate": 0.001}, 10)
    assert text == "By the noise so far, 10 rounds find 4 in 5 differences of: p50 8.00 %, error rate 0.1 points"


def test_an_invalid_comparison_says_nothing_of_either_side(tmp_path: Path) -> None:
    record = write_compared(tmp_path, Replay(lambda record, _: invalid(record), balanced=1.5))
    assert len(record.conclusion.sentences) == 1
    assert record.conclusion.sentences[0].startswith("Invalid: the experiment itself was not sound")


def test_waits_that_may_be_nothing_are_told_in_seconds(record: CompareRecord) -> None:
    slow = effect(metric="recovery", scale="seconds", effect=5.0, low=4.0, high=6.5, margin=1.0)
    assert (in_brief(slow), interval_text(slow), margin_text(slow, 1.0)) == (
        "+5.0 s (+4.0 to +6.5)",
        "+4.0 to +6.5 s",
        "1.0 s",
    )
    assert told(record, slow, verdict="worse")[1] == (
        "time to recover: worse, balanced +5.0 s from monolith (+4.0 to +6.5 s)."
    )
    never = effect(metric="recovery", scale="seconds", effect=None, low=4.0, high=None, unanswered_b=6)
    assert "balanced never was as before in 6 rounds" in told(record, never, verdict="worse")[1]
    assert foreseen({"recovery": 2.0}, 10).endswith("time to recover 2.0 s")
