"""What there is: scenarios and profiles, a line or two each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from loadsim.report.terminal.words import ACCENT, DIM, HEADING, fit, safe, width_of


def print_scenarios(console: Console, rows: Sequence[tuple[str, str]]) -> None:
    """Print (name, what it is) rows, and what to do with one."""
    _print_rows(console, [(name, what, "") for name, what in rows])
    if rows:
        _print_hint(console, f"loadsim run {rows[0][0]}")


def print_profiles(console: Console, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print (name, example, what it is) rows, as ``loadsim.profiles.profile_shapes`` gives them."""
    _print_rows(console, [(name, what, example) for name, example, what in rows])
    if rows:
        _print_hint(console, f"loadsim profiles '{rows[0][1]}'")


def _print_rows(console: Console, rows: Sequence[tuple[str, str, str]]) -> None:
    name_width = min(24, max((width_of(name) for name, _, _ in rows), default=0))
    room = max(20, min(console.width, 110) - name_width - 3)
    for name, what, example in rows:
        described = Text(safe(what)).wrap(console, room)
        for index, line in enumerate(described or [Text()]):
            label = fit(name if index == 0 else "", name_width)
            console.print(Text(" ").append(label, f"{HEADING} {ACCENT}").append("  ").append_text(line), soft_wrap=True)
        if example:
            console.print(Text(" " * (name_width + 3)).append(safe(example), DIM), soft_wrap=True)


def _print_hint(console: Console, command: str) -> None:
    console.print()
    console.print(Text(" try  ", DIM).append(safe(command)), soft_wrap=True)
