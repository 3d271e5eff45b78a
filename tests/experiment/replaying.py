"""Runs that are played by queues instead of a target, recorded by the real recorder: what a comparison is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from loadsim.errors import ExitCode
from loadsim.experiment.runs import Result
from loadsim.experiment.sides import Side
from loadsim.measure.saturation import saturation
from loadsim.record import RunRecord, read_record, write_record
from loadsim.settings import RunSettings
from tests.report.runs import Case, write_run

SHORT = Case(duration_s=4, phases=())


def side(name: str) -> Side:
    """Return a side that is a topology of the bundled target."""
    return Side(name, name, RunSettings(scenario="read-heavy", name="read-heavy", topology=name))


def played(path: Path, topology: str, seed: int, *, slower: float = 1.0, noise: float = 0.02) -> Path:
    """Write a run whose service takes ``slower`` times as long, and some noise of the round."""
    scatter = float(np.exp(np.random.default_rng([seed, *topology.encode()]).normal(0, noise)))
    return write_run(path, replace(SHORT, topology=topology, seed=seed, service_s=0.02 * slower * scatter))


class Replay:
    """Makes runs as ``experiment.run`` does; ``slower`` by topology. Keeps what it was asked for."""

    def __init__(self, change: Callable[[RunRecord, int], RunRecord] = lambda record, _: record, **slower: float):
        self._change, self._slower = change, slower
        self.asked: list[RunSettings] = []

    def __call__(self, settings: RunSettings) -> Result:
        """Play one run."""
        self.asked.append(settings)
        assert settings.out is not None
        assert settings.seed is not None
        topology = settings.topology or ""
        played(settings.out, topology, settings.seed, slower=self._slower.get(topology, 1.0))
        record = self._change(read_record(settings.out), len(self.asked))
        write_record(record, settings.out)
        ended = ExitCode.OK if record.complete else ExitCode.INTERRUPTED
        return Result(record, settings.out, None, (), (), ended)


def invalid(record: RunRecord) -> RunRecord:
    """Return the record of a run whose generator was saturated."""
    return msgspec.structs.replace(record, verdict="invalid", reasons=["the generator was saturated"])


def late(record: RunRecord) -> RunRecord:
    """Return the record of a run whose generator the machine held up."""
    record.load.late_start_s.p99 = 0.5
    assert record.response_time_s is not None
    why = saturation(late_start_p99_s=0.5, response_p50_s=record.response_time_s.p50, generator_cpu=np.full(9, 0.02))
    return msgspec.structs.replace(record, verdict="invalid", reasons=why)


def cut_short(record: RunRecord) -> RunRecord:
    """Return the record of a run that was interrupted."""
    return msgspec.structs.replace(record, complete=False)
