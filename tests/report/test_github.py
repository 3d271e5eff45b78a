"""What GitHub Actions reads: workflow commands, and a summary in Markdown."""

from __future__ import annotations

from pathlib import Path

import msgspec

from loadsim.report.github import append_summary, command, summary, workflow_commands

from .gated import BROKEN, HELD, UNTOLD, against, gate_of, gated
from .runs import HOSTILE


def test_what_does_not_pass_is_annotated_and_nothing_else() -> None:
    lines = list(workflow_commands(gate_of(gated(HELD, BROKEN, UNTOLD))))
    assert lines == [
        "::error title=loadsim%3A fail::p99 < 250ms: observed 312 ms (reports/run)",
        "::warning title=loadsim%3A inconclusive::p99.9 < 1s: observed 500 ms; 5,000 are too few (reports/run)",
    ]
    assert list(workflow_commands(gate_of(gated(HELD)))) == []


def test_what_is_wrong_with_the_run_itself_is_an_error_if_it_was_invalid() -> None:
    run = gated(HELD, problems=("saturated",), verdict="invalid")
    assert list(workflow_commands(gate_of(run))) == ["::error title=loadsim%3A invalid::saturated (reports/run)"]
    run = gated(HELD, problems=("cut short",), verdict="inconclusive")
    assert next(workflow_commands(gate_of(run))).startswith("::warning ")


def test_a_command_is_escaped_as_the_runner_reads_it() -> None:
    written = command("error", "a: 1,2 %\r\n", "50 % of\r\n::warning::no")
    assert written == "::error title=a%3A 1%2C2 %25%0D%0A::50 %25 of%0D%0A::warning::no"


def test_no_text_of_a_target_ends_a_command_or_begins_another() -> None:
    reason = f"x\n::set-output name=a::b\r::add-mask::c{HOSTILE}\x85::stop"
    run = gated(msgspec.structs.replace(BROKEN, reason=reason), problems=(reason,))
    for line in workflow_commands(gate_of(run)):
        assert len(line.splitlines()) == 1 or "\x85" in line
        assert not {"\n", "\r", "\x1b"} & set(line)


def test_the_summary_is_a_table_with_the_reasons_below() -> None:
    text = summary(gate_of(gated(HELD, BROKEN)))
    assert text.startswith("### Load test: fail\n\n1 of 2 objectives held, in 1 run.\n")
    assert "| p99 \\< 250ms | fail | 312 ms | 250 ms | 125 % | reports/run |" in text
    assert "\n- reports/run: p99 \\< 250ms: broken\n" in text


def test_the_summary_comes_after_what_other_steps_wrote_and_shows_no_markup_of_a_target(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    expression = "p99[route='GET /<img src=x>|@all'] < 1s"
    append_summary(gate_of(gated(msgspec.structs.replace(BROKEN, expression=expression))), file)
    text = file.read_text()
    assert text.startswith("before\n### Load test")
    assert "<img" not in text.replace("\\<", "")
    assert "\\|\\@all" in text


def test_what_is_worse_than_the_baseline_is_an_error_and_in_the_table(tmp_path: Path) -> None:
    worse = against(tmp_path, slower=1.6)
    lines = list(workflow_commands(worse))
    assert lines[0].startswith("::error title=loadsim%3A fail::p50: worse, these runs at 1.")
    text = summary(worse)
    assert text.startswith("### Load test: fail\n\nworse than the baseline by its p50")
    assert "\n| p50 | yes | worse | 1." in text
    assert "Objective" not in text


def test_a_baseline_that_cannot_be_compared_with_is_a_warning_with_what_to_do_instead(tmp_path: Path) -> None:
    elsewhere = against(tmp_path, machine=1.6)
    lines = list(workflow_commands(elsewhere))
    assert [line.partition(" ")[0] for line in lines] == ["::warning", "::warning"]
    assert "loadsim compare BASE HEAD" in lines[1]
    assert "of another speed" in summary(elsewhere)
