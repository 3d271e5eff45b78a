from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from loadsim.report.terminal import LiveView, PlainView, QuietView, Steps, Times, is_interactive, open_console, view_for
from loadsim.report.terminal.view import plain_line

from .moments import HOSTILE, moment


class Tty(io.StringIO):
    def isatty(self) -> bool:
        if self.closed:
            raise ValueError  # as every file does
        return True


def console(file: io.StringIO | None = None, **environment: str) -> Console:
    return Console(file=file or io.StringIO(), _environ=environment)


def lines_of(target: Console) -> list[str]:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue().splitlines()


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("environment", "terminal", "view"),
    [
        ({"TERM": "xterm"}, True, LiveView),
        ({"TERM": "dumb"}, True, PlainView),
        ({"TERM": "unknown"}, True, PlainView),
        ({"TERM": "xterm", "TTY_INTERACTIVE": "0"}, True, PlainView),
        ({"TERM": "xterm"}, False, PlainView),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, False, PlainView),
        ({"TERM": "xterm", "TTY_COMPATIBLE": "1"}, False, PlainView),
    ],
)
def test_the_view_suits_the_output(environment: dict[str, str], terminal: bool, view: type) -> None:
    target = console(Tty() if terminal else None, **environment)
    assert type(view_for(target)) is view
    assert is_interactive(target) == (view is LiveView)
    assert type(view_for(target, quiet=True)) is QuietView


def test_a_closed_output_is_no_terminal() -> None:
    file = Tty()
    target = console(file, TERM="xterm")
    file.close()
    assert not is_interactive(target)


def test_a_line_says_what_counts_and_leaves_out_what_is_zero() -> None:
    state = moment(24.0, errors={"timeout": 1, "http_503": 3}, backlog=1200)
    assert plain_line(state) == (
        "24s/1m00s spike  offered 500/s achieved 300/s  p50 12.3 ms p99 85.3 ms  in flight 31  waiting 1,200  "
        "errors 4 (http_503 3, timeout 1)"
    )
    assert plain_line(moment(-4.0)) == "-4s warm-up  in flight 31"
    assert plain_line(moment(3.0, duration_s=None, now=Times())) == "3s base  offered 50/s achieved 50/s  in flight 31"


def test_many_kinds_of_errors_are_counted_in_one_line() -> None:
    line = plain_line(moment(3.0, errors={f"http_5{n:02d}": 1 for n in range(30)}))
    assert line.endswith("errors 30 (http_500 1, http_501 1, http_502 1, http_503 1, 26 more kinds)")


def test_a_log_gets_a_line_every_five_seconds_and_at_each_change_of_phase() -> None:
    target = console()
    with PlainView(target) as view:
        for quarter in range(120):
            view.update(moment(quarter / 4))
    starts = [line.split("/")[0] for line in lines_of(target)]
    assert starts == ["0s", "5s", "10s", "15s", "20s", "25s"]


def test_a_log_of_an_hour_gets_two_lines_a_minute() -> None:
    target = console()
    with PlainView(target) as view:
        for second in range(3600):
            view.update(moment(float(second), duration_s=3600.0, phase="base"))
    assert 60 <= len(lines_of(target)) <= 120


def test_a_log_says_each_warning_once_and_at_once() -> None:
    target = console()
    with PlainView(target) as view:
        view.update(moment(0.0))
        view.update(moment(1.0, warnings=["the schedule is coarser"]))
        view.update(moment(1.25, warnings=["the schedule is coarser"]))
        view.warn("a backend has gone")
        for percent in range(85, 100):
            view.update(moment(float(percent), generator_cpu=percent / 100))
    text = lines_of(target)
    assert text[1] == "warning: the schedule is coarser"
    assert text[2] == "warning: a backend has gone"
    assert sum("generator at" in line for line in text) == 1
    assert sum("coarser" in line for line in text) == 1


def test_a_log_is_never_wrapped_coloured_or_obeyed() -> None:
    target = console(FORCE_COLOR="1")
    with PlainView(target) as view:
        view.update(moment(24.0, phase=HOSTILE, errors={HOSTILE: 3, "b" * 30: 1}, backlog=10, dropped=4))
        view.warn(HOSTILE)
    assert len(lines_of(target)) == 2
    assert "\x1b" not in "".join(lines_of(target))
    assert "[bold red]web[/]" in lines_of(target)[0]


def test_the_quiet_view_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with view_for(Console(), quiet=True) as view:
        view.update(moment(1.0))
        view.warn("something")
    assert capsys.readouterr() == ("", "")


def test_a_step_says_in_a_log_what_it_waits_for_and_how_long_it_took() -> None:
    target, clock = console(), Clock()
    with Steps(target, clock=clock).step("bring up the target") as step:
        clock.now_s += 2
        step.say("web-1 does not answer yet")
        clock.now_s += 4
        step.say("web-2 does not answer yet")
        clock.now_s += 1
        step.say("balanced, 4 servers")
    assert lines_of(target) == [
        "bring up the target ...",
        "bring up the target: web-2 does not answer yet (6.00 s)",
        "✔ bring up the target  7.00 s  balanced, 4 servers",
    ]


def test_a_step_that_fails_says_so() -> None:
    target, clock = console(), Clock()

    def fail() -> None:
        with Steps(target, clock=clock).step("write the report"):
            clock.now_s += 0.5
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lines_of(target)[-1] == "✘ write the report  failed after 500 ms"


def test_a_step_on_a_terminal_is_one_line_that_its_end_replaces() -> None:
    target = Console(file=Tty(), width=80, height=24, _environ={"TERM": "xterm"})
    with Steps(target).step("read the log") as step:
        step.say("x" * 300)
        step.progress(0.5)
    assert isinstance(target.file, Tty)
    output = target.file.getvalue()
    assert "read the log" in output
    assert "\x1b[?25h" in output
    assert "✔" in output.splitlines()[-1]


def test_quiet_steps_say_nothing() -> None:
    target = console()
    with Steps(target, quiet=True).step("x") as step:
        step.say("y")
        step.progress(1.0)
    assert lines_of(target) == []


def test_steps_do_not_obey_what_they_show() -> None:
    target = console()
    with Steps(target).step(HOSTILE) as step:
        step.say(HOSTILE)
    assert "\x1b" not in "".join(lines_of(target))
    assert len(lines_of(target)) == 2


def test_a_console_without_a_character_replaces_it_and_goes_on() -> None:
    program = (
        "from loadsim.report.terminal import open_console, view_for; from tests.report.moments import moment, HOSTILE\n"
        "with view_for(open_console()) as view: view.update(moment(3.0, phase='größe ✔ ' + HOSTILE))\n"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60, check=True)
    assert done.stdout.startswith(b"3s/1m00s gr??e ? [bold red]web[/]")


def test_a_console_takes_markup_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print("[bold]:smile:[/] 12")
    open_console(stderr=True).print("[red]x")
    assert capsys.readouterr() == ("[bold]:smile:[/] 12\n", "[red]x\n")
