"""Samples on their way: a pipe that is full, a reader that is slow, a reader that is gone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gevent
import numpy as np
import pytest
from gevent import get_hub

from loadsim.engine import samples as module
from loadsim.engine.samples import BLOCK_SAMPLES, Outbox, SampleWriter
from loadsim.measure.sample import FIELDS
from loadsim.wire import FrameReader, Kind


@dataclass
class Pipe:
    """An outbox and the other end of its pipe, which holds 4 KiB once ``shrink`` was called."""

    reading: int
    writing: int
    outbox: Outbox
    reader: FrameReader = field(default_factory=FrameReader)

    def shrink(self) -> None:
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)

    def read(self) -> list[tuple[int, bytes]]:
        """Return the frames that are there, letting the hub write more as there is room."""
        frames: list[tuple[int, bytes]] = []
        while True:
            try:
                data = os.read(self.reading, 1 << 20)
            except BlockingIOError:
                if not self.outbox.congested:
                    return frames
                gevent.sleep(0.001)
                continue
            if not data:
                return frames
            frames += self.reader.feed(data)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    made = Pipe(reading, writing, Outbox(get_hub().loop, writing))
    yield made
    # Its watcher must not outlive the descriptor: the next socket gets the same number, and would be written to.
    made.outbox._waiting.clear()
    made.outbox._room.stop()
    for descriptor in (made.reading, made.writing):
        try:
            os.close(descriptor)
        except OSError:
            pass  # the test closed it


def test_frames_that_the_pipe_cannot_take_wait_and_arrive_whole_and_in_order(pipe: Pipe) -> None:
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        pytest.skip("the size of a pipe can be set on Linux only")
    pipe.shrink()
    sent = [(Kind.TICK if number % 3 else Kind.NAMES, bytes([number]) * 700 * (number + 1)) for number in range(30)]
    assert all(pipe.outbox.send(kind, payload) for kind, payload in sent)
    assert pipe.outbox.congested
    assert pipe.read() == sent
    assert not pipe.outbox.congested
    pipe.outbox.send(Kind.TICK, b"again")
    assert pipe.read() == [(Kind.TICK, b"again")]


def test_samples_that_nobody_takes_are_bounded_and_their_loss_is_told(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 10_000)
    assert pipe.outbox.send(Kind.SAMPLES, bytes(2 << 20))  # waits in part already
    assert pipe.outbox.congested
    assert not pipe.outbox.send(Kind.SAMPLES, bytes(8000))
    assert pipe.outbox.send(Kind.TICK, b"still told")
    assert [kind for kind, _ in pipe.read()] == [Kind.SAMPLES, Kind.TICK]
    assert pipe.outbox.send(Kind.SAMPLES, bytes(8000))


def test_a_reader_that_is_gone_ends_the_sending_quietly(pipe: Pipe) -> None:
    pipe.outbox.send(Kind.SAMPLES, bytes(2 << 20))
    os.close(pipe.reading)
    with gevent.Timeout(10):
        while not pipe.outbox.broken:
            gevent.sleep(0.001)
    assert not pipe.outbox.congested
    assert pipe.outbox.send(Kind.TICK, b"nobody")
    pipe.outbox.finish()


def test_finishing_writes_what_still_waits(pipe: Pipe) -> None:
    payload = bytes(3 << 20)
    pipe.outbox.send(Kind.SAMPLES, payload)
    os.set_blocking(pipe.reading, True)
    pieces: list[bytes] = []

    def read() -> None:
        while data := os.read(pipe.reading, 1 << 20):
            pieces.append(data)

    reader = get_hub().threadpool.spawn(read)
    pipe.outbox.finish()
    os.close(pipe.writing)
    reader.get(timeout=10)
    assert list(pipe.reader.feed(b"".join(pieces))) == [(Kind.SAMPLES, payload)]


def writer(pipe: Pipe, send_names: Callable[[], Any] = lambda: None) -> SampleWriter:
    made = SampleWriter(pipe.outbox, send_names)
    made.open = True
    return made


def test_requests_and_iterations_are_read_back_as_they_were_written(pipe: Pipe) -> None:
    names: list[str] = []
    samples = writer(pipe, lambda: names.append("sent"))
    samples.request(1 << 32 | 503, 1.0, 1.5, 2.5, 4_000_000_000, 7)
    samples.iteration(3 << 16 | 12, 1.0, 1.25, 3.0, 0.125, 0.25)
    samples.flush()
    samples.flush()
    ((kind, payload),) = pipe.read()
    request, iteration = np.frombuffer(payload, FIELDS)
    assert (kind, names) == (Kind.SAMPLES, ["sent"])
    fields = ("key", "due", "started", "ended", "received", "sent")
    assert request[list(fields)].tolist() == (1 << 32 | 503, 1.0, 1.5, 2.5, 4_000_000_000, 7)
    fields = ("key", "due", "started", "ended", "late_start", "backlog_wait")
    assert iteration[list(fields)].tolist() == (3 << 16 | 12, 1.0, 1.25, 3.0, 0.125, 0.25)


def test_a_full_block_goes_out_by_itself_after_the_names_in_it(pipe: Pipe) -> None:
    samples = writer(pipe, lambda: pipe.outbox.send(Kind.NAMES, b"{}"))
    for number in range(BLOCK_SAMPLES + 5):
        samples.iteration(0, float(number), 0.0, 0.0, 0.0, 0.0)
    first = pipe.read()
    samples.flush()
    second = pipe.read()
    assert [kind for kind, _ in first + second] == [Kind.NAMES, Kind.SAMPLES] * 2
    due = np.concatenate([np.frombuffer(payload, FIELDS)["due"] for kind, payload in first + second if kind == 2])
    np.testing.assert_array_equal(due, np.arange(BLOCK_SAMPLES + 5))


def test_what_comes_before_the_run_is_forgotten(pipe: Pipe) -> None:
    samples = SampleWriter(pipe.outbox, lambda: None)
    for number in range(2 * BLOCK_SAMPLES + 1):
        samples.request(0, float(number), 0.0, 0.0, 0, 0)
    samples.flush()
    assert pipe.read() == []
    assert samples.unreported == 0


def test_samples_thrown_away_are_counted(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 0)
    pipe.outbox.send(Kind.TICK, bytes(2 << 20))
    samples = writer(pipe)
    for _ in range(3):
        samples.iteration(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    samples.flush()
    assert samples.unreported == 3
