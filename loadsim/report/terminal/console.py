"""Where everything for people is written."""

from __future__ import annotations

import io
import sys

from rich.console import Console


def open_console(*, stderr: bool = False) -> Console:
    """Return a console on standard output or error that takes texts as they are.

    A character that the encoding does not have is replaced: a name in a target's answer must not end a run.
    """
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
