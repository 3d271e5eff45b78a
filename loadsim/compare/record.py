"""``compare.json``: what a comparison leaves behind, typed, versioned, written and read.

Values are seconds, shares 0..1, counts, as in the run record. An effect is B against A: a ratio (1.0: the same) or a
difference of shares or seconds (0.0: the same). What is not known, or has no bound, is None.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from loadsim.errors import UsageError

SCHEMA = "loadsim.compare/1"
FILE_NAME = "compare.json"

EffectVerdict = Literal["better", "worse", "equivalent", "inconclusive"]
Verdict = Literal["better", "worse", "equivalent", "inconclusive", "invalid"]
Design = Literal["interleaved", "same_traffic", "unpaired"]
"""Rounds paired, their order thrown by a coin; paired by their seed only; not paired at all."""


class SideRecord(msgspec.Struct, kw_only=True):
    """One of the two: what the user called it, and what it is."""

    given: str
    name: str
    """How texts and charts call it; the two differ."""
    target: str
    topology: str | None


class CompareManifest(msgspec.Struct, kw_only=True):
    """What was compared, and how."""

    id: str
    loadsim: str
    started_at: str
    scenario: str
    profile: str
    duration_s: float
    warmup_s: float
    seed: int | None
    """Of the whole: orders, and the seed of each round. None for rounds recorded earlier."""
    a: SideRecord
    b: SideRecord
    design: Design
    rounds_planned: int
    looks: list[int]
    """After how many rounds it was looked; one entry unless ``--rounds auto``."""
    level: float
    """Of each look; those of all looks add up to 5 %."""
    primary: list[str]
    argv: list[str]


class RoundRecord(msgspec.Struct, kw_only=True):
    """One round: a run of each side. Directories are relative to that of compare.json, where they lie below it."""

    number: int
    seed: int | None
    order: Literal["ab", "ba"] | None
    a: str | None
    b: str | None
    counted: bool
    why_not: str = ""
    """Where it does not count: a run was cut short, or was invalid, for which the round may have been made again."""


class EffectRecord(msgspec.Struct, kw_only=True):
    """One metric, B against A."""

    metric: str
    primary: bool
    scale: Literal["ratio", "difference", "seconds"]
    """B over A, or B less A: of shares, or of times that may be nothing at all."""
    better: Literal["lower", "higher"]
    a: list[float | None]
    """The value in each round; None: no samples, or no answer at that quantile (``unanswered`` counts those)."""
    b: list[float | None]
    unanswered_a: int
    unanswered_b: int
    rounds: int
    """How many rounds could be set against each other."""
    effect: float | None
    low: float | None
    high: float | None
    """The 95 % interval, jointly over all looks; None beside an effect: no bound on that side."""
    p: float | None
    p_adjusted: float | None
    """Primary: for the family-wise error rate. Exploratory: for the false discovery rate."""
    margin: float
    """The least effect of interest, on the effect's own scale: a ratio of 1.05 is 0.05, 5 points are 0.05, 1 s is 1."""
    detectable: float | None
    """What so many rounds find in 80 % of cases with the noise seen, as ``margin`` is given."""
    verdict: EffectVerdict
    reason: str


class Conclusion(msgspec.Struct, kw_only=True):
    """What it comes to."""

    verdict: Verdict
    sentences: list[str]
    reasons: list[str]
    """Why it is invalid or inconclusive."""


class CompareRecord(msgspec.Struct, kw_only=True):
    """``compare.json``."""

    schema: str = SCHEMA
    manifest: CompareManifest
    complete: bool
    rounds: list[RoundRecord]
    effects: list[EffectRecord]
    notes: list[str]
    """What a reader has to know of how the rounds came about."""
    conclusion: Conclusion


def to_json(record: CompareRecord) -> str:
    """Return what ``compare.json`` holds."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n"


def write_comparison(record: CompareRecord, directory: Path) -> Path:
    """Write ``compare.json`` whole or not at all (a rename), and return its path. Raises OSError."""
    path = directory / FILE_NAME
    part = path.with_suffix(".part")
    part.write_text(to_json(record), encoding="utf-8")
    part.replace(path)
    return path


def read_comparison(path: Path) -> CompareRecord:
    """Read a comparison's directory or its ``compare.json``; UsageError says what is wrong with it."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        data = file.read_bytes()
        schema = msgspec.json.decode(data, type=_Versioned).schema
        if schema != SCHEMA:
            raise UsageError(f"'{file}' has the schema '{schema}', this loadsim reads '{SCHEMA}'")
        return msgspec.json.decode(data, type=CompareRecord)
    except OSError as error:
        raise UsageError(f"'{path}' is not a comparison: {error.strerror or error}") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"'{file}' is not a comparison's record: {error}") from None


def comparison_schema() -> dict[str, object]:
    """Return the JSON schema of ``compare.json``."""
    return msgspec.json.schema(CompareRecord)


class _Versioned(msgspec.Struct):
    schema: str = "unknown"
