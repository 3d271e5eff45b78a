"""Rounds as ``run --repeat`` leaves them, played by queues: of a system, at a time, on a machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from loadsim.record import Calibration, RunRecord, read_record, write_record

from .experiment.replaying import played


def rounds(
    base: Path, name: str, seeds: range, *, slower: float = 1.0, machine: float = 1.0, topology: str = "balanced"
) -> Path:
    """Write a run a seed below ``base / name``; the ``machine`` takes so many times as long for everything."""
    for seed in seeds:
        path = played(base / name / f"{seed:02d}", topology, seed, slower=slower * machine)
        scatter = float(np.exp(np.random.default_rng([9, seed]).normal(0, 0.02)))
        work_s = 0.002 * machine * scatter
        change_manifest(path, calibration=Calibration(interpreter_s=work_s, system_calls_s=work_s))
    return base / name


def change_manifest(path: Path, **fields: object) -> None:
    """Write a run's record again, with something else in its manifest."""
    record = read_record(path)
    record.manifest = msgspec.structs.replace(record.manifest, **fields)
    write_record(record, path)


def change(path: Path, how: Callable[[RunRecord], RunRecord]) -> None:
    """Write a run's record again, changed."""
    write_record(how(read_record(path)), path)
