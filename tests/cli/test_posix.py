"""Windows, pretended: refused in words before anything is imported that only POSIX systems have."""

from __future__ import annotations

import subprocess
import sys

import pytest

PRETEND = """
import signal, sys, sysconfig
import loadsim.cli.main, rich.console
sysconfig.get_config_vars()  # a table of its own for each system, of which ours is the one at hand
for name in ("fcntl", "resource", "termios", "pty", "pwd"):
    sys.modules[name] = None
del signal.SIGHUP, signal.SIGKILL
sys.platform = "win32"
sys.argv = ["loadsim", *sys.argv[1:]]
loadsim.cli.main.main()
"""


@pytest.mark.parametrize(
    "argv", [("run", "spiky"), ("try", "spiky"), ("target", "up"), ("compare", "monolith", "balanced")]
)
def test_windows_is_refused_with_a_way_out(argv: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PRETEND, *argv], capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stdout) == (2, ""), told.stderr
    assert told.stderr.startswith("error: loadsim makes no traffic on Windows")
    assert "WSL 2" in told.stderr


@pytest.mark.parametrize("argv", [("scenarios",), ("profiles",), ("schema",)])
def test_what_makes_no_traffic_works_there(argv: tuple[str, ...]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PRETEND, *argv], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
