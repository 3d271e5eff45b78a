"""Help, as it stands on a screen."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from typer.main import get_command

from loadsim.cli.main import app
from loadsim.deploy import POLICIES
from loadsim.settings.options import OPTIONS

from .commands import check_taken, loadsim


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the words of every command there is, the program itself included."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from verbs(below, (*path, name))


@cache
def shown(path: tuple[str, ...], columns: int, flag: str = "--help") -> list[str]:
    told = loadsim(*path, flag, COLUMNS=str(columns))
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout.splitlines()


ALL = list(verbs(get_command(app)))
LONG = [("run",), ("compare",)]
NAMES = [" ".join(path) or "loadsim" for path in ALL]


@pytest.mark.parametrize("path", ALL, ids=NAMES)
def test_the_help_of_every_command_fits_80_columns_with_nothing_cut_off(path: tuple[str, ...]) -> None:
    lines = shown(path, 80)
    assert [line for line in lines if len(line) > 80] == []
    listed = lines[lines.index("Commands:") :] if "Commands:" in lines else []
    assert [line for line in listed if line.endswith("...")] == []
    assert len(lines) <= 52
    assert lines[0].startswith(" ".join(["Usage: loadsim", *path, "[OPTIONS]"]))


@pytest.mark.parametrize("path", ALL[1:], ids=NAMES[1:])
def test_an_option_takes_one_line_of_100_columns(path: tuple[str, ...]) -> None:
    lines = shown(path, 100, "--help-all" if path in LONG else "--help")
    options = [line for line in lines if line.startswith(("  -", "  --"))]
    below = [following for line, following in pairwise(lines) if line in options]
    assert [line for line in below if line.startswith("     ")] == []
    assert all(len(line.split(maxsplit=1)) == 2 for line in options)


def test_the_options_of_a_run_stand_in_groups() -> None:
    text = "\n".join(shown(("run",), 100))
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings[:4] == ["Arguments:", "Target:", "Traffic:", "Measuring:"]
    assert headings[-2:] == ["Output:", "More, explained by --help-all:"]
    traffic = text.partition("\nTraffic:\n")[2].partition("\n\n")[0]
    assert "--profile SPEC" in traffic
    assert "--target" not in traffic


def test_every_setting_of_a_run_is_an_option_with_an_explanation() -> None:
    lines = shown(("run",), 100, "--help-all")
    for name in OPTIONS:
        flag = f"--{name.replace('_', '-')}"
        assert [line for line in lines if flag in line.split()[:2] or f"{flag} " in line], flag


def test_help_names_every_policy_of_the_balancer_and_where_topologies_are_listed() -> None:
    for path in (("run",), ("target", "up")):
        text = "\n".join(shown(path, 100))
        for name in (*POLICIES, "'loadsim topologies'"):
            assert name in text


@pytest.mark.parametrize("path", LONG, ids=["run", "compare"])
def test_what_help_only_names_is_explained_by_help_all(path: tuple[str, ...]) -> None:
    lines = shown(path, 100)
    more = "\n".join(lines[lines.index("More, explained by --help-all:") :])
    explained = "\n".join(shown(path, 100, "--help-all"))
    flags = [word for word in more.split() if word.startswith("--") and word != "--help-all:"]
    assert len(flags) > 15
    for flag in flags:
        assert f"{flag} " in explained
        assert f"{flag} " not in "\n".join(lines).partition("\nMore,")[0]


@pytest.mark.parametrize("path", ALL, ids=NAMES)
def test_examples_are_commands_that_would_be_taken(path: tuple[str, ...]) -> None:
    for line in shown(path, 80):
        if line.startswith("  loadsim "):
            example, _, _ = line.strip().partition("    ")
            check_taken(shlex.split(example)[1:])


@pytest.mark.parametrize("path", [(), ("target",)], ids=["loadsim", "target"])
def test_without_a_command_the_help_is_shown_and_the_exit_code_says_usage(path: tuple[str, ...]) -> None:
    told = loadsim(*path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[0].startswith("Usage: loadsim")


def test_help_is_plain_text_whatever_the_terminal() -> None:
    for env in ({"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in loadsim("run", "--help", **env).stdout


def test_help_loads_neither_the_engine_nor_what_draws_or_counts() -> None:
    told = loadsim("--help", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()}
    assert "typer" in loaded
    assert not loaded & {"gevent", "locust", "numpy", "matplotlib", "bokeh", "rich", "httpx", "msgspec"}
