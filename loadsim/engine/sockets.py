"""The WebSockets of one engine together: what they report, their heartbeats, and their end.

There is no timer a socket. All have the same intervals, so that queues in order of time need no sorting: one of when to
ping next, one of when to stop waiting for the end of a connection. The engine's chore looks at the heads of both.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import perf_counter as now
from typing import TYPE_CHECKING, Protocol

import msgspec

from loadsim.engine.ledger import Tally
from loadsim.engine.samples import Outbox
from loadsim.measure.sample import BACKEND_SHIFT
from loadsim.measure.socket_event import NO_CODE, SOCKET_EVENT, SOCKET_EVENT_BYTES, Event
from loadsim.wire import Kind, SocketCounts

if TYPE_CHECKING:
    from loadsim.engine.origin import Origin
    from loadsim.engine.pacer import Pacer
    from loadsim.engine.waiting import Waiting
    from loadsim.engine.websocket import WebSocket

BLOCK_EVENTS = 1024
GOODBYE_S = 5.0
"""How long the answer to a close frame, and then the end of the connection, may take."""


class Held(Protocol):
    """What is open: a socket, or a line of long-polls."""

    def beat(self, time: float) -> bool:
        """Do what the heartbeat asks for; return whether to come again."""

    def cut_off(self) -> None:
        """End what was to stay until the run is over."""


class SocketWriter:
    """Packs events; a full block goes out, preceded by whatever ``send_names`` sends.

    Unlike samples, events count from the first moment: a socket that opens early is there when the run begins.
    """

    def __init__(self, outbox: Outbox, send_names: Callable[[], None]) -> None:
        self._outbox, self._send_names = outbox, send_names
        self._buffer = bytearray(BLOCK_EVENTS * SOCKET_EVENT_BYTES)
        self._at = 0
        self.unreported = 0

    def add(
        self,
        event: int,
        due: float,
        began: float,
        middle: float,
        at: float,
        *,
        backend: int = 0,
        flags: int = 0,
        cause: int = 0,
        code: int = NO_CODE,
    ) -> None:
        """Add an event (``measure.socket_event``); times on the engine's clock."""
        SOCKET_EVENT.pack_into(self._buffer, self._at, event, backend, flags, cause, code, due, began, middle, at)
        self._at += SOCKET_EVENT_BYTES
        if self._at == len(self._buffer):
            self.flush()

    def flush(self) -> None:
        """Send what is there."""
        if not self._at:
            return
        self._send_names()
        if not self._outbox.send(Kind.SOCKETS, memoryview(self._buffer)[: self._at]):
            self.unreported += self._at // SOCKET_EVENT_BYTES
        self._at = 0


class Sockets:
    """Every socket of an engine, and every greenlet that waits for one."""

    def __init__(self, origin: Origin, pacer: Pacer, writer: SocketWriter, heartbeat_s: float | None = None) -> None:
        self.origin, self.pacer, self.writer = origin, pacer, writer
        self.tally = Tally()
        self.open: set[Held] = set()
        self.waiting: set[Waiting] = set()
        """Those who wait with no socket open: for the next attempt, say."""
        self.over = False
        """The run has ended: what was to stay open is closed, and nothing waits any more."""
        self.heartbeat_s = heartbeat_s
        self._beats: deque[tuple[float, Held]] = deque()
        self._closing: deque[tuple[float, WebSocket]] = deque()
        self.used = False
        """Whether any socket was ever open."""

    @property
    def closing(self) -> bool:
        """Whether the end of any connection is still waited for."""
        while self._closing and self._closing[0][1].gone:
            self._closing.popleft()
        return bool(self._closing)

    def opened(self, socket: Held) -> None:
        """Take a socket that has just opened."""
        self.used = True
        self.open.add(socket)
        if self.heartbeat_s is not None:
            self._beats.append((now() + self.heartbeat_s, socket))

    def ended(self, socket: Held) -> None:
        """Let go of a socket that is not open any more."""
        self.open.discard(socket)

    def await_end(self, socket: WebSocket) -> None:
        """Give the other side ``GOODBYE_S`` to end the connection."""
        self._closing.append((now() + GOODBYE_S, socket))

    def note(self, event: Event, due: float, began: float, at: float) -> None:
        """Report what is no socket's opening or ending."""
        self.writer.add(event, due, began, began, at)

    def pause(self, waiting: Waiting, until: float) -> None:
        """Block the calling greenlet until a time or the end of the run."""
        if self.over:
            return
        self.waiting.add(waiting)
        try:
            waiting.until(until)
        finally:
            self.waiting.discard(waiting)

    # -- in the hub

    def sweep(self, time: float) -> None:
        """Ping whoever is due, and give up whoever did not answer."""
        interval, beats, closing = self.heartbeat_s, self._beats, self._closing
        while beats and beats[0][0] <= time:
            socket = beats.popleft()[1]
            if socket.beat(time) and interval is not None:
                beats.append((time + interval, socket))
        while closing and (closing[0][0] <= time or closing[0][1].gone):
            closing.popleft()[1].give_up()

    def end(self) -> None:
        """Close what was to stay open, and let everyone go on who waits: the run is over."""
        self.over = True
        for socket in tuple(self.open):
            socket.cut_off()
        for waiting in tuple(self.waiting):
            waiting.wake()

    def report(self, time_s: float) -> bytes:
        """Send events on their way; return the counts of messages at profile time ``time_s``, as a frame's payload."""
        self.writer.flush()
        tally = self.tally
        known = tally.checked
        return msgspec.json.encode(
            SocketCounts(
                time_s=time_s,
                open=len(self.open),
                sent=tally.sent,
                received=tally.received,
                unanswered=tally.unanswered,
                lost=tally.lost if known else None,
                duplicated=tally.duplicated if known else None,
                corrupt=tally.corrupt if known else None,
                out_of_order=tally.out_of_order if known else None,
                late=tally.late if known else None,
                missed=tally.missed if known else None,
                recovered=tally.recovered if known else None,
                reopened=tally.reopened,
                http_reads=tally.http_reads,
            )
        )


def backend_number(key: int) -> int:
    """Return a backend's number from its place in a sample's key."""
    return key >> BACKEND_SHIFT & 0xFF
