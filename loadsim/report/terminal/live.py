"""The live view: a screen of its own, repainted in place a few times a second.

It takes the alternate screen (xterm's 1049), so that nothing scrolls, a resize leaves no debris, and what stood on
the terminal before stands there again after. A frame writes only the lines that changed, each in place and erased
behind its end, never before its start, in a synchronised update (mode 2026, ignored where unknown): nothing flickers.
Automatic wrapping is off meanwhile, so that a frame made for a size that has just changed cannot scroll.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.text import Text

from loadsim.report.terminal.history import History
from loadsim.report.terminal.screen import compose
from loadsim.report.terminal.state import LiveState
from loadsim.report.terminal.words import WARN
from loadsim.report.text import visible

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_ERASE_REST = "\x1b[K"
_REPAINT_FRAMES = 20
"""Repaint everything so often (5 s at four a second): heals what another program wrote over the screen."""


class LiveView:
    """Shows a run on the whole terminal from ``__enter__`` to ``__exit__``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._painted: list[list[Segment]] = []
        self._size = (0, 0)
        self._frames = 0
        self._warnings: list[str] = []
        self._state: LiveState | None = None
        self._history = History()

    def __enter__(self) -> Self:
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)
        self._console.print(_Raw([_raw(_NO_WRAP)]), crop=False, end="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._console.print(_Raw([_raw(_WRAP)]), crop=False, end="")
        self._console.show_cursor(True)
        self._console.set_alt_screen(False)
        if kind is not None:  # no summary will repeat them
            for text in self._warnings:
                self._console.print(Text().append("warning: ", WARN).append(visible(text)), soft_wrap=True)

    def update(self, state: LiveState) -> None:
        """Show this moment."""
        self._state = self._history.complete(state)
        self._paint()

    def warn(self, text: str) -> None:
        """Show a warning from now on."""
        if text not in self._warnings:
            self._warnings.append(text)
            self._paint()

    def _paint(self) -> None:
        if self._state is None:
            return
        width, height = self._console.size
        lines = [self._segments(line) for line in compose(self._state, width, height, self._warnings)]
        whole = (width, height) != self._size or self._frames % _REPAINT_FRAMES == 0
        known: Sequence[list[Segment] | None] = [None] * len(lines) if whole else self._painted
        frame = [_raw(_BEGIN)]
        for row, line in enumerate(lines):
            if row >= len(known) or line != known[row]:
                frame += [Control.move_to(0, row).segment, *line, _raw(_ERASE_REST)]
        frame.append(_raw(_END))
        self._painted, self._size, self._frames = lines, (width, height), self._frames + 1
        if len(frame) > 2:
            self._console.print(_Raw(frame), crop=False, end="")

    def _segments(self, line: Text) -> list[Segment]:
        return [segment for segment in line.render(self._console) if segment.text]


class _Raw:
    """Segments as they are, for rich's console to write in one piece."""

    def __init__(self, segments: list[Segment]) -> None:
        self._segments = segments

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return self._segments


def _raw(code: str) -> Segment:
    # rich writes a control segment's text unchanged; which type it is given matters only to Windows' old console.
    return Segment(code, None, [(ControlType.CURSOR_FORWARD, 0)])
