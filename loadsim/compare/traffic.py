"""Whether recorded runs can be set against each other at all: only those of the same traffic can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from loadsim.errors import UsageError
from loadsim.record import RunRecord

_OF_MANIFEST = ("scenario", "profile", "duration_s", "warmup_s", "arrivals", "model")
_OF_SETTINGS = ("iterations", "users", "visitors", "sockets")


def check_same_traffic(runs: Sequence[tuple[Path, RunRecord]]) -> None:
    """Raise UsageError for the first run whose traffic is another than the first one's."""
    first_path, first = runs[0]
    for path, record in runs[1:]:
        for (name, one), (_, other) in zip(_traffic(first), _traffic(record), strict=True):
            if one != other:
                raise UsageError(
                    f"'{path}' and '{first_path}' had different traffic: {name} is {other} in the one, {one} in the "
                    "other",
                    hint="Only rounds of the same scenario, profile and length can be compared.",
                )


def _traffic(record: RunRecord) -> Iterator[tuple[str, object]]:
    """Yield what makes the traffic; what a record of an older version does not say yet is as if nothing was said."""
    for name in _OF_MANIFEST:
        yield name, getattr(record.manifest, name)
    for name in _OF_SETTINGS:
        yield name, record.manifest.settings.get(name) or None
