"""The engine seen from the CLI: a process of its own, a plan down, frames up."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import msgspec

from loadsim.wire import FrameReader, Plan

_READ_BYTES = 1 << 20
_LAST_LINES = 20
_LAST_BYTES = 1 << 16
_MOST_BYTES = 1 << 22
"""What a scenario that prints at every arrival may leave on the disk."""


class EngineProcess:
    """Starts the engine, reads its frames, and ends it. A context manager: leaving it leaves no process behind."""

    def __init__(self, plan: Plan) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object, which closes it
        fcntl.fcntl(self._errors, fcntl.F_SETFL, os.O_APPEND)  # so that it can be emptied while it is written
        self._words_before = ""
        self._out, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "loadsim.engine", str(theirs)],  # -P: a json.py here is not the library's
                stdin=subprocess.PIPE,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[theirs],
                start_new_session=True,  # the terminal's Ctrl-C is for the CLI alone
            )
        finally:
            os.close(theirs)
        self._reader = FrameReader()
        self.ended = False
        self._command(msgspec.json.encode(plan) + b"\n")

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def frames(self, timeout_s: float) -> Iterator[tuple[int, bytes]]:
        """Yield the frames that are there, waiting up to ``timeout_s`` for the first; sets ``ended`` at the end."""
        if not select.select([self._out], [], [], timeout_s)[0]:
            return
        data = os.read(self._out, _READ_BYTES)
        if not data:
            self.ended = True
            return
        yield from self._reader.feed(data)

    def drain(self) -> None:
        """Ask for the end: nothing new starts, what is in flight may end."""
        self._command(b"d")

    def stop(self) -> None:
        """Ask for the end now: what is in flight is aborted, and what was measured is sent."""
        self._command(b"s")

    def kill(self) -> None:
        """End it now; what it has not sent is lost."""
        self._process.kill()

    def last_words(self) -> str:
        """Return the last lines it printed, if any."""
        file = self._errors.fileno()
        text = os.pread(file, _LAST_BYTES, max(0, os.fstat(file).st_size - _LAST_BYTES)).decode("utf-8", "replace")
        return "\n".join((self._words_before + text).strip().splitlines()[-_LAST_LINES:])

    def bound_words(self) -> None:
        """Forget all that it printed but the last lines, if it is much. To be called now and then."""
        file = self._errors.fileno()
        if os.fstat(file).st_size > _MOST_BYTES:
            self._words_before = self.last_words() + "\n"
            os.ftruncate(file, 0)

    def wait(self, timeout_s: float = 10.0) -> int:
        """Return its exit status; a process that does not end within ``timeout_s`` is killed."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass  # it was gone before us
        os.close(self._out)  # before waiting: an engine that still writes must not wait for a reader
        self.wait()
        self._errors.close()

    def _command(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone; reading its frames will tell
