"""Which systems loadsim makes traffic on."""

from __future__ import annotations

import sys

from loadsim.errors import UsageError


def require_posix() -> None:
    """Raise UsageError on Windows, which has neither the signals nor the pipes that a run is made of.

    To be called before anything is imported that wants them.
    """
    if sys.platform == "win32":
        raise UsageError("loadsim makes no traffic on Windows", hint="Use WSL 2, a Linux machine or a container.")
