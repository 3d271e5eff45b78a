"""What one request or one iteration left behind: 40 bytes, the same on both sides of the pipe.

A sample is packed by the engine (``REQUEST.pack_into``, the cheapest a Python program can do) and read by numpy
(``FIELDS``), a block at a time. Its times are seconds on the engine's monotonic clock; its ``key`` holds four small
integers::

    bits  0..15   outcome         below 400 one of ``Outcome``, from 400 on an HTTP status
    bits 16..23   visitor class   number in the order of the names the engine announced
    bits 24..31   backend         0 is "(none)": no backend named itself
    bits 32..39   route           0 is an iteration, which is made of requests

The last two fields mean bytes for a request, and seconds (as 32-bit floats) for an iteration.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import numpy as np
import numpy.typing as npt

CLASS_SHIFT = 16
BACKEND_SHIFT = 24
ROUTE_SHIFT = 32

MAX_ROUTES = 200
MAX_BACKENDS = 64
MAX_CLASSES = 16

NO_BACKEND = "(none)"
OTHER = "(other)"
"""The name under which everything beyond ``MAX_ROUTES`` or ``MAX_BACKENDS`` is counted: names come from strangers."""

REQUEST = struct.Struct("=QdddII")
"""key, due, started, ended, received bytes, sent bytes (with head and body, as on the wire)."""
ITERATION = struct.Struct("=Qdddff")
"""key, due, started, ended, late start, backlog wait (seconds)."""
SAMPLE_BYTES = REQUEST.size

FIELDS = np.dtype(
    {
        "names": ["key", "due", "started", "ended", "received", "sent", "late_start", "backlog_wait"],
        "formats": ["<u8", "<f8", "<f8", "<f8", "<u4", "<u4", "<f4", "<f4"],
        "offsets": [0, 8, 16, 24, 32, 36, 32, 36],
        "itemsize": SAMPLE_BYTES,
    }
)

Samples = npt.NDArray[np.void]


class Outcome(IntEnum):
    """How a request ended, where an HTTP status does not say it. Values are the lower 16 bits of a sample's key."""

    OK = 0
    CONNECT_REFUSED = 1
    CONNECT_TIMEOUT = 2
    TIMEOUT = 3
    RESET = 4
    CLOSED_EARLY = 5
    BAD_RESPONSE = 6
    TOO_LARGE = 7
    REDIRECT = 8
    TLS = 9
    DNS = 10
    CHECK_FAILED = 11
    EXCEPTION = 12
    ABORTED = 13
    """Still in flight when the drain ended: an iteration's fate, and its request's."""
    DROPPED = 14
    """Given up in the backlog, or unsent when the drain ended; such an iteration has no request."""


WITHOUT_ANSWER = frozenset(
    {
        Outcome.CONNECT_REFUSED,
        Outcome.CONNECT_TIMEOUT,
        Outcome.TIMEOUT,
        Outcome.RESET,
        Outcome.CLOSED_EARLY,
        Outcome.TLS,
        Outcome.DNS,
        Outcome.ABORTED,
        Outcome.DROPPED,
    }
)
"""Outcomes that left the user without an answer: they rank above every measured time, so failing fast is no success."""


def outcome_name(code: int) -> str:
    """Return the name used in the record: ``'ok'``, ``'timeout'``, ``'http_503'``."""
    return f"http_{code}" if code >= 400 else Outcome(code).name.lower()
