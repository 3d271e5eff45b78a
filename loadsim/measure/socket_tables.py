"""What became of WebSockets over time as tables: what the CSV files of a run directory hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loadsim.measure.socket_event import Event
from loadsim.measure.table import Column, Table
from loadsim.measure.websockets import SocketRecorder

COLUMNS = {
    "opened": Event.OPENED,
    "finished": Event.FINISHED,
    "never_opened": Event.NEVER_OPENED,
    "closed_on_us": Event.CLOSED_ON_US,
    "vanished": Event.VANISHED,
    "dead": Event.DEAD,
    "reconnected": Event.RECOVERED,
}


def sockets_table(sockets: SocketRecorder) -> Table:
    """Return a row a second: how many are open at its end, and what happened in it."""
    count = sockets.seconds
    events = sockets.events.rows(count)
    table: dict[str, Column] = {"time_s": np.arange(count), "open": sockets.open_by_backend(count).sum(axis=1)}
    table |= {name: events[:, event] for name, event in COLUMNS.items()}
    so_far = np.full((count + 1, 2), np.nan)
    so_far[0] = 0
    for second, counts in sockets.message_counts.items():
        if second < count:
            so_far[second + 1] = counts
    sent, received = np.diff(so_far, axis=0).T
    return Table(table | {"sent": sent, "received": received})


def open_sockets_table(sockets: SocketRecorder, name: Callable[[int], str]) -> Table:
    """Return a row a second and backend: how many are open there at its end."""
    still_open = sockets.open_by_backend(sockets.seconds)
    used = np.flatnonzero(still_open.any(axis=0))
    seconds, places = np.divmod(np.arange(len(still_open) * len(used)), max(len(used), 1))
    return Table(
        {
            "time_s": seconds,
            "backend": [name(int(used[place])) for place in places],
            "open": still_open[:, used].ravel(),
        }
    )
