"""What the target's servers say of themselves, read from where each writes it (``target_app.tally``), unasked."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loadsim.deploy.servers import tally_file

_FIELDS = struct.Struct("=6q")
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """One server's account so far.

    ``busy_s`` is the time that its slots were at work, all of them together: its rate is how many were. ``requests``
    came from outside, ``calls`` from other services.
    """

    busy_s: float
    requests: int
    calls: int


def read_tallies(scratch: Path, servers: Iterable[str]) -> dict[str, Tally]:
    """Return the account of each server that keeps one."""
    found = ((name, _read(tally_file(scratch, name))) for name in servers)
    return {name: tally for name, tally in found if tally is not None}


def _read(path: Path) -> Tally | None:
    """Read a file that is being written to: once more if it was changed meanwhile."""
    try:
        with path.open("rb", buffering=0) as file:
            for _ in range(_ATTEMPTS):
                before, after = (_FIELDS.unpack(os.pread(file.fileno(), _FIELDS.size, 0)) for _ in range(2))
                if before == after and before[0] % 2 == 0:
                    _, busy, busy_ns, since_ns, requests, calls = before
                    return Tally((busy_ns + busy * (time.monotonic_ns() - since_ns)) / 1e9, requests, calls)
    except (OSError, struct.error):
        pass
    return None
