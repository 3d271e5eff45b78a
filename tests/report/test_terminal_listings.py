from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from loadsim.errors import LoadsimError, SpecError, UsageError
from loadsim.profiles import Profile, parse_profile, profile_shapes
from loadsim.report.terminal import print_error, print_exchange, print_profiles, print_scenarios
from loadsim.report.terminal.braille import Braille
from loadsim.report.terminal.curve import draw_profile, strokes
from loadsim.scenarios import SCENARIOS

from .moments import HOSTILE


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width)


def text_of(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def drawn(spec: str, duration_s: float, width: int = 80) -> list[str]:
    target = console(width)
    draw_profile(target, parse_profile(spec), duration_s)
    return text_of(target).splitlines()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize(
    ("spec", "duration_s"),
    [
        ("constant(200/s)", 30.0),
        ("spike(base=50/s,peak=500/s,at=20s,width=5s)", 60.0),
        ("sine(mean=200/s,amplitude=150/s,period=60s)", 0.5),
        ("steps(50/s:10s,200/s:10s)", 20.0),
        ("steps(50/s:10s,200/s:10s)", 40.0),
        ("ramp(0/s,100000/s,60s)", 86400.0),
    ],
)
def test_a_curve_stays_within_its_width(spec: str, duration_s: float, width: int) -> None:
    lines = drawn(spec, duration_s, width)
    assert len(lines) <= 17
    assert all(len(line) <= width for line in lines[1:])


def test_a_curve_has_axes_figures_and_phases() -> None:
    lines = drawn("spike(base=50/s,peak=500/s,at=20s,width=5s)", 60.0)
    assert lines[0] == " spike(base=50/s, peak=500/s, at=20s, width=5s)"
    assert lines[1] == " 1:00 long, peak 500/s, mean 87.5/s, 5,250 arrivals expected"
    assert lines[3].startswith(" 500/s ┤")
    assert lines[8].startswith(" 250/s ┤")
    assert lines[14].split() == ["0:00", "0:30", "1:00"]
    assert "│base" in lines[15]
    assert "│recovery" in lines[15]
    assert "│spike" in lines[15] + lines[16]


def test_a_constant_rate_at_the_top_of_its_axis_is_drawn() -> None:
    lines = drawn("constant(200/s)", 30.0)
    assert "⠉⠉⠉⠉" in lines[3]


def test_the_narrowest_spike_is_drawn_to_its_peak() -> None:
    lines = drawn("spike(base=1/s,peak=100/s,at=1800s,width=10ms)", 3600.0)
    column = len(lines[3].rstrip()) - 1
    assert column == len(lines[4].rstrip()) - 1
    assert all(line[column] != " " for line in lines[3:13])


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 500), st.floats(500, 5000), st.floats(0, 50), st.floats(0.001, 10), st.integers(2, 300))
def test_strokes_reach_from_the_lowest_to_the_highest_rate(
    base: float, peak: float, at_s: float, width_s: float, dots: int
) -> None:
    profile: Profile = parse_profile(f"spike(base={base:.6f}/s,peak={peak:.6f}/s,at={at_s:.6f}s,width={width_s:.6f}s)")
    found = strokes(profile, 60.0, dots)
    assert len(found) == dots
    assert max(high for _, high in found) == pytest.approx(peak)
    assert min(low for low, _ in found) == pytest.approx(base)
    assert all(low <= high for low, high in found)


def test_an_ascii_terminal_gets_an_ascii_curve() -> None:
    target = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=80)
    draw_profile(target, parse_profile("ramp(10/s,500/s,60s)"), 60.0)
    target.file.flush()
    assert isinstance(target.file, io.TextIOWrapper)
    assert isinstance(target.file.buffer, io.BytesIO)
    assert b"*" in target.file.buffer.getvalue()


def test_a_curve_of_braille_joins_jumps_and_leaves_gaps() -> None:
    canvas = Braille(3, 2)
    canvas.curve([0.0, 0.99, None, 0.5, 0.5, 0.5])
    assert canvas.lines() == ["⢸⢀⣀", "⡸  "]
    empty = Braille(3, 2)
    empty.dot(99, 99)
    empty.dot(-1, 0)
    assert empty.lines() == ["   ", "   "]


def test_profiles_are_listed_with_an_example_each_that_can_be_drawn() -> None:
    target = console()
    print_profiles(target, profile_shapes())
    text = text_of(target)
    for name, example, _ in profile_shapes():
        assert f" {name}" in text
        assert example in text
    assert " try  loadsim profiles 'constant(200/s)'" in text


