"""The feed that sockets hear, without any socket."""

from __future__ import annotations

import asyncio
import time
import zlib

from target_app.sockets.feed import KEPT, QUEUE_LENGTH, Clock, Feed, message


def test_a_message_can_be_checked_by_whoever_reads_it() -> None:
    mark, number, due, crc, payload = message(42, 1.5).split(" ", 4)
    assert (mark, number, float(due)) == ("loadsim-feed", "42", 1.5)
    assert int(crc, 16) == zlib.crc32(payload.encode())


def numbers_heard(interval_s: float, listen_s: float, *, listeners: int = 1) -> list[list[int]]:
    async def play() -> list[list[int]]:
        feed = Feed(Clock(interval_s))
        queues = [feed.listen() for _ in range(listeners)]
        running = asyncio.create_task(feed.run())
        await asyncio.sleep(listen_s)
        running.cancel()
        return [[int(queue.get_nowait().split()[1]) for _ in range(queue.qsize())] for queue in queues]

    return asyncio.run(play())


def test_everyone_hears_the_same_messages_numbered_by_the_clock() -> None:
    before = time.monotonic()
    first, second = numbers_heard(0.02, 0.3, listeners=2)
    assert first == second
    assert first == sorted(set(first))
    assert before / 0.02 <= first[0] <= time.monotonic() / 0.02


def test_who_does_not_read_misses_what_comes_after_so_many() -> None:
    assert len(numbers_heard(0.001, 0.5)[0]) == QUEUE_LENGTH


def test_what_was_missed_can_be_read_again_but_not_for_ever() -> None:
    clock = Clock(0.001)
    newest = clock.newest()
    again = clock.after(newest - 3)
    assert [text.split()[:2] for text in again[:3]] == [["loadsim-missed", str(newest - n)] for n in (2, 1, 0)]
    assert clock.after(10**9) == []
    assert len(clock.after(0)) == KEPT
