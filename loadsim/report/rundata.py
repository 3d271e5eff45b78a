"""A run directory, read for reporting: the record, the series, and the distributions that charts are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadsim.errors import UsageError
from loadsim.measure.histogram import CELLS, HIGHEST_EQUIVALENT_US, LOWEST_US
from loadsim.measure.table import Table, read_csv
from loadsim.record import Quantiles, RunRecord, read_record
from loadsim.report.chart import FloatArray, Heat
from loadsim.report.histograms import WholeIntervals, read_whole

IntArray = npt.NDArray[np.int64]

HEAT_ROWS_PER_DECADE = 12


@dataclass(frozen=True, slots=True)
class RunData:
    """One run. A table that the directory lacks is None; ``notes`` says so in words."""

    directory: Path
    record: RunRecord
    series: Table | None
    backends: Table | None
    outcomes: Table | None
    processes: Table | None
    tiers: Table | None = None
    sockets: Table | None = None
    """What became of WebSockets, a row a second."""
    open_sockets: Table | None = None
    """How many are open, a row a second and backend."""
    consistency: Table | None = None
    """What reads showed of the writes before them, a row a second."""
    servers: Table | None = None
    """What each server of the bundled target says of itself, a row a second and server."""
    replicas: Table | None = None
    """How far each replica of its database was behind, likewise."""
    caching: Table | None = None
    """What answers told of caches, a row a second."""
    histograms: dict[str, WholeIntervals] = field(default_factory=dict)
    """By metric (``response_time``, ``service_time``): the counts of all requests by interval."""
    notes: tuple[str, ...] = ()
    service_only: bool = False
    """Speak of service time though there is response time: beside a run that has none."""

    @property
    def closed(self) -> bool:
        """Whether service time is what there is: nothing had a due time."""
        return self.service_only or self.record.response_time_s is None

    @property
    def time_word(self) -> str:
        """Return what the main time of this run is called."""
        return "service" if self.closed else "response"

    @property
    def main_time(self) -> Quantiles:
        """Return the distribution that speaks for the run: response time, in a closed model service time."""
        response, service = self.record.response_time_s, self.record.service_time_s
        return service if response is None or self.service_only else response

    @property
    def times_s(self) -> FloatArray:
        """Return the seconds of the series."""
        return self.series.numbers("time_s") if self.series is not None else np.zeros(0)

    @property
    def measured(self) -> npt.NDArray[np.bool_]:
        """Return which seconds of the series belong to the measured window (the drain comes after it)."""
        return self.times_s < self.record.manifest.duration_s

    def column(self, name: str) -> FloatArray:
        """Return a column of the series; nan everywhere if the run has none of that name."""
        if self.series is None or name not in self.series.columns:
            return np.full(len(self.times_s), np.nan)
        return self.series.numbers(name)


def load_run(path: Path) -> RunData:
    """Read a run directory (or its run.json); UsageError says what is wrong with it."""
    record = read_record(path)
    directory = path if path.is_dir() else path.parent
    notes: list[str] = []
    series, backends, outcomes, processes = (
        _table(directory / f"{name}.csv", notes) for name in ("series", "backends", "outcomes", "processes")
    )
    tiers = _table(directory / "tiers.csv", notes) if record.tiers else None
    found = record.consistency
    consistency = _table(directory / "consistency.csv", notes) if found is not None and found.reads else None
    servers = _table(directory / "servers.csv", notes) if record.servers else None
    replicas = _table(directory / "replicas.csv", notes) if record.replicas else None
    caching = _table(directory / "caching.csv", notes) if record.caching else None
    sockets, open_sockets = (
        _table(directory / f"{name}.csv", notes) if record.websockets else None
        for name in ("websockets", "websockets_open")
    )
    return RunData(
        directory=directory,
        record=record,
        series=_from_zero(series),
        backends=_from_zero(backends),
        outcomes=_from_zero(outcomes),
        processes=_from_zero(processes),
        tiers=_from_zero(tiers),
        sockets=_from_zero(sockets),
        open_sockets=_from_zero(open_sockets),
        consistency=_from_zero(consistency),
        servers=servers,
        replicas=replicas,
        caching=caching,
        histograms=_histograms(directory / "histograms.hlog", notes),
        notes=tuple(notes),
    )


def spread(table: Table | None, key: str, value: str, times_s: FloatArray) -> dict[str, FloatArray]:
    """Turn rows of (time, key, value) into a column a key over ``times_s``; nan where there is no row."""
    if table is None or not len(table) or not len(times_s):
        return {}
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(name, len(numbers)) for name in table.texts(key)])
    seconds, values = table.numbers("time_s"), table.numbers(value)
    place = np.searchsorted(times_s, seconds)
    inside = (place < len(times_s)) & (times_s[np.minimum(place, len(times_s) - 1)] == seconds)
    wide = np.full((len(numbers), len(times_s)), np.nan)
    wide[codes[inside], place[inside]] = values[inside]
    return dict(zip(numbers, wide, strict=True))


def curve(intervals: WholeIntervals | None, quantiles: FloatArray, unanswered: int = 0) -> FloatArray | None:
    """Return the time in seconds at each quantile (0..1) of the whole run; None without any sample.

    The q-quantile is the highest value of the cell that holds rank ceil(q n), as HdrHistogram has it. What had no
    answer ranks above all: nan. So is what lies beyond the first quantile that is the slowest of all n.
    """
    if intervals is None:
        return None
    upto = np.cumsum(intervals.total)
    count = int(upto[-1])
    if not count:
        return None
    ranks = np.clip(np.ceil(quantiles * (count + unanswered) - 1e-9), 1, count + unanswered)
    told = np.concatenate([[True], ranks[:-1] < count + unanswered]) & (ranks <= count)
    cells = np.searchsorted(upto, np.minimum(ranks, count))
    return np.asarray(np.where(told, HIGHEST_EQUIVALENT_US[cells] / 1e6, np.nan), np.float64)


def heat(intervals: WholeIntervals | None) -> Heat | None:
    """Return counts by interval and by response time, in rows of a twelfth of a decade; None without any sample."""
    if intervals is None or not intervals.total.any():
        return None
    used = np.flatnonzero(intervals.total)
    low = max(float(LOWEST_US[used[0]]), 1.0) / 1e6
    high = float(HIGHEST_EQUIVALENT_US[used[-1]]) / 1e6
    first = int(np.floor(np.log10(low) * HEAT_ROWS_PER_DECADE))
    last = int(np.floor(np.log10(max(high, low)) * HEAT_ROWS_PER_DECADE)) + 1
    edges = 10.0 ** (np.arange(first, last + 1) / HEAT_ROWS_PER_DECADE)
    row_of = np.clip(np.searchsorted(edges, HIGHEST_EQUIVALENT_US[:CELLS] / 1e6, side="right") - 1, 0, len(edges) - 2)
    start, length = float(intervals.starts_s[0]), intervals.length_s
    columns = np.rint((intervals.starts_s - start) / length).astype(np.int64)
    counts = np.zeros((len(edges) - 1, int(columns[-1]) + 1), np.int64)
    for column, (cells, amounts) in zip(columns.tolist(), intervals.sparse, strict=True):
        np.add.at(counts[:, column], row_of[cells], amounts)
    return Heat(start, length, edges, counts)


def _table(path: Path, notes: list[str]) -> Table | None:
    try:
        table = read_csv(path)
    except FileNotFoundError:
        notes.append(f"{path.name} is missing: what is drawn from it is left out.")
        return None
    except (OSError, UsageError) as error:
        notes.append(f"{path.name} cannot be read and is left out: {error}")
        return None
    if "time_s" not in table.columns:
        notes.append(f"{path.name} has no column time_s and is left out.")
        return None
    return table


def _from_zero(table: Table | None) -> Table | None:
    """Leave out the warm-up, which lies before profile time 0."""
    if table is None:
        return None
    keep = np.flatnonzero(table.numbers("time_s") >= 0)
    if len(keep) == len(table):
        return table
    picked: Sequence[int] = keep.tolist()
    return Table(
        {
            name: [column[i] for i in picked] if isinstance(column, list) else column[keep]
            for name, column in table.columns.items()
        }
    )


def _histograms(path: Path, notes: list[str]) -> dict[str, WholeIntervals]:
    try:
        return read_whole(path, ("response_time", "service_time"))
    except FileNotFoundError:
        notes.append(f"{path.name} is missing: the percentile curve and the heat map are left out.")
    except (OSError, UsageError):
        notes.append(f"{path.name} is damaged: the percentile curve and the heat map are left out.")
    return {}
