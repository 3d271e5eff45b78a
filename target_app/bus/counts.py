"""What was sent, taken and lost on the bus, as one process saw it: both ends count, each for itself."""

from __future__ import annotations

from dataclasses import dataclass

COUNTS_KEY = "loadsim:bus:counts:"
"""Followed by the name of the server and its process: a hash of the fields below in Redis."""
DONE_KEY = "loadsim:bus:done-after"
"""A list in Redis: the seconds from each job's cause until it was done, the newest last."""
MOST_DONE = 100_000
TOLD_EVERY_S = 0.25


@dataclass(slots=True)
class Counts:
    """Of one process. Once nothing is under way, ``calls = answered + full + missing + unreachable``.

    Who asks counts ``calls``; ``answered``; ``full``: refused, the queue had no room; ``missing``: no reply by the
    deadline; ``unreachable``: Redis failed; and ``too_late``: replies that nobody waited for any more.

    Who is asked counts ``taken``, off the queue; ``served``; ``expired``: dropped, the deadline had passed;
    ``unanswered``: done, but the queue of replies had no room or Redis failed.

    Work that nobody waits for is apart: ``jobs`` sent, ``jobs_refused``: no room, or Redis failed; ``jobs_taken``,
    ``jobs_done`` and ``jobs_failed``.
    """

    calls: int = 0
    answered: int = 0
    full: int = 0
    missing: int = 0
    unreachable: int = 0
    too_late: int = 0
    taken: int = 0
    served: int = 0
    expired: int = 0
    unanswered: int = 0
    jobs: int = 0
    jobs_refused: int = 0
    jobs_taken: int = 0
    jobs_done: int = 0
    jobs_failed: int = 0
