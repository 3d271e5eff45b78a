"""What became of the messages of the bus, as the target's servers told its Redis: ``target_app.bus.counts``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadsim.deploy.redis import socket_path

_COUNTS, _DONE_AFTER = "loadsim:bus:counts:*", "loadsim:bus:done-after"
_CALLS, _JOBS = "asgicalls.*", "asgijobs.*"
"""The queues, as Channels names them."""
_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class BusCounts:
    """What all servers counted since they came up, and what waits now.

    ``counts`` has the names of ``target_app.bus.counts.Counts``; servers tell them every quarter of a second.
    ``done_after_s`` is how long after its cause each job was done, the newest last.
    """

    counts: Mapping[str, int]
    waiting_calls: int
    waiting_jobs: int
    done_after_s: Sequence[float]


def counted(scratch: Path) -> BusCounts | None:
    """Ask Redis; None if it does not answer."""
    from redis import Redis, RedisError

    counts: Counter[str] = Counter()
    try:
        with Redis(unix_socket_path=str(socket_path(scratch)), socket_timeout=_TIMEOUT_S) as client:
            for key in client.keys(_COUNTS):
                counts.update({name.decode(): int(count) for name, count in client.hgetall(key).items()})
            calls, jobs = (sum(client.zcard(key) for key in client.keys(queues)) for queues in (_CALLS, _JOBS))
            done_after_s = [float(seconds) for seconds in client.lrange(_DONE_AFTER, 0, -1)]
    except (RedisError, OSError):
        return None
    return BusCounts(counts, calls, jobs, done_after_s)
