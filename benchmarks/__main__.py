"""``python -m benchmarks [NAME...]``: run all benchmarks, or those named, one after the other on a quiet machine."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.results import run_all

NAMES = (
    *("speed", "lateness", "coordinated_omission", "layers", "memory", "waiting", "sockets", "transports"),
    *("comparison", "comparison_recorded", "comparison_real"),
)


def main() -> int:
    """Run them; the exit code is 1 if every one lacked a tool."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; without any, all")
    names = parser.parse_args().names or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark '{unknown[0]}': there are {', '.join(NAMES)}")
    return run_all([(name, importlib.import_module(f"benchmarks.{name}").main) for name in names])


if __name__ == "__main__":
    sys.exit(main())
