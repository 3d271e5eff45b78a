"""The tables by second: what the target used, and what of the engine's gauges is the load's."""

from __future__ import annotations

import numpy as np

from loadsim.measure.recorder import Recorder
from loadsim.measure.table import Table
from loadsim.measure.tables import processes_table, series_table

from .frames import iteration, recorder

MIB = 2**20


def seen_at(*times_s: float) -> Recorder:
    """A target's process of which more memory is seen each time, and half a core."""
    made = recorder([])
    for place, time_s in enumerate(times_s):
        made.target_usage(time_s, {"web-1": (time_s / 2, (place + 1) * MIB)})
    return made


def memory_mib(table: Table) -> dict[float, float]:
    return dict(zip(table.numbers("time_s").tolist(), (table.numbers("memory_bytes") / MIB).tolist(), strict=True))


def test_memory_stays_what_it_was_through_seconds_that_no_reading_fell_into() -> None:
    assert memory_mib(processes_table(seen_at(0.1, 1.9, 4.0))) == {0: 1, 1: 2, 2: 2, 3: 2, 4: 3}


def test_memory_is_not_known_where_nothing_was_seen_for_longer_than_two_seconds() -> None:
    memory = memory_mib(processes_table(seen_at(0.1, 4.0)))
    assert [second for second, value in memory.items() if not np.isnan(value)] == [0, 4]


def test_what_the_engine_uses_when_all_is_drained_is_none_of_the_load() -> None:
    made = recorder([iteration(29.5, 29.5, 30.2)])
    for time_s, in_flight, cpu_s in ((29.0, 0, 1.0), (30.0, 1, 1.1), (30.25, 0, 9.0), (30.5, 0, 18.0)):
        made.gauge(time_s=time_s, in_flight=in_flight, backlog=0, engine_cpu_s=cpu_s)
    made.close()
    cpu = series_table(made).numbers("generator_cpu")
    assert np.isclose(cpu[29], 0.1)
    assert len(cpu) == 31
    assert np.isnan(cpu[30])
