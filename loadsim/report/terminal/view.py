"""What shows a run while it goes on: a live screen, lines for a log, or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.text import Text

from loadsim.report.terminal.live import LiveView
from loadsim.report.terminal.state import LiveState, Times, conditions
from loadsim.report.terminal.words import duration, short_clock
from loadsim.report.text import rate, visible


class View(Protocol):
    """Shows a run; entered before the first moment and left after the last."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def update(self, state: LiveState) -> None:
        """Show this moment."""
        ...

    def warn(self, text: str) -> None:
        """Show a warning."""
        ...


def view_for(console: Console, quiet: bool = False) -> View:
    """Return the view that suits where ``console`` writes."""
    if quiet:
        return QuietView()
    return LiveView(console) if is_interactive(console) else PlainView(console)


def is_interactive(console: Console) -> bool:
    """Tell whether lines can be drawn over: a real terminal (FORCE_COLOR does not make one), not dumb, with UTF-8."""
    try:
        return console.is_interactive and console.file.isatty() and console.encoding.lower().startswith("utf")
    except ValueError:  # a closed file
        return False


class QuietView:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, state: LiveState) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Show nothing; the record keeps it."""


class PlainView:
    """A line every few seconds, when the phase changes and when a warning arises: what a log can keep."""

    def __init__(self, console: Console, *, every_s: float = 5.0) -> None:
        self._console = console
        self._every_s = every_s
        self._next_s = float("-inf")
        self._phase: tuple[str, bool] | None = None
        self._warned: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, state: LiveState) -> None:
        """Write a line if one is due. A run of hours gets one every half minute."""
        for text in state.warnings:
            self.warn(text)
        phase = (state.phase, state.draining)
        if phase == self._phase and state.elapsed_s < self._next_s:
            return
        for kind, text in conditions(state).items():
            self._say(kind, text)  # once a kind: its figures differ each time
        self._phase = phase
        every_s = min(30.0, max(self._every_s, (state.duration_s or 0.0) / 60))
        # On multiples of the interval, so that the lines of two runs stand at the same times.
        self._next_s = (state.elapsed_s // every_s + 1) * every_s
        self._write(plain_line(state))

    def warn(self, text: str) -> None:
        """Write a warning, once."""
        self._say(text, text)

    def _say(self, key: str, text: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            self._write(f"warning: {visible(text)}")

    def _write(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


def plain_line(state: LiveState) -> str:
    """Return a moment as one line, what is zero left out after the figures that every line has."""
    parts = [
        f"{_position(state)} {visible(state.phase)}".strip(),
        _rates(state),
        _times(state.now),
        f"in flight {state.in_flight:,}",
    ]
    parts += [f"{name} {count:,}" for name, count in (("waiting", state.backlog), ("dropped", state.dropped)) if count]
    if state.errors:
        kinds = sorted(state.errors.items(), key=lambda item: (-item[1], item[0]))
        named = ", ".join(f"{visible(outcome, 40)} {count:,}" for outcome, count in kinds[:4])
        more = f", {len(kinds) - 4} more kinds" if len(kinds) > 4 else ""
        parts.append(f"errors {sum(state.errors.values()):,} ({named}{more})")
    return "  ".join(part for part in parts if part)


def _position(state: LiveState) -> str:
    if state.elapsed_s < 0:
        return f"-{short_clock(-state.elapsed_s)}"
    return short_clock(state.elapsed_s) + (f"/{short_clock(state.duration_s)}" if state.duration_s else "")


def _rates(state: LiveState) -> str:
    if state.offered_rate is None and state.achieved_rate is None:
        return ""
    return f"offered {rate(state.offered_rate)} achieved {rate(state.achieved_rate)}"


def _times(times: Times) -> str:
    return f"p50 {duration(times.p50)} p99 {duration(times.p99)}" if times.p50 is not None else ""
