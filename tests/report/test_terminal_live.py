from __future__ import annotations

import io
import math
import os
import pty
import re
import select
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from loadsim.report.terminal import LiveState, LiveView, Times
from loadsim.report.terminal.history import History
from loadsim.report.terminal.rates import rate_chart, resample, round_up
from loadsim.report.terminal.screen import compose, room_for

from .moments import HOSTILE, moment
from .vt import Terminal

SIZES = [(80, 24), (80, 25), (100, 30), (118, 24), (140, 40), (200, 60), (60, 16), (40, 10), (20, 5), (8, 2)]


def texts(state: LiveState, width: int = 80, height: int = 24, *warnings: str) -> list[str]:
    return [line.plain for line in compose(state, width, height, warnings)]


class Run:
    """A live view on a terminal that can be resized."""

    def __init__(self, width: int = 80, height: int = 24, **environment: str) -> None:
        self.out = io.StringIO()
        self.console = Console(
            file=self.out,
            force_terminal=True,
            color_system="standard",
            width=width,
            height=height,
            _environ={"TERM": "xterm", **environment},
        )
        self.terminal = Terminal(width, height)
        self.view = LiveView(self.console)
        self.sent = ""

    def flush(self) -> Terminal:
        self.sent = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        self.terminal.feed(self.sent)
        return self.terminal

    def resize(self, width: int, height: int) -> None:
        self.console.size = (width, height)
        self.terminal.resize(width, height)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("elapsed_s", [-4.0, 0.0, 0.4, 22.5, 60.0, 75.0])
def test_a_moment_fills_the_screen_and_never_more(width: int, height: int, elapsed_s: float) -> None:
    lines = compose(moment(elapsed_s, errors={"http_503": 3}, warnings=["w" * 200]), width, height)
    assert len(lines) == height
    assert all(line.cell_len < width for line in lines)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 220),
    st.integers(1, 80),
    st.floats(-10, 4000),
    st.dictionaries(st.text(max_size=12), st.integers(0, 10**12), max_size=12),
    st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=30), st.integers(0, 10**12)), max_size=3),
    st.text(),
)
def test_any_names_and_counts_fit_any_screen(
    width: int,
    height: int,
    elapsed_s: float,
    errors: dict[str, int],
    backends: dict[str, dict[str, int]],
    name: str,
) -> None:
    state = moment(elapsed_s, errors=errors, backends=backends, phase=name, title=name, warnings=[name])
    lines = compose(state, width, height, [name])
    assert len(lines) == height
    assert all(line.cell_len <= max(1, width - 1) and "\n" not in line.plain for line in lines)


def test_a_screen_says_what_goes_on() -> None:
    state = moment(
        24.0, errors={"http_503": 3, "timeout": 1}, failed=4, backlog=12, warnings=["the schedule is coarser"]
    )
    screen = "\n".join(texts(state))
    for part in (
        "0:24 of 1:00, 0:36 left",
        "spike",
        "offered 500/s",
        "achieved 300/s",
        "12.3 ms",
        "1.23 s",
        "in flight",
    ):
        assert part in screen
    for part in ("web-2", "33.0 %", "✘ errors  http_503 3  timeout 1", "▲ the schedule is coarser", "✘ failed", "▲"):
        assert part in screen


def test_the_warm_up_counts_down_and_the_drain_says_what_is_left() -> None:
    assert "warming up, 0:04 to go" in texts(moment(-4.0))[1]
    assert "draining, 43 to go" in texts(moment(61.0, draining=True, backlog=12))[1]


def test_a_run_whose_end_is_unknown_shows_its_time_alone() -> None:
    assert texts(moment(12.0, duration_s=None, planned=()))[1].endswith(" 0:12")


def test_unknown_figures_are_not_shown_as_zero() -> None:
    state = moment(1.0, now=Times(), so_far=Times(), offered_rate=None, achieved_rate=None, generator_cpu=None)
    lines = texts(state)
    assert "offered –" in lines[2]
    assert next(line for line in lines if line.startswith(" now")).split()[1:4] == ["–", "–", "–"]


def test_a_generator_near_its_limit_is_a_warning_in_words() -> None:
    assert not any("generator at" in line for line in texts(moment(10.0, generator_cpu=0.79)))
    assert any(
        "▲ generator at 86 % of its core, near its limit" in line for line in texts(moment(10.0, generator_cpu=0.86))
    )
    assert any("at its limit" in line for line in texts(moment(10.0, generator_cpu=0.93)))


