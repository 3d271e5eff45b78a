"""The command line as its users meet it: a process of its own, of which one sees what it wrote and how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "loadsim")


def loadsim(*argv: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; ``env`` comes over the environment, in which a line has 100 columns."""
    return subprocess.run(
        [*COMMAND, *argv],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "100"} | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
