"""The client's own count of answers by backend, of all that was sent: what other witnesses are held against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadsim.measure.sample import BACKEND_SHIFT, FIELDS, ROUTE_SHIFT

_NUMBERS = 256
"""A sample names its backend in 8 bits."""


class Answers:
    """How many answers each backend gave to all that was sent: the warm-up's too, which the recorder leaves out."""

    def __init__(self) -> None:
        self._counts = np.zeros(_NUMBERS, np.int64)

    def add(self, payload: bytes) -> None:
        """Add a frame of samples."""
        keys = np.frombuffer(payload, FIELDS)["key"].astype(np.int64)
        requests = keys[keys >= 1 << ROUTE_SHIFT]
        self._counts += np.bincount((requests >> BACKEND_SHIFT) % _NUMBERS, minlength=_NUMBERS)

    def by_backend(self, names: Sequence[str]) -> dict[str, int]:
        """Return the counts by the names that the engine announced, in their order."""
        return {name: int(count) for name, count in zip(names, self._counts[1:], strict=False)}

    @property
    def unnamed(self) -> int:
        """How many requests no backend is known of: it did not answer, or did not say its name."""
        return int(self._counts[0])
