"""Picks a share of what comes: exactly that share, evenly spread."""

from __future__ import annotations

import threading


class Dice:
    """Asked once for each; several threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owed = 0.0

    def hit(self, share: float) -> bool:
        """Return whether this one is of the share."""
        with self._lock:
            self._owed += share
            if self._owed < 1.0:
                return False
            self._owed -= 1.0
            return True
