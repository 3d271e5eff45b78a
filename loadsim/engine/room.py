"""Whether this machine lets the engine hold as many connections as it is to make: said before there is any traffic."""

from __future__ import annotations

import resource
from pathlib import Path

from loadsim.errors import UsageError

OWN_DESCRIPTORS = 64
"""Pipes, timers, files and modules that the engine has open beside its connections."""
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def make_room(connections: int, addresses: int, *, all_at_once: bool) -> None:
    """Raise the soft limit of file descriptors as far as is needed and allowed.

    If ``all_at_once``, every connection will be open for sure: UsageError when the hard limit, or the local ports for
    the target's ``addresses``, do not suffice.
    """
    needed = connections + OWN_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if not all_at_once:
        return
    if most < needed:
        raise UsageError(
            f"{connections:,} sockets at once take {needed:,} file descriptors, and this process may have {hard:,}",
            hint=f"Raise the limit (as root: ulimit -Hn {needed}; for a service: LimitNOFILE={needed}), or hold fewer: "
            f"--connections {max(1, hard - OWN_DESCRIPTORS)}.",
        )
    ports = local_ports() * addresses
    if ports and ports < connections:
        raise UsageError(
            f"{connections:,} sockets at once take as many local ports, and there are {ports:,} for the target",
            hint="Widen net.ipv4.ip_local_port_range, give the target more addresses, or hold fewer: "
            f"--connections {ports}.",
        )


def local_ports() -> int:
    """Return how many ports the system gives to connections to one address; 0 where it does not say."""
    try:
        low, high = map(int, _PORT_RANGE.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return 0
    return high - low + 1
