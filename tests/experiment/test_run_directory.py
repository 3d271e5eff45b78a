"""Where a run's files go."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from loadsim.errors import UsageError
from loadsim.experiment import run_directory
from loadsim.experiment.run_directory import make_run_directory, run_id

NOW = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scenario", "topology", "name"),
    [
        ("spiky", "balanced", "20260131T120005Z-spiky-balanced"),
        ("spiky", None, "20260131T120005Z-spiky"),
        ("/home/me/my shop.py:Buyer", None, "20260131T120005Z-my-shop"),
        ("tests/v1.2.py", None, "20260131T120005Z-v1.2"),
        ("check/out v1.2", None, "20260131T120005Z-out-v1.2"),
        ("..", None, "20260131T120005Z-run"),
    ],
)
def test_a_run_is_named_by_time_scenario_and_topology(scenario: str, topology: str | None, name: str) -> None:
    assert run_id(scenario, topology, NOW) == name


def test_the_time_in_a_name_is_utc() -> None:
    assert run_id("spiky", None, NOW.astimezone(timezone(timedelta(hours=5)))) == "20260131T120005Z-spiky"


def test_a_directory_of_ones_own_is_made_with_its_parents_and_may_be_there(tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b"
    assert make_run_directory(wanted, "ignored") == wanted
    assert make_run_directory(wanted, "ignored") == wanted
    assert list(wanted.iterdir()) == []


def test_an_earlier_run_in_ones_own_directory_is_kept_beside_it(tmp_path: Path) -> None:
    wanted = tmp_path / "mine"
    for content in ("first", "second"):
        with run_directory.run_directory(wanted, "ignored"):
            (wanted / "run.json").write_text(content)
        os.utime(wanted / "run.json", (NOW.timestamp(), NOW.timestamp()))
    with run_directory.run_directory(wanted, "ignored") as directory:
        assert directory == wanted
        assert list(wanted.iterdir()) == []
    kept = {path.name: (path / "run.json").read_text() for path in tmp_path.iterdir() if path != wanted}
    assert kept == {"mine-20260131T120005Z": "first", "mine-20260131T120005Z-2": "second"}


def test_no_run_shares_a_directory_with_another_of_the_same_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_run_directory(None, "now-spiky"), range(8)))
    assert sorted(path.name for path in made) == ["now-spiky", *(f"now-spiky-{number}" for number in range(2, 9))]
    assert {path.parent for path in made} == {Path("reports")}


def test_a_place_that_cannot_be_written_is_told_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reports").write_text("a file")
    monkeypatch.chdir(tmp_path)
    for given, name in ((tmp_path / "reports", "x"), (tmp_path / "reports" / "deeper", "x"), (None, "x")):
        with pytest.raises(UsageError, match="cannot be written") as caught:
            make_run_directory(given, name)
        assert "--out" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        make_run_directory(tmp_path, "x")


def test_a_disk_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_directory, "ROOM_BYTES", 1 << 62)
    with pytest.raises(UsageError, match="MiB of room; a run may need"):
        make_run_directory(tmp_path, "x")


def refuse(directory: Path, note: str = "") -> None:
    assert directory.is_dir()
    if note:
        (directory / note).touch()
    raise UsageError("no")


def test_a_directory_that_a_failed_start_leaves_empty_is_taken_away_with_its_parents(tmp_path: Path) -> None:
    with pytest.raises(UsageError), run_directory.run_directory(tmp_path / "a" / "b", "x") as directory:
        refuse(directory)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_was_there_or_holds_something_stays(tmp_path: Path) -> None:
    for name in ("there", "used"):
        with pytest.raises(UsageError), run_directory.run_directory(tmp_path / name, "x") as directory:
            refuse(directory, note="note")
    (tmp_path / "there" / "note").unlink()
    with pytest.raises(UsageError), run_directory.run_directory(tmp_path / "there", "x"):
        raise UsageError("no")
    assert (tmp_path / "there").is_dir()
    assert (tmp_path / "used" / "note").exists()


def test_a_failed_start_leaves_an_earlier_run_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("earlier")
    with pytest.raises(UsageError), run_directory.run_directory(tmp_path / "mine", "x") as directory:
        refuse(directory)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "run.json").read_text() == "earlier"


def test_a_place_without_room_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_directory, "ROOM_BYTES", 1 << 62)
    with pytest.raises(UsageError, match="MiB of room"), run_directory.run_directory(tmp_path / "a" / "b", "x"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_ends_well_keeps_its_directory(tmp_path: Path) -> None:
    with run_directory.run_directory(tmp_path / "a", "x") as directory:
        pass
    assert directory.is_dir()
