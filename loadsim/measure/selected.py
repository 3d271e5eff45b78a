"""Tallies of a part of the traffic, kept up as samples come: what objectives are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

import numpy as np

from loadsim.measure.block import BACKENDS, CODES, FAILED, ROUTES, UNANSWERED, Block, BoolArray, code_name
from loadsim.measure.histogram import CELLS, FloatArray, IntArray, cells
from loadsim.measure.layout import Names
from loadsim.measure.marginals import FATE, FATES
from loadsim.measure.phases import PhaseIndex
from loadsim.measure.sample import Outcome
from loadsim.measure.selection import Distribution, Selected, Selection, Tally
from loadsim.measure.sparse import NOTHING, SHIFT, merge, tally, unpack

_RESPONSE, _SERVICE, _ITERATION = range(3)
_TIMES = 3
# Counters: the three kinds of time without an answer, then requests, then the fates of iterations in FATE's order.
_REQUESTS, _FAILED_REQUESTS, _FIRST_FATE = 3, 4, 5
_COUNTERS = _FIRST_FATE + FATES
_MAX_PIECES = 8


class SelectionFold:
    """One selection's tally, over the whole run and by window.

    Memory: 552 KiB, and for each window its counts, sparse: 12 bytes for each distinct time at most, so it grows with
    the length of the run over that of the window.
    """

    def __init__(self, selection: Selection, phases: PhaseIndex, names: Names, *, closed: bool) -> None:
        self.selection, self._names, self._closed = selection, names, closed
        self._counts = np.zeros(_TIMES * CELLS, np.int64)
        self._numbers = np.zeros(_COUNTERS, np.int64)
        self._windows: dict[int, _Window] = {}
        self._phase = _table(selection.phase, len(phases) + 1, [phase.name for phase in phases.phases])
        self._class = _table(selection.visitor_class, len(names.classes) + 1, names.classes)
        self._outcome = _table(selection.outcome, CODES, [code_name(code) for code in range(CODES)])
        self._of_iterations = not (selection.route or selection.backend or selection.pool or selection.outcome)
        self._route: BoolArray | None = None
        self._backend: BoolArray | None = None
        self.match_names()

    def match_names(self) -> None:
        """Match the globs again, after names were added."""
        numbers = range(len(self._names.routes) + 1)
        self._route = _table(self.selection.route, ROUTES, [self._names.route(n) if n else None for n in numbers])
        names = [self._names.backend(n) for n in range(len(self._names.backends) + 1)]
        backend = _table(self.selection.backend, BACKENDS, names)
        pool = _table(self.selection.pool, BACKENDS, [self._names.pool(name) for name in names])
        if self.selection.pool == "all" and pool is not None:
            pool[1:] = True
        self._backend = backend if pool is None else pool if backend is None else backend & pool

    def fold(self, block: Block) -> None:
        """Add what the selection selects of a block."""
        requests, iterations = block.requests, block.iterations
        chosen = _matching(
            len(requests.at),
            (self._route, requests.route),
            (self._backend, requests.backend),
            (self._phase, requests.phase),
            (self._class, requests.visitor_class),
            (self._outcome, requests.outcome),
        )
        outcome, at = requests.outcome[chosen], requests.at[chosen]
        lost = UNANSWERED[outcome]
        window = self._window(at)
        events = [(window, _REQUESTS), (window[FAILED[outcome]], _FAILED_REQUESTS), (window[lost], _SERVICE)]
        answered = chosen[~lost]
        ended, window = requests.ended[answered], window[~lost]
        times = [(window, _SERVICE, ended - requests.started[answered])]
        if not self._closed:
            events.append((self._window(at[lost]), _RESPONSE))
            times.append((window, _RESPONSE, ended - requests.at[answered]))
        if self._of_iterations:
            chosen = _matching(
                len(iterations.at), (self._phase, iterations.phase), (self._class, iterations.visitor_class)
            )
            outcome, at = iterations.outcome[chosen], iterations.at[chosen]
            window, lost = self._window(at), UNANSWERED[outcome]
            events.extend((window[FATE[outcome] == fate], _FIRST_FATE + fate) for fate in range(FATES))
            events.append((window[lost], _ITERATION))
            events.append((window[outcome == Outcome.DROPPED], _RESPONSE))
            times.append((window[~lost], _ITERATION, iterations.ended[chosen[~lost]] - at[~lost]))
        self._add_events(events)
        self._add_times(times)

    def result(self) -> Selected[Distribution]:
        """Return the tallies as they stand; those of windows are made when they are looked at."""
        return Selected(self._tally(self._counts.copy(), self._numbers), _Windows(self._windows, self._tally))

    def _window(self, at_s: FloatArray) -> IntArray:
        if self.selection.window_s is None:
            return np.zeros(len(at_s), np.int64)
        return (at_s // self.selection.window_s).astype(np.int64)

    def _add_events(self, events: list[tuple[IntArray, int]]) -> None:
        sizes = [len(windows) for windows, _ in events]
        windows = np.concatenate([windows for windows, _ in events])
        if not len(windows):
            return
        first = int(windows.min())
        counters = np.repeat([counter for _, counter in events], sizes)
        counts = np.bincount((windows - first) * _COUNTERS + counters)
        counts = np.pad(counts, (0, -len(counts) % _COUNTERS)).reshape(-1, _COUNTERS)
        self._numbers += counts.sum(axis=0)
        if self.selection.window_s is not None:
            for offset in np.flatnonzero(counts.any(axis=1)).tolist():
                self._windows.setdefault(first + offset, _Window()).numbers += counts[offset]

    def _add_times(self, times: list[tuple[IntArray, int, FloatArray]]) -> None:
        sizes = [len(windows) for windows, _, _ in times]
        place = cells(np.concatenate([values for _, _, values in times]))
        place += np.repeat([kind * CELLS for _, kind, _ in times], sizes)
        for window, packed in tally((np.concatenate([windows for windows, _, _ in times]) << SHIFT) + place):
            index, counts = unpack(packed)
            self._counts[index] += counts
            if self.selection.window_s is not None:
                self._windows[window].add(packed)

    def _tally(self, counts: IntArray, numbers: IntArray) -> Tally[Distribution]:
        completed, failed, dropped, aborted = numbers[_FIRST_FATE:].tolist()
        scheduled = completed + failed + dropped + aborted
        known = self._of_iterations
        response, service, iteration = (
            Distribution(counts[kind * CELLS : (kind + 1) * CELLS], int(numbers[kind])) for kind in range(_TIMES)
        )
        return Tally(
            response=response,
            service=service,
            iteration=iteration,
            requests=int(numbers[_REQUESTS]),
            failed_requests=int(numbers[_FAILED_REQUESTS]),
            scheduled=scheduled if known else None,
            completed=completed if known else None,
            failed=failed if known else None,
            dropped=dropped if known else None,
            started=scheduled - dropped if known else None,
        )


class _Window:
    """One tumbling window: counters, and packed counts of the three kinds of time."""

    def __init__(self) -> None:
        self.numbers = np.zeros(_COUNTERS, np.int64)
        self._pieces: list[IntArray] = []

    def add(self, packed: IntArray) -> None:
        self._pieces.append(packed)
        if len(self._pieces) > _MAX_PIECES:
            self._pieces = [merge(self._pieces)]

    def counts(self) -> IntArray:
        dense = np.zeros(_TIMES * CELLS, np.int64)
        index, counts = unpack(merge([*self._pieces, NOTHING]))
        dense[index] = counts
        return dense


class _Windows(Mapping[int, Tally[Distribution]]):
    """Windows by number, ascending; a tally (552 KiB) is made when it is asked for and kept by nobody."""

    def __init__(self, windows: dict[int, _Window], tally: Callable[[IntArray, IntArray], Tally[Distribution]]) -> None:
        self._windows, self._tally = windows, tally

    def __getitem__(self, number: int) -> Tally[Distribution]:
        window = self._windows[number]
        return self._tally(window.counts(), window.numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._windows))

    def __len__(self) -> int:
        return len(self._windows)


def _matching(count: int, *conditions: tuple[BoolArray | None, IntArray]) -> IntArray:
    """Return the places, of ``count``, at which every table that is there says yes to its number."""
    mask: BoolArray | None = None
    for table, numbers in conditions:
        if table is not None:
            mask = table[numbers] if mask is None else mask & table[numbers]
    return np.arange(count) if mask is None else np.flatnonzero(mask)


def _table(glob: str | None, size: int, names: list[str | None] | list[str] | tuple[str, ...]) -> BoolArray | None:
    """Return which numbers have a name that the glob matches, or None for no glob. A name matches itself, too."""
    if glob is None:
        return None
    table = np.zeros(size, np.bool_)
    for number, name in enumerate(names[:size]):
        table[number] = name is not None and (name == glob or fnmatchcase(name, glob))
    return table
