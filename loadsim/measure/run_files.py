"""The files of a run directory that hold what happened over time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path

from loadsim.measure.histogram import IntArray
from loadsim.measure.histogram_log import Encoder, encode_tag, write_head, write_interval
from loadsim.measure.intervals import IntervalStore
from loadsim.measure.recorder import WHOLE, Recorder
from loadsim.measure.socket_tables import open_sockets_table, sockets_table
from loadsim.measure.sparse import by_row
from loadsim.measure.table import write_csv
from loadsim.measure.tables import (
    backends_table,
    caching_table,
    consistency_table,
    due_table,
    outcomes_table,
    processes_table,
    replicas_table,
    series_table,
    servers_table,
    tiers_table,
)

SERIES, BACKENDS, OUTCOMES, PROCESSES = "series.csv", "backends.csv", "outcomes.csv", "processes.csv"
TIERS, DUE = "tiers.csv", "due.csv"
SOCKETS, OPEN_SOCKETS = "websockets.csv", "websockets_open.csv"
"""Only in a run that opened any."""
CONSISTENCY = "consistency.csv"
"""Only in a run that read back what it had written."""
SERVERS, REPLICAS = "servers.csv", "replicas.csv"
"""Only where the target's servers, and its database's replicas, tell of themselves."""
CACHING = "caching.csv"
"""Only in a run whose answers told of caches."""
HISTOGRAMS = "histograms.hlog"


def write_run_files(recorder: Recorder, directory: Path, *, started_at_s: float | None = None) -> None:
    """Write the tables and the histogram log of a closed recorder into a directory, each whole or not at all.

    ``started_at_s`` is profile time 0 in seconds since the epoch. Raises OSError.
    """
    for name, table in (
        (SERIES, series_table(recorder)),
        (DUE, due_table(recorder)),
        (BACKENDS, backends_table(recorder)),
        (OUTCOMES, outcomes_table(recorder)),
        (PROCESSES, processes_table(recorder)),
        (TIERS, tiers_table(recorder)),
    ):
        write_csv(table, directory / name)
    if recorder.consistency.reads:
        write_csv(consistency_table(recorder), directory / CONSISTENCY)
    if recorder.own_account.servers:
        write_csv(servers_table(recorder), directory / SERVERS)
    if recorder.own_account.replicas:
        write_csv(replicas_table(recorder), directory / REPLICAS)
    if recorder.caching.all.answers:
        write_csv(caching_table(recorder), directory / CACHING)
    if recorder.sockets is not None and recorder.sockets.used:
        write_csv(sockets_table(recorder.sockets), directory / SOCKETS)
        write_csv(open_sockets_table(recorder.sockets, recorder.known.backend), directory / OPEN_SOCKETS)
    write_histograms(recorder, directory / HISTOGRAMS, started_at_s=started_at_s)


def write_histograms(recorder: Recorder, path: Path, *, started_at_s: float | None = None) -> None:
    """Write the histogram log: lines for all requests, and for every part of them in intervals that may be longer."""
    encoder = Encoder()
    tags = cache(lambda row: encode_tag(recorder.layout.tags(row, recorder.known)))
    whole = [encode_tag({"metric": metric}) for metric in WHOLE]
    lines = heapq.merge(
        _lines(recorder.whole_intervals, whole.__getitem__), _lines(recorder.intervals, tags), key=itemgetter(0)
    )
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="ascii") as file:
        write_head(file, started_at_s)
        for start_s, length_s, tag, where, counts in lines:
            write_interval(file, encoder, tag, start_s, length_s, where, counts)
    part.replace(path)


def _lines(
    intervals: IntervalStore, tag: Callable[[int], str]
) -> Iterator[tuple[float, float, str, IntArray, IntArray]]:
    for start_s, length_s, packed in intervals:
        for row, where, counts in by_row(packed):
            yield start_s, length_s, tag(row), where, counts
