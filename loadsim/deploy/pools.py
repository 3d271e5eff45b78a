"""Pools of equal servers, and how the servers of a topology are shared out among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadsim.deploy.services import HEAVY


@dataclass(frozen=True, slots=True)
class Pool:
    """Equal servers among which the balancer shares the requests of one service, or the heavy ones."""

    name: str
    servers: int

    @property
    def server_names(self) -> tuple[str, ...]:
        """``web-1``, ``web-2`` ...: as each server names itself in its answers."""
        return tuple(f"{self.name}-{number}" for number in range(1, self.servers + 1))


def share_out(servers: int, names: Sequence[str], sizes: Mapping[str, int]) -> tuple[Pool, ...]:
    """Give each pool its size, where it has one; heavy work a quarter of all servers; and the others the rest alike.

    Raises ValueError, which says why, where that leaves a pool without a server or a server without a pool.
    """
    open_names = [name for name in names if name not in sizes]
    left = servers - sum(sizes.values())
    if left < len(open_names):
        raise ValueError(f"{left} are left for {', '.join(open_names)}" if open_names else "the sizes are more in all")
    if left and not open_names:
        raise ValueError(f"the sizes leave {left} without a pool")
    given = dict(sizes)
    if HEAVY in open_names and len(open_names) > 1:
        open_names.remove(HEAVY)
        given[HEAVY] = max(1, min(servers // 4, left - len(open_names)))
        left -= given[HEAVY]
    for number, name in enumerate(open_names):
        given[name] = left // len(open_names) + (number < left % len(open_names))
    return tuple(Pool(name, given[name]) for name in names)
