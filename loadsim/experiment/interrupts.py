"""Ctrl-C and SIGTERM during a run: until there is traffic they end the command, then they ask for its end."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from loadsim.errors import ExitCode, LoadsimError

_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
}


class Interrupted(LoadsimError):  # noqa: N818 - a wish, not a fault
    """The user ended the command before anything was measured."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__("interrupted before anything was measured; nothing was written")
        self.exit_code = exit_code


class _Raised(KeyboardInterrupt):
    """A kind of its own: after a plain one within an exec() CPython ends the process by SIGINT, whoever caught it."""


class Interrupts:
    """Takes the signals that come while it is entered; the handlers before are put back at the end.

    A signal raises KeyboardInterrupt, which leaves as :class:`Interrupted`. Between :meth:`hold` and :meth:`release`
    it is only counted: what has been measured must be written down first.
    A signal that is ignored stays so: nohup ignores SIGHUP, and a shell's background jobs ignore SIGINT.
    """

    def __init__(self) -> None:
        self.count = 0
        self.exit_code: ExitCode | None = None
        """That of the first signal."""
        self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def hold(self) -> None:
        """Only count from now on."""
        self._held = True

    def release(self) -> None:
        """Raise again."""
        self._held = False

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
        if isinstance(error, KeyboardInterrupt) and self.exit_code is not None:
            raise Interrupted(self.exit_code) from None

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.count += 1
        self.exit_code = self.exit_code or _CODES[signal.Signals(number)]
        if not self._held:
            raise _Raised
