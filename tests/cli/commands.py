"""The command line as its users meet it: a process of its own, of which one sees what it wrote and how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command

from loadsim.cli.main import app

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


def check_taken(argv: list[str]) -> None:
    """Parse a command without running it; raises what typer says of one that it does not take."""
    _take(get_command(app), "loadsim", argv, None)


def _take(command: Any, name: str, argv: list[str], parent: Any) -> None:
    if "--help" in argv or "--version" in argv:
        return
    with command.make_context(name, list(argv), parent=parent) as context:
        rest = [*context._protected_args, *context.args]
        if rest:
            name, below, arguments = command.resolve_command(context, rest)
            _take(below, name, arguments, context)
