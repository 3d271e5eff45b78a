"""``rounds.json``: what ``loadsim run --repeat`` leaves beside the run directories of its rounds."""

from __future__ import annotations

from pathlib import Path

import msgspec

from loadsim.record import Verdict

SCHEMA = "loadsim.rounds/1"
FILE_NAME = "rounds.json"


class RepeatedRun(msgspec.Struct, kw_only=True):
    """One round: its run directory, relative to that of rounds.json, and what came of it."""

    number: int
    seed: int
    run: str
    complete: bool
    verdict: Verdict | None
    reasons: list[str]


class RoundsRecord(msgspec.Struct, kw_only=True):
    """``rounds.json``."""

    schema: str = SCHEMA
    loadsim: str
    scenario: str
    seed: int
    """That all others are derived from."""
    rounds_planned: int
    complete: bool
    verdict: Verdict | None
    """The worst of the rounds'."""
    rounds: list[RepeatedRun]


def to_json(record: RoundsRecord) -> str:
    """Return what ``rounds.json`` holds."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n"


def write_rounds(record: RoundsRecord, directory: Path) -> Path:
    """Write ``rounds.json`` whole or not at all (a rename), and return its path. Raises OSError."""
    path = directory / FILE_NAME
    part = path.with_suffix(".part")
    part.write_text(to_json(record), encoding="utf-8")
    part.replace(path)
    return path


def rounds_schema() -> dict[str, object]:
    """Return the JSON schema of ``rounds.json``."""
    return msgspec.json.schema(RoundsRecord)
