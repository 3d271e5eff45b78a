"""Where the target says its time went: the parts named in ``Server-Timing`` headers, over the run and by second.

The header (W3C Server Timing) is ``db;dur=2.5, inventory;dur=7.1;desc="3 calls"``: names with milliseconds. A name may
come several times in one answer; its durations then add up. A description of the form ``3 calls`` counts calls. Parts
may contain one another, which the header does not tell, so they are never added up here.

Frames hold, for each answer, ``due time (8 bytes, engine clock), length (2 bytes), the header's value``.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from loadsim.measure.histogram import CELLS, IntArray, cells
from loadsim.measure.per_second import SecondValues
from loadsim.measure.sample import OTHER
from loadsim.measure.selection import Distribution
from loadsim.redact import plain_text

ENTRY = struct.Struct("<dH")
MAX_PARTS = 32
MAX_NAME_CHARS = 40
MAX_VALUE_BYTES = 2048
"""A longer header is left out."""
_METRIC = re.compile(rb'([^\s;,="]+)((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_PARAMETER = re.compile(rb';\s*([^\s;,="]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;,"]*)))?')
_DURATION = re.compile(rb"\d+(?:\.\d+)?")
_CALLS = re.compile(rb"(\d{1,9}) calls?")
_COUNT, _SECONDS = range(2)


@dataclass(slots=True)
class Part:
    """One part: how long it took in the answers that named it, and how many calls they counted."""

    counts: IntArray = field(default_factory=lambda: np.zeros(CELLS, np.int64))
    calls: int | None = None
    by_second: SecondValues = field(default_factory=lambda: SecondValues(2))

    @property
    def times(self) -> Distribution:
        """How long it took, by answer."""
        return Distribution(self.counts)

    def second(self, second: int) -> tuple[int, float]:
        """Return how many answers due in a second named it, and the seconds it took in them together."""
        count, total = self.by_second.get(second, _COUNT), self.by_second.get(second, _SECONDS)
        return (0, 0.0) if math.isnan(count) else (int(count), total)

    def add(self, second: int, times_s: list[float], calls: int | None) -> None:
        """Add what some answers due in one second told."""
        np.add.at(self.counts, cells(np.array(times_s)), 1)
        count, total = self.second(second)
        self.by_second.put(second, _COUNT, count + len(times_s))
        self.by_second.put(second, _SECONDS, total + math.fsum(times_s))
        if calls is not None:
            self.calls = (self.calls or 0) + calls


class Tiers:
    """Folds frames; keeps what was due in [0, ``duration_s``). At most 32 parts, all further ones are ``(other)``."""

    def __init__(self, origin: float, duration_s: float) -> None:
        self._origin, self._duration_s = origin, duration_s
        self.parts: dict[str, Part] = {}
        self.answers = 0
        """Answers with such a header."""

    def add(self, payload: bytes) -> None:
        """Take one frame."""
        found: dict[tuple[str, int], tuple[list[float], list[int]]] = {}
        for due, value in _entries(payload):
            time_s = due - self._origin
            if not 0 <= time_s < self._duration_s:
                continue
            told = parse(value)
            self.answers += bool(told)
            for name, (seconds, calls) in told.items():
                times, counted = found.setdefault((self._known(name), int(time_s)), ([], []))
                times.append(seconds)
                if calls is not None:
                    counted.append(calls)
        for (name, second), (times, counted) in found.items():
            self.parts[name].add(second, times, sum(counted) if counted else None)

    @property
    def seconds(self) -> int:
        """One more than the last second of which something was told."""
        return max((part.by_second.seconds for part in self.parts.values()), default=0)

    def _known(self, name: str) -> str:
        """Return the part that a name counts for, made if there is room."""
        if name not in self.parts:
            name = name if len(self.parts) < MAX_PARTS else OTHER
            self.parts.setdefault(name, Part())
        return name


def parse(value: bytes) -> dict[str, tuple[float, int | None]]:
    """Return each name with its seconds and its calls; what has no duration is left out."""
    found: dict[str, tuple[float, int | None]] = {}
    for match in _METRIC.finditer(value):
        given = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(match[2])}
        duration, calls = _DURATION.match(given.get(b"dur", b"")), _CALLS.fullmatch(given.get(b"desc", b""))
        if duration is None:
            continue
        name = plain_text(match[1].decode("latin-1"), MAX_NAME_CHARS)
        seconds, counted = found.get(name, (0.0, None))
        count = int(calls[1]) + (counted or 0) if calls else counted
        found[name] = seconds + float(duration[0]) / 1e3, count
    return found


def _entries(payload: bytes) -> Iterator[tuple[float, bytes]]:
    at = 0
    while at < len(payload):
        due, length = ENTRY.unpack_from(payload, at)
        at += ENTRY.size
        yield due, payload[at : at + length]
        at += length
