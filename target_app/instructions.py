"""What this server was told while it runs, by a file: how slow to be, how often wrong, whether to take writes.

Without the file it is as it should be. It is JSON: ``{"delay_s": 0.2, "error_share": 0.1, "read_only": true}``. Whoever
writes it renames it into place, so that it is never half there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to answer: ``delay_s`` later, a share with an error, and with 503 what would write if it is ``read_only``.

    Of sockets, a share is closed with a code, or a share is dropped without a word.
    """

    delay_s: float = 0.0
    error_share: float = 0.0
    error_status: int = 500
    read_only: bool = False
    close_share: float = 0.0
    close_code: int = 1011
    drop_share: float = 0.0


class InstructionFile:
    """The file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed_ns: int | None = None
        self._now = Instructions()

    def now(self) -> Instructions:
        """Return how to answer now."""
        try:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._changed_ns:
                self._now = Instructions(**json.loads(self._path.read_text()))
                self._changed_ns = changed_ns
        except FileNotFoundError:
            self._now, self._changed_ns = Instructions(), None
        return self._now


@cache
def _file() -> InstructionFile | None:
    from django.conf import settings  # servers of sockets have no Django

    return InstructionFile(Path(settings.CONFIG.misconduct)) if settings.CONFIG.misconduct else None


def instructions() -> Instructions:
    """Return how this server is to answer now."""
    file = _file()
    return file.now() if file else Instructions()