def test_nothing_moves_when_figures_errors_and_warnings_change() -> None:
    calm = texts(moment(10.0))
    troubled = texts(moment(10.0, errors={"reset": 5}, failed=5, warnings=["one", "two"], backlog=3))
    places = [
        index for index, line in enumerate(calm) if line[1:9].strip() in {"now", "so far", "response", "backends"}
    ]
    assert [troubled[index][:9] for index in places] == [calm[index][:9] for index in places]


@pytest.mark.parametrize("backends", [0, 1, 3, 8, 60])
def test_every_part_keeps_its_place_on_80_by_24(backends: int) -> None:
    room = room_for(80, 24, backends)
    assert room.chart >= 4
    assert room.backends >= min(backends + 1, 4)


def test_backends_that_find_no_room_are_counted() -> None:
    lines = texts(moment(10.0, backends={"web": {f"web-{n}": 10 for n in range(9)}}))
    assert any(line.strip() == "and 7 more" for line in lines)


def test_answers_without_a_backend_stand_outside_the_shares() -> None:
    lines = texts(moment(10.0, backends={"web": {"a": 30, "b": 10, "(none)": 500}}))
    assert any("a " in line and "75.0 %" in line for line in lines)
    assert any("(none)" in line and "–" in line and "█" not in line for line in lines)


@pytest.mark.parametrize("width", [80, 140])
def test_hostile_names_are_shown_and_not_obeyed(width: int) -> None:
    run = Run(width)
    state = moment(
        24.0, title=HOSTILE, phase=HOSTILE, errors={HOSTILE: 3}, backends={HOSTILE: {HOSTILE: 5}}, warnings=[HOSTILE]
    )
    with run.view as view:
        view.update(state)
        view.warn(HOSTILE)
        screen = "\n".join(run.flush().lines)
    assert screen.count("[bold red]web[/]") >= 4
    assert "\u202e" not in run.sent
    run.sent.encode()
    run.flush()


def test_the_screen_is_borrowed_and_given_back() -> None:
    run = Run()
    with run.view as view:
        view.update(moment(3.0))
        assert run.flush().modes == {"alternate": True, "cursor": False, "wrap": False, "synchronised": False}
    assert run.flush().modes == {"alternate": False, "cursor": True, "wrap": True, "synchronised": False}


def test_the_screen_is_given_back_after_an_error_with_the_warnings() -> None:
    run = Run()

    def interrupted() -> None:
        with run.view as view:
            view.update(moment(3.0))
            view.warn("the disk is full")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    terminal = run.flush()
    assert not terminal.modes["alternate"]
    assert any("warning: the disk is full" in line for line in terminal.lines)


def test_what_stands_on_the_screen_is_the_last_moment_and_nothing_scrolled() -> None:
    run = Run()
    with run.view as view:
        for quarter in range(-16, 260):
            state = moment(quarter / 4, errors={"reset": quarter} if quarter > 99 else {}, backlog=max(0, quarter % 7))
            view.update(state)
            terminal = run.flush()
        assert terminal.lines == [line.rstrip() for line in texts(state)]
        assert terminal.scrolled == 0


def test_a_frame_writes_only_the_lines_that_changed() -> None:
    run = Run()
    with run.view as view:
        view.update(moment(10.0))
        run.flush()
        view.update(moment(10.0))
        assert run.flush().frames == 1
        assert run.sent == ""
        view.update(moment(10.0, in_flight=32))
        run.flush()
        assert run.sent.count("\x1b[K") == 1
        run.flush()


def test_a_frame_never_blanks_what_it_is_about_to_write() -> None:
    run = Run()
    with run.view as view:
        for second in range(50):
            view.update(moment(float(second)))
            run.flush()
            assert "\x1b[2J" not in run.sent
            assert "\x1b[2K" not in run.sent
            assert run.sent.startswith(("\x1b[?2026h", "\x1b[?1049h"))
            assert run.sent.endswith("\x1b[?2026l")


def test_a_view_remembers_what_a_state_no_longer_tells() -> None:
    run = Run()
    with run.view as view:
        for second in range(41):
            whole = moment(float(second))
            view.update(replace(whole, offered=whole.offered[-5:], achieved=whole.achieved[-5:]))
            terminal = run.flush()
        assert terminal.lines == [line.rstrip() for line in texts(moment(40.0))]


