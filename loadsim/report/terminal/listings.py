"""What there is: scenarios and profiles, a line or two each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.console import Console
from rich.text import Text

from loadsim.report.terminal.words import ACCENT, DIM, HEADING, fit, short_clock, width_of
from loadsim.report.text import visible


class Listed(Protocol):
    """A scenario as a list shows it."""

    @property
    def name(self) -> str:
        """What ``loadsim run`` takes."""
        ...

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        ...

    @property
    def profile(self) -> str:
        """Its own shape as text."""
        ...

    @property
    def duration_s(self) -> float:
        """Its own length in seconds."""
        ...


def print_scenarios(console: Console, scenarios: Sequence[Listed]) -> None:
    """Print each scenario with what it is and its own shape, and how to run one."""
    _print_rows(console, [(s.name, s.summary, f"{s.profile} for {short_clock(s.duration_s)}") for s in scenarios])
    if scenarios:
        _print_hint(console, f"loadsim run {scenarios[0].name}")


def print_topologies(console: Console, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print (name, what it is, its parts) rows, and how to run on one of them."""
    _print_rows(console, rows, typed=False)
    if rows:
        _print_hint(console, f"loadsim run spiky --topology {rows[0][0]}")


def print_profiles(console: Console, rows: Sequence[tuple[str, str, str]]) -> None:
    """Print (name, example, what it is) rows, as ``loadsim.profiles.profile_shapes`` gives them."""
    _print_rows(console, [(name, what, example) for name, example, what in rows])
    if rows:
        _print_hint(console, f"loadsim profiles '{rows[0][1]}'")


def _print_rows(console: Console, rows: Sequence[tuple[str, str, str]], *, typed: bool = True) -> None:
    """Print (name, what it is, detail) rows. A detail that is ``typed`` stays in one piece, to be copied."""
    name_width = min(24, max((width_of(name) for name, _, _ in rows), default=0))
    room = max(20, min(console.width, 110) - name_width - 3)
    for name, what, example in rows:
        described = Text(visible(what)).wrap(console, room)
        for index, line in enumerate(described or [Text()]):
            label = fit(name if index == 0 else "", name_width)
            console.print(
                Text(" ").append(label, f"{HEADING} {ACCENT}").append("  ").append(line.plain.rstrip()), soft_wrap=True
            )
        detail = Text(visible(example))
        for line in [detail] if typed else detail.wrap(console, room):
            if line:
                console.print(Text(" " * (name_width + 3)).append(line.plain.rstrip(), DIM), soft_wrap=True)


def _print_hint(console: Console, command: str) -> None:
    console.print()
    console.print(Text().append(" try  ", DIM).append(visible(command)), soft_wrap=True)
