"""``python -m loadsim.engine``: the plan on standard input, frames on the descriptor named by the first argument."""

from __future__ import annotations

import locust  # noqa: F401 - first of all: it makes the standard library cooperative

# isort: split
import os
import sys

import gevent
import msgspec

from loadsim.engine.runner import run
from loadsim.wire import Plan


def main() -> None:
    """Read the plan, play it, end."""
    gevent.config.track_greenlet_tree = False  # who spawned whom, which nobody asks: 2 KiB a user
    out = int(sys.argv[1])
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return
        line += piece
    run(msgspec.json.decode(bytes(line), type=Plan), 0, out)
    sys.stdout.flush()
    os._exit(0)  # nothing is left to do, and Locust's greenlets would keep the interpreter waiting


if __name__ == "__main__":
    main()
