"""Where a run's files go: made, and tried out, before any traffic."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from loadsim.errors import UsageError

_OUTSIDE = re.compile(r"[^\w.-]+")
_RECORDS = ("run.json", "compare.json", "rounds.json")
"""What makes a directory that of a run, of a comparison, or of several rounds."""
ROOM_BYTES = 32 << 20
"""What a run's files take at most, generously."""


def run_id(scenario: str, topology: str | None, now: datetime) -> str:
    """Return a name that sorts by time: ``'20260131T120000Z-spiky-balanced'``."""
    stem = _OUTSIDE.sub("-", Path(scenario.partition(".py:")[0]).name.removesuffix(".py")).strip("-.") or "run"
    parts = [now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), stem, *([topology] if topology else [])]
    return "-".join(parts)


@contextmanager
def run_directory(given: Path | None, name: str) -> Iterator[Path]:
    """Make the directory; if an error comes before anything is in it, everything is again as it was.

    A run that is there already is kept beside it, under its name and the time it was written.
    """
    wanted = given if given is not None else Path("reports") / name
    with _in_words(wanted):
        kept = _put_aside(wanted) if given is not None else None
        there = next(place for place in (wanted, *wanted.parents) if place.exists())
    directory = wanted
    try:
        directory = make_run_directory(given, name)
        yield directory
    except BaseException:
        with suppress(OSError):
            for place in (directory, *directory.parents):
                if place == there:
                    break
                place.rmdir()
            if kept is not None:
                kept.rename(wanted)
        raise


def make_run_directory(given: Path | None, name: str) -> Path:
    """Create the directory and try to write in it. Raises UsageError with what to do."""
    directory = given if given is not None else Path("reports") / name
    with _in_words(directory):
        if given is None:
            directory = _make_unused(directory)
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory) as trial:
            trial.write(b"loadsim")
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < ROOM_BYTES:
        raise UsageError(
            f"the run directory '{directory}' has {free_bytes >> 20} MiB of room; a run may need "
            f"{ROOM_BYTES >> 20} MiB",
            hint="Free some space, or name another place with --out DIR.",
        )
    return directory


@contextmanager
def _in_words(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the run directory '{directory}' cannot be written: {error.strerror or error}",
            hint="Name another one with --out DIR.",
        ) from None


def _put_aside(directory: Path) -> Path | None:
    """Give a directory that holds a run another name, and return it."""
    record = next((file for name in _RECORDS if (file := directory / name).exists()), None)
    if record is None:
        return None
    written = datetime.fromtimestamp(record.stat().st_mtime, UTC)
    kept = _make_unused(directory.with_name(f"{directory.name}-{written.strftime('%Y%m%dT%H%M%SZ')}"))
    return directory.rename(kept)  # onto the empty directory just made


def _make_unused(path: Path) -> Path:
    """Make ``path``, or the first of ``path-2``, ``path-3``... that is not there: no run overwrites another."""
    candidate, number = path, 2
    while True:
        try:
            candidate.mkdir(parents=True)
            return candidate
        except FileExistsError:
            if not path.is_dir():  # a file named reports, say
                raise
            candidate = path.with_name(f"{path.name}-{number}")
            number += 1
