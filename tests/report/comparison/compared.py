"""Comparisons to report on: rounds played by queues, recorded by the real recorder, judged by the real tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from loadsim.compare import CompareRecord, read_comparison
from loadsim.compare.record import write_comparison
from loadsim.experiment.comparison import Interleaved, make_manifest
from loadsim.report.comparison.words import sentences
from loadsim.report.terminal import Steps
from loadsim.settings import CompareSettings
from tests.experiment.replaying import Replay, side

PRIMARY = ("error_rate", "p50", "p99")
QUIET = Steps(Console(), quiet=True)


def write_compared(directory: Path, replay: Replay, rounds: int = 6, b: str = "balanced") -> CompareRecord:
    """Write compare.json and its rounds, monolith against ``b``."""
    sides, settings = (side("monolith"), side(b)), CompareSettings(looks=(rounds,), primary=PRIMARY)
    made = Interleaved(sides, settings, 1, directory, replay)
    made.play(QUIET, lambda _: None)
    record = made.record(make_manifest("id", datetime.now(UTC), sides, settings, 1))
    record.conclusion = msgspec.structs.replace(record.conclusion, sentences=sentences(record))
    write_comparison(record, directory)
    return read_comparison(directory)
