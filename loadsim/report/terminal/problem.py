"""An error as the user sees it: what is wrong, and what to do next."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from loadsim.errors import LoadsimError
from loadsim.report.terminal.words import BAD, DIM, safe


def print_error(console: Console, error: LoadsimError) -> None:
    """Print the message and the hint. Lines are kept as they are: a caret under a text must stay under its character."""
    first, *rest = error.message.splitlines() or [""]
    console.print(Text("error: ", f"bold {BAD}").append(safe(first, 2000)), soft_wrap=True)
    for line in rest:
        console.print(Text(safe(line, 2000)), soft_wrap=True)
    for line in error.hint.splitlines():
        console.print(Text(safe(line, 2000), DIM), soft_wrap=True)
