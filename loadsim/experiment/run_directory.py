"""Where a run's files go: made, and tried out, before any traffic."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from loadsim.errors import UsageError

ROOM_BYTES = 32 << 20
"""What a run's files take at most, generously."""


def run_id(scenario: str, topology: str | None, now: datetime) -> str:
    """Return a name that sorts by time: ``'20260131T120000Z-spiky-balanced'``."""
    stem = Path(scenario.partition(".py:")[0]).stem
    parts = [now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), stem, *([topology] if topology else [])]
    return "-".join(parts)


def make_run_directory(given: Path | None, name: str) -> Path:
    """Create the directory and try to write in it. Raises UsageError with what to do."""
    directory = given if given is not None else _unused(Path("reports") / name)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory) as trial:
            trial.write(b"loadsim")
    except OSError as error:
        raise UsageError(
            f"the run directory '{directory}' cannot be written: {error.strerror or error}",
            hint="Name another one with --out DIR.",
        ) from None
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < ROOM_BYTES:
        raise UsageError(
            f"the run directory '{directory}' has {free_bytes >> 20} MiB of room, a run may need {ROOM_BYTES >> 20} MiB",
            hint="Free some space, or name another place with --out DIR.",
        )
    return directory


def _unused(path: Path) -> Path:
    """Return ``path``, or the first of ``path-2``, ``path-3``... that is not there: no run overwrites another."""
    candidate, number = path, 2
    while candidate.exists():
        candidate = path.with_name(f"{path.name}-{number}")
        number += 1
    return candidate
