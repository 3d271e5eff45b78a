"""What came from a cache, and how old it was, as answers say of themselves, by route and by second.

An answer tells by any of these fields, whichever a cache on the way has set:

    Age              how many seconds ago the origin made it (RFC 9111): whoever sets it served what it had
    Cache-Status     ``web-1; hit; ttl=4`` or ``fwd=...`` by each cache on the way (RFC 9211)
    X-Cache          ``HIT``, ``Hit from cloudfront``, ``TCP_MEM_HIT``, ``MISS, HIT``, as caches have long said it; so
                     X-Cache-Status (nginx), X-Proxy-Cache and CF-Cache-Status

It is a *hit* if one of the caches served what it had, or if it is a second old or older; what has none of the fields
tells nothing and is left out. Ages are whole seconds, rounded down: the field knows no others.

Frames hold, for each answer, ``due time (8 bytes, engine clock), key (8 bytes, as a sample's), length (2 bytes)``, and
the fields, each as it came, name first, with a line's end between them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from loadsim.measure.histogram import CELLS, IntArray, cells
from loadsim.measure.sample import ROUTE_SHIFT
from loadsim.measure.selection import Distribution

ENTRY = struct.Struct("<dQH")
MAX_VALUE_BYTES = 1024
"""Longer fields are left out."""
FIELDS = r"(?:(?:cf-)?cache-status|x-(?:proxy-)?cache(?:-status)?|age):[^\r]*"
"""A field of interest, for a regular expression that does not care about case."""
_HIT = re.compile(rb";\s*hit\s*(?:[;,]|$)")
_SERVED = re.compile(rb"hit|stale|updating|revalidated")
_AGE = re.compile(rb"\d{1,9}")
_TELLINGS = 4096
"""Different wordings that are remembered: most answers say the same as another."""


@dataclass(slots=True)
class Tally:
    """Answers that told: how many, how many of them were hits, and how old these were, where they said it."""

    answers: int = 0
    hits: int = 0
    counts: IntArray = field(default_factory=lambda: np.zeros(CELLS, np.int64))

    @property
    def ages(self) -> Distribution:
        """How old the hits were."""
        return Distribution(self.counts)

    def add(self, ages_s: list[int | None], answers: int) -> None:
        """Add some answers, and the ages of the hits among them."""
        self.answers += answers
        self.hits += len(ages_s)
        known = [age_s for age_s in ages_s if age_s is not None]
        np.add.at(self.counts, cells(np.array(known, np.float64)), 1)


@dataclass(slots=True)
class Second:
    """Answers due in one second that told, and the ages of the hits that said theirs, added up."""

    misses: int = 0
    hits: int = 0
    aged: int = 0
    age_s: int = 0


class Caching:
    """Folds frames; keeps what was due in [0, ``duration_s``)."""

    def __init__(self, origin: float, duration_s: float) -> None:
        self._origin, self._duration_s = origin, duration_s
        self.all = Tally()
        self.by_route: dict[int, Tally] = {}
        """By the number of the route."""
        self.by_second: dict[int, Second] = {}

    def add(self, payload: bytes) -> None:
        """Take one frame."""
        found: dict[int, tuple[int, list[int | None]]] = {}
        for due, route, value in _entries(payload):
            time_s = due - self._origin
            told = parse(value) if 0 <= time_s < self._duration_s else None
            if told is None:
                continue
            is_hit, age_s = told
            count, ages_s = found.setdefault(route, (0, []))
            found[route] = count + 1, ages_s
            if is_hit:
                ages_s.append(age_s)
            second = self.by_second.setdefault(int(time_s), Second())
            second.hits += is_hit
            second.misses += not is_hit
            second.aged += age_s is not None
            second.age_s += age_s or 0
        for route, (count, ages_s) in found.items():
            self.all.add(ages_s, count)
            self.by_route.setdefault(route, Tally()).add(ages_s, count)


@lru_cache(_TELLINGS)
def parse(value: bytes) -> tuple[bool, int | None] | None:
    """Return whether the fields tell of a hit, and its age in seconds if they say it; None if they tell nothing."""
    says_so, age_s = None, None
    for line in value.lower().split(b"\n"):
        name, _, text = line.partition(b":")
        if name == b"age":
            match = _AGE.fullmatch(text.strip())
            age_s = int(match[0]) if match else age_s
        elif name:
            pattern = _HIT if name == b"cache-status" else _SERVED
            says_so = says_so or bool(pattern.search(text))
    if says_so is None and age_s is None:
        return None
    is_hit = says_so or bool(age_s) or says_so is None
    return is_hit, age_s if is_hit else None


def _entries(payload: bytes) -> Iterator[tuple[float, int, bytes]]:
    at = 0
    while at < len(payload):
        due, key, length = ENTRY.unpack_from(payload, at)
        at += ENTRY.size
        yield due, key >> ROUTE_SHIFT, payload[at : at + length]
        at += length