def test_seconds_that_nobody_told_are_left_out() -> None:
    history = History()
    history.complete(moment(2.0, offered=[50.0, 50.0], achieved=[49.0, 50.0]))
    state = history.complete(moment(5.5, offered=[60.0], achieved=[50.0]))
    assert list(state.offered)[:2] == [50.0, 50.0]
    assert math.isnan(state.offered[3])
    assert state.offered[4] == 60.0
    assert history.complete(moment(5.9, offered=[61.0], achieved=[51.0])).achieved[4] == 51.0
    assert len(texts(state)) == 24
    assert history.complete(moment(-1.0, offered=[], achieved=[])).offered[4] == 61.0


def test_a_resize_leaves_no_debris() -> None:
    run = Run(140, 40)
    with run.view as view:
        view.update(moment(20.0))
        run.flush()
        for width, height in [(80, 24), (200, 60), (60, 16), (30, 8), (140, 40)]:
            run.resize(width, height)
            view.update(moment(21.0))
            terminal = run.flush()
            assert terminal.lines == [line.rstrip() for line in texts(moment(21.0), width, height)]
            assert terminal.scrolled == 0


def test_no_color_is_respected_and_marks_remain() -> None:
    run = Run(NO_COLOR="1")
    with run.view as view:
        view.update(moment(24.0, errors={"reset": 5}, failed=5))
        screen = "\n".join(run.flush().lines)
        assert not re.search(r"\x1b\[(\d+;)*[349]\d(;\d+)*m", run.sent)
        assert "✘ errors" in screen
        assert "▒" in screen


def test_a_shortfall_is_drawn_in_another_shape_than_what_was_achieved() -> None:
    chart = [line.plain for line in rate_chart(moment(25.0), 78, 8)]
    top = chart[1]
    assert "█" in top
    assert "▒" in top
    assert top.index("█") < top.index("▒")
    assert not any("▒" in line for line in (text.plain for text in rate_chart(moment(20.0), 78, 8)))


def test_the_mark_stands_at_now_and_the_plan_is_drawn_ahead_of_it() -> None:
    chart = [line.plain for line in rate_chart(moment(30.0), 79, 6)]
    gutter = chart[-2].index("└") + 1
    columns = 79 - gutter
    assert chart[-2].index("▲") - gutter == columns // 2
    assert "0:30" in chart[-1]
    ahead = chart[-3][gutter + columns // 2 + 1 :]
    assert ahead
    assert all(0x2800 < ord(character) < 0x2900 for character in ahead.rstrip())


@given(st.floats(1e-6, 1e12))
def test_an_axis_ends_at_a_round_number_not_far_above(value: float) -> None:
    top = round_up(value)
    assert value * (1 - 1e-8) <= top <= value * 1.7
    assert float(f"{top:.2g}") == pytest.approx(top)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.integers(1, 150))
def test_resampling_keeps_what_lies_under_a_column(values: list[float], columns: int) -> None:
    means = resample(values, columns, len(values) / columns)
    assert len(means) == columns
    assert all(mean is not None and min(values) - 1e-6 <= mean <= max(values) + 1e-6 for mean in means)


_DRIVER = """
import sys, time
sys.path.insert(0, {tests!r})
from rich.console import Console
from loadsim.report.terminal import view_for
from report.moments import moment
view = view_for(Console())
with view:
    for quarter in range(-4, 250):
        view.update(moment(quarter / 4))
print(type(view).__name__)
"""


def _in_a_pty(environment: dict[str, str]) -> str:
    child, master = pty.fork()
    if child == 0:
        tests = str(Path(__file__).parent.parent)
        os.execve(sys.executable, [sys.executable, "-c", _DRIVER.format(tests=tests)], os.environ | environment)
    output = b""
    while select.select([master], [], [], 30)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux says so when the other side is gone
            break
        if not part:
            break
        output += part
    os.close(master)
    assert os.waitpid(child, 0)[1] == 0, output
    return output.decode()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # the child executes at once
def test_a_real_terminal_gets_the_live_view_and_does_not_scroll() -> None:
    output = _in_a_pty({"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"})
    terminal = Terminal(80, 24)
    view, _, after = output.partition("\x1b[?1049l")
    terminal.feed(view)
    assert terminal.scrolled == 0
    assert terminal.lines[0].startswith(" spiky")
    assert after.strip() == "LiveView"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_dumb_terminal_gets_lines() -> None:
    output = _in_a_pty({"TERM": "dumb"})
    assert "\x1b" not in output
    assert output.splitlines()[-1] == "PlainView"
    assert "20s/1m00s spike  offered 50/s" in output
