"""How fast this machine is: fixed pieces of work timed before any traffic, so that records can be compared.

Two pieces, since machines differ in both: a loop of the interpreter (what the generator and a Python target live on),
and system calls (what a request costs in the kernel; a sandbox or another kernel may triple it). Each is timed several
times in CPU time, and the median kept: how fast the machine is does not depend on who else wants it, which the rounds'
own scatter shows. It takes about a tenth of a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from time import thread_time

from loadsim.record import Calibration

REPEATS = 9
_STEPS = 40_000
_ROUND_TRIPS = 2_000


def calibrate() -> Calibration:
    """Time both pieces of work, in turn."""
    read_end, write_end = os.pipe()
    try:
        times = [(_timed(_count), _timed(lambda: _pass_bytes(read_end, write_end))) for _ in range(REPEATS)]
    finally:
        os.close(read_end)
        os.close(write_end)
    loops, calls = zip(*times, strict=True)
    return Calibration(interpreter_s=median(loops), system_calls_s=median(calls))


def _timed(work: Callable[[], object]) -> float:
    began = thread_time()
    work()
    return thread_time() - began


def _count() -> int:
    """Do arithmetic, and nothing that allocates or leaves the interpreter."""
    total = 0
    for number in range(_STEPS):
        total = (total + number * 7) % 1_000_003
    return total


def _pass_bytes(read_end: int, write_end: int) -> None:
    for _ in range(_ROUND_TRIPS):
        os.write(write_end, b"x")
        os.read(read_end, 1)
