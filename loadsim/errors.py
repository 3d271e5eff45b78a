"""Every error that loadsim raises on purpose, and the one table of exit codes.

    LoadsimError                 anything loadsim says in words instead of a traceback
    ├── UsageError               a flag, a setting or a file that cannot be taken as it stands          exit 2
    │   └── SpecError            a text form (profile, objective, unit) that does not parse: knows the place
    ├── TargetError              the target cannot be reached, or the bundled target did not come up    exit 3
    └── EngineError              the load-generating process failed before it made any traffic          exit 5

An experiment that ran but cannot answer is no error: it is a verdict (``invalid``, ``inconclusive``) in the run record.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process that called loadsim learns from its exit status."""

    OK = 0
    FAILED = 1
    """An objective was broken, or a comparison found a primary metric worse."""
    USAGE = 2
    TARGET = 3
    UNKNOWN = 4
    """Invalid or inconclusive: the experiment cannot answer."""
    INTERNAL = 5
    INTERRUPTED = 130
    TERMINATED = 143


class LoadsimError(Exception):
    """An error whose message is written for the user: what was given, where, what was expected, what to do next."""

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(LoadsimError):
    """What the user gave cannot be taken; nothing was sent and nothing was written."""

    exit_code = ExitCode.USAGE


class SpecError(UsageError):
    """A text form that does not parse; points at the character.

    ``text`` is what was given, ``position`` the 0-based index of the first character that cannot be taken.
    """

    def __init__(self, text: str, position: int, problem: str, *, hint: str = "") -> None:
        self.text = text
        self.position = position
        self.problem = problem
        super().__init__(f"{problem}\n  {text}\n  {' ' * position}^", hint=hint)


class TargetError(LoadsimError):
    """The system under test cannot be reached, or the bundled one did not come up."""

    exit_code = ExitCode.TARGET


class EngineError(LoadsimError):
    """The process that makes the load failed before any traffic."""

    exit_code = ExitCode.INTERNAL


def nearest(given: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest of ``known``, or all of them when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(names)}."
