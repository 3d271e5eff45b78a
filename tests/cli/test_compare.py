"""``loadsim compare``: recorded rounds judged, what is refused before any traffic, and how it ends."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.experiment.replaying import played

from .commands import loadsim


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with six rounds before, six after (half as slow again), and three others."""
    base = tmp_path_factory.mktemp("rounds")
    for seed in range(6):
        played(base / "before" / f"{seed}", "balanced", seed)
        played(base / "after" / f"{seed}", "balanced", seed, slower=1.5)
    for seed in range(3):
        played(base / "few" / f"{seed}", "balanced", seed, slower=3.0)
    return base


def test_a_slower_side_exits_with_1_and_leaves_its_report(rounds: Path, tmp_path: Path) -> None:
    told = loadsim("compare", str(rounds / "before"), str(rounds / "after"), "--out", str(tmp_path / "out"))
    assert told.returncode == 1
    assert "after is worse than before by its p50 and p99, in 6 rounds." in told.stdout
    assert (tmp_path / "out" / "compare.html").stat().st_size > 100_000
    assert json.loads((tmp_path / "out" / "compare.json").read_text())["conclusion"]["verdict"] == "worse"


def test_a_faster_side_exits_with_0(rounds: Path, tmp_path: Path) -> None:
    told = loadsim("compare", str(rounds / "after"), str(rounds / "before"), "--out", str(tmp_path / "out"))
    assert told.returncode == 0
    assert "before is better than after" in told.stdout


def test_its_page_is_written_again_by_report(rounds: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    loadsim("compare", str(rounds / "before"), str(rounds / "after"), "--out", str(out), "--quiet")
    told = loadsim("report", str(out), "--out", str(again))
    assert (told.returncode, told.stdout.strip()) == (0, str(again / "compare.html"))
    assert (again / "compare.html").read_bytes() == (out / "compare.html").read_bytes()
    assert loadsim("report", str(out), str(rounds / "few" / "0")).returncode == 2
    assert loadsim("report", str(out), "--format", "png").returncode == 2


def test_what_it_leaves_has_a_schema() -> None:
    told = loadsim("schema", "compare.json")
    assert "EffectRecord" in json.loads(told.stdout)["$defs"]
    refused = loadsim("schema", "compere")
    assert (refused.returncode, "'compare'" in refused.stderr) == (2, True)


def test_json_is_all_there_is_on_standard_output(rounds: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = loadsim("compare", str(rounds / "before"), str(rounds / "after"), "--out", str(out), "--json")
    assert json.loads(told.stdout) == json.loads((out / "compare.json").read_text())


def test_too_few_rounds_exit_with_4_and_say_so(rounds: Path, tmp_path: Path) -> None:
    told = loadsim("compare", str(rounds / "few"), str(rounds / "before"), "--out", str(tmp_path / "out"))
    assert told.returncode == 4
    assert "3 rounds of the" in told.stdout


def test_a_metric_of_ones_own_and_a_wider_margin_decide_otherwise(rounds: Path, tmp_path: Path) -> None:
    told = loadsim(
        *("compare", str(rounds / "before"), str(rounds / "after"), "--out", str(tmp_path / "out")),
        *("--primary", "p50,error_rate", "--min-effect", "p50=100%"),
    )
    assert told.returncode == 0
    assert "equivalent in every primary metric" in told.stdout


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("monolth", "balanced", "--scenario", "spiky"), "there is nothing called 'monolth'"),
        (("monolith", "balanced"), "--scenario"),
        (("monolith", "balanced", "--scenario", "spikey"), "unknown scenario 'spikey'"),
        (("monolith", "balanced", "--scenario", "spiky", "--rounds", "some"), "--rounds some"),
        (("monolith", "balanced", "--scenario", "spiky", "--primary", "p98"), "unknown metric 'p98'"),
        (("monolith", "balanced", "--scenario", "spiky", "--primary", "p99[phase=noon]"), "no phase 'noon'"),
        (("monolith", "balanced", "--scenario", "spiky", "--seed", "x"), "--seed"),
    ],
)
def test_what_cannot_be_taken_exits_with_2_before_any_traffic(
    argv: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    told = loadsim("compare", *argv, "--out", str(tmp_path / "out"), cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert words in told.stderr
    assert not (tmp_path / "out").exists()


def test_recorded_rounds_go_with_recorded_rounds_and_with_no_other_traffic(rounds: Path) -> None:
    told = loadsim("compare", str(rounds / "before"), "balanced", "--scenario", "spiky")
    assert told.returncode == 2
    assert "was recorded earlier, the other side was not" in told.stderr
    told = loadsim("compare", str(rounds / "before"), str(rounds / "after"), "--rate", "5/s")
    assert told.returncode == 2
    assert "--rate cannot change rounds that were recorded" in told.stderr


def test_a_side_that_cannot_be_reached_exits_with_3_and_compares_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's meanwhile
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        told = loadsim(
            *("compare", url, f"{url}/b", "--scenario", "read-heavy", "--duration", "1s", "--warmup", "0s"),
            *("--out", str(tmp_path / "out")),
        )
    assert told.returncode == 3
    assert "cannot be reached" in told.stderr
    assert not (tmp_path / "out" / "compare.json").exists()
