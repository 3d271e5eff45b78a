"""How the program ends: exit codes, errors in words, and output that is cut off or goes to a plain terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import loadsim as package
from loadsim.errors import ExitCode

from ..engine.loopback import Loopback
from .commands import COMMAND, loadsim


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


def short_run(server: Loopback, tmp_path: Path) -> list[str]:
    """Let one user ask over and over for a second: the closed model, in which no generator starts late."""
    target = ["--target", f"{server.url}/wait/20", "--model", "closed", "--users", "1"]
    return ["run", "read-heavy", *target, "--duration", "1s", "--warmup", "0s", "--out", str(tmp_path / "run")]


def verdict(tmp_path: Path) -> str | None:
    found: str | None = json.loads((tmp_path / "run" / "run.json").read_text())["verdict"]
    return found


def without_a_reader(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard output nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [*COMMAND, *argv], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(writing)


def test_there_is_no_exit_code_beside_those_that_are_promised() -> None:
    assert {int(code) for code in ExitCode} == {0, 1, 2, 3, 4, 5, 130, 143}


def test_0_every_objective_held_and_the_json_is_the_record_and_nothing_else(server: Loopback, tmp_path: Path) -> None:
    told = loadsim(*short_run(server, tmp_path), "--objective", "error_rate < 1%", "--json")
    assert (told.returncode, verdict(tmp_path)) == (0, "pass"), told.stderr
    assert told.stdout == (tmp_path / "run" / "run.json").read_text()


def test_1_an_objective_was_broken_also_where_nobody_reads_on(server: Loopback, tmp_path: Path) -> None:
    objectives = ["--objective", "error_rate < 1%", "--objective", "mean(service) < 1ms"]
    told = without_a_reader([*short_run(server, tmp_path), *objectives])
    assert (told.returncode, verdict(tmp_path), told.stderr) == (1, "fail", "")
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("nosuch",), "No such command 'nosuch'"),
        (("rnu", "spiky"), "Did you mean 'run'?"),
        (("run",), "Missing argument 'SCENARIO'"),
        (("run", "spiky", "--ratte", "3"), "--rate"),
        (("run", "spiky", "--seed", "x"), "--seed: 'x' is not a whole number"),
        (("run", "spiky", "--duration", "3 parsecs"), "--duration"),
        (("run", "spikey"), "Did you mean 'spiky'?"),
        (("run", "spiky", "--objective", "p98 < 3 apples"), "p98 < 3 apples"),
        (("run", "spiky", "--config", "gone.toml"), "gone.toml"),
        (("target", "nosuch"), "No such command 'nosuch'"),
        (("report", "gone"), "there is no such directory"),
    ],
)
def test_2_what_cannot_be_taken_is_said_in_a_few_lines(argv: tuple[str, ...], said: str, tmp_path: Path) -> None:
    told = loadsim(*argv, cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("error: ")
    assert said in told.stderr
    assert len(told.stderr.splitlines()) <= 4
    assert list(tmp_path.iterdir()) == []


def test_3_a_target_that_cannot_be_reached(tmp_path: Path) -> None:
    with Loopback() as gone:
        url = gone.url
    told = loadsim("run", "read-heavy", "--target", url, "--out", str(tmp_path / "run"))
    assert told.returncode == 3
    assert url in told.stderr
    assert "Traceback" not in told.stderr


def test_4_too_few_samples_to_say(server: Loopback, tmp_path: Path) -> None:
    told = loadsim(*short_run(server, tmp_path), "--objective", "p99.99(service) < 10s")
    assert (told.returncode, verdict(tmp_path)) == (4, "inconclusive"), told.stderr


def test_5_an_engine_that_does_not_come_up_is_said_without_a_traceback(server: Loopback, tmp_path: Path) -> None:
    (tmp_path / "gevent.py").write_text('raise ImportError("this gevent is broken")')
    told = loadsim(*short_run(server, tmp_path), PYTHONPATH=str(tmp_path))
    assert told.returncode == 5
    assert "this gevent is broken" in told.stderr
    assert "Traceback" not in told.stderr


def test_5_a_bug_is_called_one_and_its_traceback_comes_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("1 / 0")
    told = loadsim("schema", PYTHONPATH=str(tmp_path))
    assert told.returncode == 5
    assert told.stderr.startswith("loadsim: internal error: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in told.stderr
    assert "Traceback" in loadsim("schema", PYTHONPATH=str(tmp_path), LOADSIM_TRACEBACK="1").stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_130_and_143_an_interrupted_run_leaves_its_record(number: int, code: int, tmp_path: Path) -> None:
    options = ["--rate", "50/s", "--duration", "60s", "--warmup", "0s", "--out", str(tmp_path / "run")]
    with Loopback() as server:
        argv = [*COMMAND, "run", "read-heavy", "--target", f"{server.url}/ok", *options]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while len(server.paths) < 10 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        _, complained = process.communicate(timeout=60)
    assert process.returncode == code, complained
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told["complete"] is False
    assert told["load"]["completed"] >= 1
    assert (tmp_path / "run" / "report.html").exists()


def test_the_version_is_the_package_s() -> None:
    told = loadsim("--version")
    assert (told.returncode, told.stdout) == (0, f"loadsim {package.__version__}\n")


OUTPUTS = ["--help", "run --help", "--version", "scenarios", "scenarios --json", "profiles", "schema"]


@pytest.mark.parametrize("argv", OUTPUTS)
def test_a_reader_who_has_had_enough_is_no_failure(argv: str) -> None:
    told = without_a_reader(argv.split())
    assert (told.returncode, told.stderr) == (0, "")


def on_a_terminal(*argv: str, **env: str) -> str:
    """Return what a command writes on a terminal."""
    controller, terminal = pty.openpty()
    told = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"} | env
    process = subprocess.Popen([*COMMAND, *argv], stdin=terminal, stdout=terminal, stderr=terminal, env=told)
    os.close(terminal)
    written = b""
    while True:
        try:
            some = os.read(controller, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not some:
            break
        written += some
    os.close(controller)
    assert process.wait(60) in (0, 2)
    return written.decode()


COMMANDS = [("scenarios",), ("profiles", "spike"), ("nosuch",), ("--help",)]


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
def test_no_color_and_a_dumb_terminal_are_taken_at_their_word(argv: tuple[str, ...]) -> None:
    plain = on_a_terminal(*argv, NO_COLOR="1")
    assert not [part for part in plain.split("\x1b[")[1:] if part.partition("m")[0] not in {"0", "1", ""}]
    assert "\x1b" not in on_a_terminal(*argv, TERM="dumb")


def test_a_terminal_gets_colour() -> None:
    assert "\x1b[" in on_a_terminal("scenarios")
