"""The account that a server keeps of itself, as it is read from outside."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from loadsim.deploy.keeper import USER_AGENT
from loadsim.deploy.servers import tally_file
from loadsim.deploy.tallies import read_tallies
from target_app.account import accounted
from target_app.tally import CALLS, REQUESTS, Tally


@pytest.fixture
def written(tmp_path: Path) -> Tally:
    return Tally(tally_file(tmp_path, "web-1"))


def test_what_was_served_is_read_by_where_it_came_from(written: Tally, tmp_path: Path) -> None:
    for counted in (REQUESTS, REQUESTS, CALLS, None):
        written.begin()
        written.end(counted)
    (read,) = read_tallies(tmp_path, ["web-1"]).values()
    assert (read.requests, read.calls) == (2, 1)


def test_the_time_of_slots_at_work_is_added_up_and_those_still_at_it_count(written: Tally, tmp_path: Path) -> None:
    written.begin()
    written.begin()
    time.sleep(0.05)
    written.end(REQUESTS)
    at_first = read_tallies(tmp_path, ["web-1"])["web-1"].busy_s
    assert at_first >= 0.1
    time.sleep(0.05)
    assert read_tallies(tmp_path, ["web-1"])["web-1"].busy_s >= at_first + 0.05
    assert written.busy == 1


def test_a_server_that_is_started_again_goes_on_counting_with_no_slot_at_work(written: Tally, tmp_path: Path) -> None:
    written.begin()
    written.end(REQUESTS)
    written.begin()
    again = Tally(tally_file(tmp_path, "web-1"))
    assert again.busy == 0
    again.begin()
    again.end(REQUESTS)
    assert read_tallies(tmp_path, ["web-1"])["web-1"].requests == 2


def test_what_is_read_while_it_changes_is_whole(written: Tally, tmp_path: Path) -> None:
    def serve() -> None:
        for _ in range(3_000):
            written.begin()
            written.end(REQUESTS)

    threads = [threading.Thread(target=serve) for _ in range(3)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    seen = []
    while any(thread.is_alive() for thread in threads):
        seen += read_tallies(tmp_path, ["web-1"]).values()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - began
    assert all(0 <= each.busy_s <= 3 * took_s for each in seen)
    assert read_tallies(tmp_path, ["web-1"])["web-1"].requests == 9_000


def test_a_server_that_keeps_no_account_is_left_out(tmp_path: Path) -> None:
    tally_file(tmp_path, "web-2").write_bytes(b"short")
    assert read_tallies(tmp_path, ["web-1", "web-2"]) == {}


@pytest.mark.parametrize(
    ("environ", "served"),
    [
        ({"PATH_INFO": "/items"}, (1, 0)),
        ({"PATH_INFO": "/services/users", "HTTP_X_TIME_LEFT": "3"}, (0, 1)),
        ({"PATH_INFO": "/healthz"}, (1, 0)),
        ({"PATH_INFO": "/healthz", "HTTP_USER_AGENT": USER_AGENT}, (0, 0)),
    ],
)
def test_a_request_counts_as_what_it_is(
    environ: dict[str, Any], served: tuple[int, int], written: Tally, tmp_path: Path
) -> None:
    def inner(_: dict[str, Any], start_response: Any) -> list[bytes]:
        assert written.busy == 1
        start_response("200 OK", [])
        return [b""]

    accounted(inner, "web-1", 30, written)(environ, lambda *_: None)
    (read,) = read_tallies(tmp_path, ["web-1"]).values()
    assert (read.requests, read.calls) == served
    assert written.busy == 0
