"""Long steps (bringing up a target, writing a report): what is waited for, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from loadsim.report.terminal.view import is_interactive
from loadsim.report.terminal.words import ACCENT, BAD, DIM, GOOD, bar, duration, glyphs_for
from loadsim.report.text import visible

_QUIET_S = 5.0
"""A log gets news of a step at most so often."""


class Step:
    """One step in progress."""

    def __init__(self, what: str, clock: Callable[[], float], tell: Callable[[str], None]) -> None:
        self.what = visible(what)
        self.detail = ""
        self.share: float | None = None
        self._clock = clock
        self._tell = tell
        self._started_s = clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the step began."""
        return self._clock() - self._started_s

    def say(self, detail: str) -> None:
        """Say what is waited for now, or, last, what came of it."""
        self.detail = visible(detail)
        self._tell(self.detail)

    def progress(self, share: float) -> None:
        """Say how much is done, 0..1."""
        self.share = min(1.0, max(0.0, share))
        self._tell(f"{self.share * 100:.0f} %")


class Steps:
    """Shows steps on ``console``: a spinner or bar on a terminal, lines elsewhere, nothing when ``quiet``."""

    def __init__(self, console: Console, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = clock

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """Show ``what`` while the block runs, then whether it came to its end and how long it took."""
        if self._quiet:
            yield Step(what, self._clock, lambda _: None)
        elif is_interactive(self._console):
            yield from self._drawn(what)
        else:
            yield from self._told(what)

    def _drawn(self, what: str) -> Iterator[Step]:
        step = Step(what, self._clock, lambda _: None)
        drawing = _Drawing(step)
        live = Live(
            drawing,
            console=self._console,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        try:
            with live:
                yield step
        except BaseException:
            self._end(step, failed=True)
            raise
        self._end(step, failed=False)

    def _told(self, what: str) -> Iterator[Step]:
        spoken_s = self._clock()

        def tell(news: str) -> None:
            nonlocal spoken_s
            if self._clock() - spoken_s >= _QUIET_S:
                spoken_s = self._clock()
                self._print(Text(f"{step.what}: {news} ({duration(step.elapsed_s)})"))

        step = Step(what, self._clock, tell)
        self._print(Text(f"{step.what} ..."))
        try:
            yield step
        except BaseException:
            self._end(step, failed=True)
            raise
        self._end(step, failed=False)

    def _end(self, step: Step, *, failed: bool) -> None:
        glyphs = glyphs_for(self._console)
        line = Text().append(f"{glyphs.bad} ", BAD) if failed else Text().append(f"{glyphs.ok} ", GOOD)
        line.append(step.what)
        took = f"failed after {duration(step.elapsed_s)}" if failed else duration(step.elapsed_s)
        line.append(f"  {took}", DIM)
        if step.detail:
            line.append(f"  {step.detail}", DIM)
        self._print(line)

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


class _Drawing:
    """The one line of a step that goes on, cut to the width of the terminal."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._spinner = Spinner("dots", style=ACCENT)

    def __rich_console__(self, console: Console, options: object) -> Iterator[Text]:
        step, glyphs = self._step, glyphs_for(console)
        frame = self._spinner.render(console.get_time())
        line = Text.assemble(frame if isinstance(frame, Text) else "", " ", step.what)
        if step.share is not None:
            line.append("  ").append(bar(step.share, 20, glyphs), ACCENT).append(f" {step.share * 100:3.0f} %")
        if step.elapsed_s >= 1:
            line.append(f"  {step.elapsed_s:.0f} s", DIM)
        if step.detail:
            line.append(f"  {step.detail}", DIM)
        line.truncate(console.width - 1, overflow="ellipsis")
        yield line
