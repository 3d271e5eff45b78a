from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from .conftest import SETTINGS, seed


def _content(database: Path) -> str:
    tables = ("inventory_item", "inventory_stock", "users_user", "images_image", "comments_comment")
    with closing(sqlite3.connect(database)) as link:
        rows = [link.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
        counts = [len(table) for table in rows]
    assert counts == [40, 40, 10, 40, 120]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_the_same_seed_makes_the_same_data_and_another_seed_makes_other(tmp_path: Path) -> None:
    contents = []
    for name, number in (("a", "1"), ("b", "1"), ("c", "2")):
        assert seed(tmp_path / name, LOADSIM_TARGET_SEED=number).returncode == 0
        contents.append(_content(tmp_path / name))
    assert contents[0] == contents[1] != contents[2]


def test_the_database_is_left_in_wal_mode(tmp_path: Path) -> None:
    seed(tmp_path / "shop")
    with closing(sqlite3.connect(tmp_path / "shop")) as link:
        assert link.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    database = tmp_path / "shop"
    database.write_text("precious")
    refused = seed(database)
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert database.read_text() == "precious"
    assert seed(database, "--replace").returncode == 0
    _content(database)


def test_a_wrong_setting_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    refused = seed(tmp_path / "shop", LOADSIM_TARGET_ITEMS="none")
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        "LOADSIM_TARGET_ITEMS='none': expected a whole number",
    ]
    assert SETTINGS["LOADSIM_TARGET_ITEMS"] == "40"
