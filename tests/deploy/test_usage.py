from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from loadsim.deploy.usage import Seen, descendants, identity, parse_ps, process_table, usage


def _seen(parent: int, cpu_s: float = 0.0, rss_bytes: int = 0) -> Seen:
    return Seen(parent, cpu_s, rss_bytes, "then")


def test_a_process_s_usage_is_its_own_and_that_of_all_below_it() -> None:
    table = {1: _seen(0, 9, 9), 2: _seen(1, 1.0, 10), 3: _seen(2, 0.5, 20), 4: _seen(3, 0.25, 40), 5: _seen(1, 7, 7)}
    assert set(descendants(table, 2)) == {3, 4}
    told = usage([("web-1", 2), ("gone", 77)], table)
    assert [(each.name, each.cpu_s, each.rss_bytes) for each in told] == [("web-1", 1.75, 70)]


def test_the_present_process_is_seen_with_its_time_and_its_parent() -> None:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    seen = process_table()[os.getpid()]
    assert seen.parent == os.getppid()
    assert seen.cpu_s >= 0.04
    assert seen.rss_bytes > 1_000_000


def test_a_process_has_an_identity_until_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = identity(child.pid)
        assert first is not None
        assert first == identity(child.pid)
        child.kill()
        child.wait()
        assert identity(child.pid) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "  12     1 S    2048   0:01.50 Tue Nov 24 19:28:26 2026",
            (12, Seen(1, 1.5, 2 * 2**20, "Tue Nov 24 19:28:26 2026")),
        ),
        ("12 1 R+ 4 1-01:01:01 Tue Nov  3 19:28:26 2026", (12, Seen(1, 90061.0, 4096, "Tue Nov  3 19:28:26 2026"))),
        ("12 1 Z 0 0:00.00 Tue Nov 24 19:28:26 2026", None),
        ("", None),
    ],
)
def test_the_lines_of_ps_are_read_in_all_their_forms(line: str, expected: tuple[int, Seen] | None) -> None:
    assert parse_ps(line) == expected