def test_scenarios_are_listed_with_their_shape() -> None:
    target = console()
    print_scenarios(target, list(SCENARIOS.values()))
    text = text_of(target)
    assert all(name in text and scenario.profile in text for name, scenario in SCENARIOS.items())
    assert all(len(line) <= 80 for line in text.splitlines() if "(" not in line)


def test_empty_lists_print_nothing() -> None:
    target = console()
    print_scenarios(target, [])
    print_profiles(target, [])
    assert text_of(target) == ""


def test_a_caret_stays_under_its_character_in_a_long_line() -> None:
    target = console(40)
    text = "constant(200/s) + " * 6 + "wrong"
    print_error(target, SpecError(text, text.index("wrong"), "unknown shape", hint="Did you mean 'ramp'?"))
    lines = text_of(target).splitlines()
    assert lines[0] == "error: unknown shape"
    assert lines[2].index("^") == lines[1].index("wrong")
    assert lines[3] == "Did you mean 'ramp'?"


def test_an_error_prints_markup_and_control_sequences_without_obeying_them() -> None:
    target = Console(file=io.StringIO(), force_terminal=True, width=80)
    print_error(target, UsageError(f"unknown scenario '{HOSTILE}'", hint=HOSTILE))
    text = text_of(target)
    assert "[bold red]web[/]" in text
    assert "\x1b[2J" not in text
    assert "\x1b]0" not in text
    assert "\x9b" not in text


def test_an_error_without_a_message_is_still_printed() -> None:
    target = console()
    print_error(target, LoadsimError(""))
    assert text_of(target) == "error: \n"


def test_an_exchange_shows_both_sides() -> None:
    target = console()
    print_exchange(
        target,
        method="GET",
        url="http://127.0.0.1/items/3?q=" + "x" * 100,
        request_headers=[("Host", "127.0.0.1")],
        status=200,
        response_headers=[("Content-Type", "application/json")],
        body='{"id": 3}\n' + "line\n" * 40,
        timings_s={"service": 0.0123, "connect": None},
        outcome="ok",
    )
    lines = text_of(target).splitlines()
    assert lines[0] == "> GET http://127.0.0.1/items/3?q=" + "x" * 100
    assert lines[1:5] == ["> Host: 127.0.0.1", "< 200", "< Content-Type: application/json", '  {"id": 3}']
    assert "  and 29 more lines" in lines
    assert "  service 12.3 ms" in lines
    assert "connect" not in text_of(target)


def test_an_exchange_without_an_answer_says_why() -> None:
    target = console()
    print_exchange(
        target,
        method="GET",
        url="http://127.0.0.1:1/",
        request_headers=[],
        status=None,
        response_headers=[],
        body="",
        timings_s={},
        outcome="connect_refused",
    )
    assert "✘ no answer  connect_refused" in text_of(target)


def test_an_exchange_is_not_obeyed() -> None:
    target = console()
    print_exchange(
        target,
        method=HOSTILE,
        url=HOSTILE,
        request_headers=[(HOSTILE, HOSTILE)],
        status=503,
        response_headers=[(HOSTILE, HOSTILE)],
        body=HOSTILE,
        timings_s={HOSTILE: 1.0},
        outcome=HOSTILE,
    )
    assert "\x1b" not in text_of(target)
    assert text_of(target).count("[bold red]web[/]") == 9


def app() -> object:
    import typer

    from loadsim.cli.profiles import profiles

    made = typer.Typer()
    made.command()(profiles)
    return made


def test_the_verb_lists_and_draws() -> None:
    runner = CliRunner()
    listed = runner.invoke(app(), [])  # type: ignore[arg-type]  # typer's app, made where it is used
    assert listed.exit_code == 0
    assert "spike(base=50/s, peak=500/s, at=20s, width=5s)" in listed.output
    curve = runner.invoke(app(), ["ramp(10/s,500/s,60s)", "--duration", "30s"])  # type: ignore[arg-type]
    assert "0:30 long, peak 255/s" in curve.output


@pytest.mark.parametrize(
    "arguments", [["rampe(1/s)"], ["constant(1/s)", "--duration", "0s"], ["constant(1/s)", "--duration", "x"]]
)
def test_the_verb_refuses_what_it_cannot_draw(arguments: list[str]) -> None:
    outcome = CliRunner().invoke(app(), arguments)  # type: ignore[arg-type]
    assert isinstance(outcome.exception, UsageError)
