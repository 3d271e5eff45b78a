"""What a shell is offered while a command is typed."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from .commands import COMMAND, loadsim


def offered(line: str, cwd: Path) -> list[str]:
    """Return what bash would offer for the last word of ``line``."""
    told = loadsim(
        cwd=cwd,
        _LOADSIM_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
        PYTHONPROFILEIMPORTTIME="1",
    )
    loaded = {text.rpartition("|")[2].strip().partition(".")[0] for text in told.stderr.splitlines()}
    assert not loaded & {"gevent", "locust", "matplotlib", "bokeh"}
    assert "Traceback" not in told.stderr
    return told.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("loadsim sc", ["scenarios", "schema"]),
        ("loadsim target ", ["up", "down", "status"]),
        ("loadsim run sp", ["spiky"]),
        ("loadsim try write", ["write-heavy"]),
        ("loadsim run spiky --topology mono", ["monolith"]),
        ("loadsim target up --policy r", ["round_robin", "random", "ring_hash"]),
        ("loadsim compare monolith bal", ["balanced"]),
        ("loadsim run spiky --profile s", ["steps", "spike", "sine"]),
        ("loadsim profiles 'ram", ["ramp"]),
        ("loadsim run spiky --model c", ["closed"]),
        ("loadsim run spiky --dur", ["--duration"]),
        ("loadsim run nosuch", []),
    ],
)
def test_words_are_offered_by_what_stands_before_them(line: str, words: list[str], tmp_path: Path) -> None:
    assert offered(line, tmp_path) == words


def test_what_is_ones_own_is_offered_first(tmp_path: Path) -> None:
    config = '[scenarios.checkout]\nbase = "spiky"\n[topology.bigger]\nbase = "balanced"\nservers = 8\n'
    (tmp_path / "loadsim.toml").write_text(config)
    assert offered("loadsim run ch", tmp_path) == ["checkout", "chatty"]
    assert offered("loadsim run checkout --topology b", tmp_path) == ["bigger", "balanced", "bus"]


def test_settings_that_cannot_be_read_cost_no_more_than_their_scenarios(tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text("[scenarios.checkout\n")
    assert offered("loadsim run ch", tmp_path) == ["chatty"]


def test_runs_are_offered_where_they_are(tmp_path: Path) -> None:
    for name in ("reports/20260101-a", "reports/20260102-b", "kept/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").touch()
    (tmp_path / "reports" / "notes").mkdir()
    (tmp_path / "reports" / "compared").mkdir()
    (tmp_path / "reports" / "compared" / "compare.json").touch()
    assert offered("loadsim report ", tmp_path) == ["reports/20260101-a", "reports/20260102-b", "reports/compared"]
    assert offered("loadsim report reports/20260102", tmp_path) == ["reports/20260102-b"]
    assert offered("loadsim report kept/", tmp_path) == ["kept/c"]
    assert offered("loadsim gate kept/", tmp_path) == ["kept/c"]
    assert offered(f"loadsim report {tmp_path}/kept/", tmp_path) == [f"{tmp_path}/kept/c"]


def test_without_runs_nothing_is_offered_so_that_the_shell_offers_files(tmp_path: Path) -> None:
    assert offered("loadsim report ", tmp_path) == []
    assert offered("loadsim report nowhere/x", tmp_path) == []


def in_bash(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in bash, which finds the command under test as ``loadsim``."""
    (home / "bin").mkdir(exist_ok=True)
    (home / "bin" / "loadsim").write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    (home / "bin" / "loadsim").chmod(0o755)
    env = os.environ | {"HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}"}
    return subprocess.run(["bash"], input=script, env=env, capture_output=True, text=True, check=False, timeout=60)


COMPLETE = """
COMP_WORDS=(loadsim run sp)
COMP_CWORD=2
_loadsim_completion loadsim
echo "${COMPREPLY[@]}"
complete -p loadsim
"""


def test_the_script_that_is_shown_completes_in_bash(tmp_path: Path) -> None:
    told = in_bash(f'script=$(loadsim --show-completion)\neval "$script"\n{COMPLETE}', tmp_path)
    assert told.stderr == ""
    assert told.stdout.splitlines() == ["spiky", "complete -o default -F _loadsim_completion loadsim"]


def test_completion_that_was_installed_is_there_in_the_next_bash(tmp_path: Path) -> None:
    installed = in_bash("loadsim --install-completion\ntrue", tmp_path)
    assert (installed.returncode, installed.stderr) == (0, "")
    told = in_bash(f"source ~/.bashrc\n{COMPLETE}", tmp_path)
    assert told.stdout.splitlines()[0] == "spiky"
