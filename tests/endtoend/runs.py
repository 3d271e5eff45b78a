"""A run as its user sees it: a process that is started, interrupted or killed, and the record it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..cli.commands import COMMAND

LONGEST_S = 60.0
LONG = ("--rate", "30/s", "--warmup", "0s", "--duration", "60s")
"""A run that somebody will have to end."""


def start(*argv: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """Start a command; what it writes is read by ``end``."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen([*COMMAND, *argv], text=True, env=os.environ | {"COLUMNS": "100"} | (env or {}), **pipes)


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a command's end, and return what it wrote, on standard output and error."""
    try:
        out, error = process.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert "Traceback" not in error
    assert "internal error" not in error
    return out, error


def wait_until(holds: Callable[[], object], what: str, process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something to come true; a ``process`` that ends before has failed at it."""
    limit = time.monotonic() + LONGEST_S
    while not holds():
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended before {what}: {end(process)}")
        assert time.monotonic() < limit, f"it never came to this: {what}"
        time.sleep(0.02)


def read_record(directory: Path) -> dict[str, Any]:
    """Return run.json, whose counts add up."""
    record: dict[str, Any] = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    assert_adds_up(record["load"])
    return record


def assert_adds_up(load: Mapping[str, Any]) -> None:
    fates = ("completed", "failed", "dropped", "aborted", "lost")
    assert load["scheduled"] == sum(load[fate] for fate in fates), load
