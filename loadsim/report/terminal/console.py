"""Where everything for people is written."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console


class _Console(Console):
    """A console that goes on in silence when whoever read it is gone: a run's record is still worth having."""

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError:  # a terminal that was closed, a log whose disk is full
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def open_console(*, stderr: bool = False) -> Console:
    """Return a console on standard output or error that takes texts as they are.

    A character that the encoding does not have is replaced: a name in a target's answer must not end a run.
    """
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
