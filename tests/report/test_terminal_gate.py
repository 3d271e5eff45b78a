"""The table of a gate: on one screen, worst first, readable without colour."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from loadsim.gate import Baseline, GateRecord, find_runs, gate
from loadsim.report.terminal.gate import gate_lines
from loadsim.report.terminal.words import ASCII, UNICODE

from ..rounds import rounds
from .gated import BROKEN, HELD, NO_ANSWER, UNTOLD, gate_of, gated
from .runs import HOSTILE


def lines_of(record: GateRecord, width: int = 100, height: int = 24) -> list[str]:
    return [line.plain.rstrip() for line in gate_lines(record, width, height, UNICODE)]


def test_it_says_what_was_observed_what_the_bound_is_how_near_and_why_not() -> None:
    assert lines_of(gate_of(gated(HELD, UNTOLD, BROKEN, NO_ANSWER))) == [
        "✘ FAIL  1 of 4 objectives held, in 1 run",
        "",
        "                objective         observed   bound  of bound",
        "✘ fail          p99 < 250ms         312 ms  250 ms     125 %",
        "✘ fail          max < 1s         no answer  1.00 s         –",
        "▲ inconclusive  p99.9 < 1s          500 ms  1.00 s    50.0 %",
        "✔ pass          error_rate < 1%    0.200 %  1.00 %    20.0 %",
        "",
        "✘ p99.9 < 1s: 5,000 are too few",
        "✘ p99 < 250ms: broken",
        "✘ max < 1s: broken",
    ]


def test_several_runs_are_told_apart_by_the_ends_of_their_paths() -> None:
    long = "reports/of/a/pipeline/with/a/very/long/path/candidate-2"
    lines = lines_of(gate_of(gated(HELD, path="reports/1"), gated(BROKEN, path=long)), width=80)
    assert lines[2].split()[-1] == "run"
    assert lines[3].endswith("path/candidate-2")
    assert lines[4].endswith("reports/1")


@pytest.mark.parametrize("width", [60, 80, 130])
def test_it_fits_the_screen_whatever_there_is(width: int) -> None:
    wide = msgspec.structs.replace(BROKEN, expression=f"p99[route='{HOSTILE * 4}'] < 250ms", reason="long " * 80)
    runs = [gated(*[HELD] * 30, wide, path=f"reports/{n}/{'x' * 90}", problems=(HOSTILE * 9,)) for n in range(9)]
    lines = gate_lines(gate_of(*runs), width, 24, UNICODE)
    assert max(line.cell_len for line in lines) <= width
    assert len(lines) <= 24
    assert not {"\x1b", "\u202e"} & set("".join(line.plain for line in lines))


def test_what_is_left_out_is_said() -> None:
    lines = lines_of(gate_of(gated(BROKEN, *[HELD] * 40)))
    assert len(lines) <= 24
    assert lines[-3] == "  and 24 more, all held: --json has them"


def test_it_needs_no_more_than_ascii() -> None:
    text = "\n".join(line.plain for line in gate_lines(gate_of(gated(HELD, BROKEN)), 80, 24, ASCII))
    assert text.isascii()
    assert "x fail" in text


def test_a_baseline_is_told_effect_by_effect_with_why_nothing_is_decided_first(tmp_path: Path) -> None:
    old, slow = rounds(tmp_path, "old", range(5)), rounds(tmp_path, "slow", range(10, 15), slower=1.6)
    record = gate(find_runs([slow]), lambda _: [], "0.1.0", Baseline(find_runs([old])))
    lines = lines_of(record)
    assert lines[0] == "✘ FAIL  worse than the baseline by its p50 and p99, in 5 rounds against 5"
    assert [line.split()[0] for line in lines[2:5]] == ["error", "p50", "p99"]
    assert len(lines) <= 24
    few = gate(find_runs([slow / "10"]), lambda _: [], "0.1.0", Baseline(find_runs([old])))
    told = lines_of(few)
    assert told[0] == "▲ INCONCLUSIVE  not known if worse than the baseline, in 1 round against 5"
    assert told[7].startswith("▲ these runs: 1 of the 4 rounds")
