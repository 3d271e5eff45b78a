"""Ctrl-C and SIGTERM during a run: the first drains, the second stops at once."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from loadsim.errors import ExitCode

_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
}


class Interrupts:
    """Counts the signals that came while it was entered; the handlers before are put back at the end.

    A signal that is ignored stays so: nohup ignores SIGHUP, and a shell's background jobs ignore SIGINT.
    """

    def __init__(self) -> None:
        self.count = 0
        self.exit_code: ExitCode | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _CODES:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.count += 1
        self.exit_code = self.exit_code or _CODES[signal.Signals(number)]
