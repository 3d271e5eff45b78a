"""The keeper's ears and voice: two pipes to the command-line process, and the signals that end it."""

from __future__ import annotations

import json
import os
import select
import signal
from typing import Any

from loadsim.deploy.plan import Plan


class StopAsked(Exception):  # noqa: N818 - a wish, not a fault
    """The pipe closed, or a signal came."""


class Control:
    """The two pipes to the command-line process, and the signals that end the keeper."""

    def __init__(self) -> None:
        self._input: int | None = 0
        self._buffer = b""
        self._asked = False
        self._wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(self._wake, False)
        os.set_blocking(1, False)  # a reader that does not read must not stop the keeper
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask(self, *_: Any) -> None:
        self._asked = True

    def read_plan(self) -> Plan | None:
        """Return the plan; None if the pipe closed before it was there."""
        lines: list[str] = []
        try:
            while not lines:
                lines = self.wait(60)
        except StopAsked:
            return None
        return Plan.from_json(lines[0])

    def wait(self, seconds: float) -> list[str]:
        """Wait until something happens, and return the lines that came; raise StopAsked."""
        watched = [self._wake] if self._input is None else [self._wake, self._input]
        readable, _, _ = select.select(watched, [], [], seconds)
        if self._wake in readable:
            os.read(self._wake, 4096)
        if self._asked:
            raise StopAsked
        if self._input is None or self._input not in readable:
            return []
        data = os.read(self._input, 65_536)
        if not data:
            raise StopAsked
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [line.decode() for line in lines]

    def tell(self, **event: Any) -> None:
        """Write one event; drop it if nobody reads."""
        try:
            os.write(1, json.dumps(event).encode() + b"\n")
        except OSError:
            pass

    def let_go(self) -> None:
        """Close the pipes to the command-line process without being ended by that."""
        self._input = None
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
