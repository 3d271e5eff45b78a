"""The engine as a process: it leaves when it is left, and says its last words."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from loadsim.experiment import engine_process
from loadsim.experiment.engine_process import EngineProcess

from ..engine.loopback import Loopback
from ..engine.playing import Played, assert_accounted, plan, play, script, user_file


def is_gone(engine: EngineProcess) -> bool:
    return engine._process.poll() is not None


def test_leaving_ends_the_process_however_that_comes(tmp_path: Path) -> None:
    chatter = user_file(tmp_path, 'self.client.get("/ok")')
    with Loopback() as server:
        given = plan(server.url, chatter, profile="constant(1000/s)", duration_s=60.0)
        with EngineProcess(given) as left:
            assert list(left.frames(30.0))
        assert is_gone(left)
        with pytest.raises(RuntimeError, match="ours"), EngineProcess(given) as failed:
            raise RuntimeError("ours")
        assert is_gone(failed)


def test_the_working_directory_does_not_stand_in_for_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A json.py where the command is given is the user's, and the scenario beside it may import others."""
    script(tmp_path, "raise RuntimeError('not the library')", name="json.py")
    script(tmp_path, "PATH = '/ok/helper'", name="helper.py")
    (tmp_path / "scenarios").mkdir()
    path = user_file(tmp_path / "scenarios", "self.client.get(helper.PATH)", above="import helper")
    monkeypatch.chdir(tmp_path)
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.2))
    assert assert_accounted(played).completed == 20
    assert set(server.paths) == {"/ok/helper"}


def test_the_last_words_are_the_last_lines_however_much_was_said(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import os, sys
        for number in range(30_000):
            print("line", number)
        sys.stdout.flush()
        os._exit(3)
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path))
    assert played.status == 3
    assert played.words.splitlines() == [f"line {number}" for number in range(29_980, 30_000)]


def test_a_scenario_that_prints_without_end_does_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "_MOST_BYTES", 10_000)
    sizes: list[int] = []

    def bound(_: Played, engine: EngineProcess) -> None:
        sizes.append(os.fstat(engine._errors.fileno()).st_size)
        engine.bound_words()

    path = user_file(
        tmp_path,
        'print("x" * 3000, next(numbers), flush=True); self.client.get("/ok")',
        above="import itertools\nnumbers = itertools.count(1)",
    )
    with Loopback() as server:
        played = play(plan(server.url, path), bound)
    assert assert_accounted(played).completed == 100
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))
    assert sizes[-1] < 200_000  # of the 300,000 bytes that were printed
    assert played.words.splitlines()[-1].endswith(" 100")
