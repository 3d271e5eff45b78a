"""One WebSocket: websockets' state machine without I/O, between an armed read watcher and one greenlet.

As with :mod:`loadsim.engine.connection` the hub receives and parses, and nothing that goes wrong raises: ``opened`` and
``ending`` tell how it went. A socket costs one descriptor, no timer, and no greenlet of its own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter as now
from typing import TYPE_CHECKING, Any

from gevent import get_hub
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from loadsim.engine.dial import Line
from loadsim.engine.failures import outcome_of
from loadsim.engine.http import Visitor
from loadsim.engine.waiting import Waiting
from loadsim.measure.sample import Outcome
from loadsim.measure.socket_event import BEGUN_BY_TARGET, CLEAN, NO_CODE, Cause, Event

if TYPE_CHECKING:
    from loadsim.engine.sockets import Sockets

Message = str | bytes
Listener = Callable[[Message, float], None]
"""Takes a message and when it came, in the hub: it must neither block nor raise."""

READ_BYTES = 65536
MAX_QUEUED = 1000
"""Messages that wait for ``recv``: beyond, nothing more is read, so that TCP holds the target back."""
MAX_UNSENT_BYTES = 1 << 20
"""What may pile up for a target that does not read (it may ask for pongs all the same)."""
_NEVER = math.inf
_OPEN = State.OPEN
_TEXT, _CONTINUED = Opcode.TEXT, Opcode.CONT


class WebSocket:
    """A WebSocket as a scenario sees it; made by :meth:`loadsim.engine.websocket_client.WebSocketClient.connect`.

    It is true as long as it is open. One greenlet may read (or wait) and one may send.
    """

    __slots__ = (
        "_backend", "_closing", "_due", "_fragments", "_line", "_pinged_at", "_protocol", "_queue", "_reader",
        "_sockets", "_stay", "_unsent", "_user", "_watcher", "_write_watcher", "_writer", "cause", "close_code",
        "ended_at", "ending", "heard_at", "listener", "opened_at", "received", "status", "subprotocol",
    )  # fmt: skip

    def __init__(self, sockets: Sockets, user: Visitor, *, stay: bool, listener: Listener | None = None) -> None:
        self._sockets, self._user = sockets, user
        self._stay = stay
        self._line: Line | None = None
        self._protocol: ClientProtocol
        self._reader = Waiting(sockets.pacer)
        self._writer: Waiting | None = None
        self._watcher: Any = None
        self._write_watcher: Any = None
        self._queue: deque[Message] | None = None
        self._fragments: list[Frame] | None = None
        self._unsent = b""
        self._pinged_at = 0.0
        self._due, self._backend = 0.0, 0
        self._closing = False
        self.listener = listener
        """Takes every message from now on, instead of ``recv``."""
        self.received = 0
        self.opened_at: float | None = None
        self.ended_at: float | None = None
        self.heard_at = 0.0
        self.ending: Event | None = None
        """How it ended: one of ``measure.socket_event.Event``; None as long as it is open."""
        self.cause = 0
        """Why: of NEVER_OPENED an outcome or HTTP status, else one of ``Cause``."""
        self.close_code = NO_CODE
        self.status = 0
        """The HTTP status of the answer to the handshake; 0 if none came."""
        self.subprotocol: str | None = None

    @property
    def opened(self) -> bool:
        """Whether it was ever open."""
        return self.opened_at is not None

    @property
    def is_open(self) -> bool:
        """Whether messages can go both ways."""
        return self.ending is None and self._line is not None and self._protocol.state is _OPEN

    @property
    def gone(self) -> bool:
        """Whether nothing is left of the connection."""
        return self._line is None

    def __bool__(self) -> bool:
        return self.is_open

    # -- in the user's greenlet

    def send(self, message: Message) -> bool:
        """Send a message, as text or binary by its type. False if the socket has ended.

        While the target does not read what was sent before, this blocks; for longer than the timeout, and it is dead.
        """
        if self._unsent:
            self._await_room()
        if not self.is_open:
            return False
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._sockets.tally.sent += 1
        self._flush()
        return self.ending is None

    def recv(self, timeout: float | None = None) -> Message | None:
        """Return the next message; None if none came in ``timeout`` seconds, or if the socket has ended."""
        if self._queue is None:
            self._queue = deque()
        queue, deadline = self._queue, _NEVER if timeout is None else now() + timeout
        while not queue:
            if not self.is_open or now() >= deadline:
                return None
            self._block(deadline)
        message = queue.popleft()
        if len(queue) == MAX_QUEUED // 2 and self._watcher is not None and not self._watcher.active:
            self.heard_at = now()
            self._watcher.start(self._readable)
        return message

    def __iter__(self) -> Iterator[Message]:
        while (message := self.recv()) is not None:
            yield message

    def wait(self, until: float) -> bool:
        """Block until a time (``perf_counter``), or until the socket has ended; return whether it is still open."""
        while self.is_open and now() < until:
            self._block(until)
        return self.is_open

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, and wait for the target's answer."""
        if not self.is_open:
            return
        self._closing = True
        self._protocol.send_close(code, reason)
        self._sockets.await_end(self)
        self._flush()
        while self.ending is None:
            self._block(_NEVER)

    def _block(self, until: float) -> None:
        self._reader.until(until)
        self._user.last_ended = now()  # what the visitor does next was not due while it listened

    def take(self, line: Line, protocol: ClientProtocol, due: float, opened_at: float, backend: int) -> None:
        """Begin: the handshake is done."""
        self._line, self._protocol, self._due, self._backend = line, protocol, due, backend
        self.opened_at = self.heard_at = opened_at
        self.subprotocol = protocol.subprotocol
        self._sockets.opened(self)
        self._watcher = get_hub().loop.io(line.fileno(), 1)
        self._watcher.start(self._readable)
        self._settle()  # a message may have come with the answer to the handshake
        if self._sockets.over:
            self.cut_off()

    def refuse(self, cause: int, ended: float) -> None:
        """End before it began."""
        self.ending, self.cause, self.ended_at = Event.NEVER_OPENED, cause, ended

    def _await_room(self) -> None:
        if self._writer is None:
            self._writer = Waiting(self._sockets.pacer)
        deadline = now() + self._sockets.origin.timeout_s
        while self._unsent and self.is_open and now() < deadline:
            self._writer.until(deadline)
        if self._unsent and self.is_open:
            self._die(Cause.NOT_READING)

    # -- in the hub, called by the loop or by ``Sockets``: must neither block nor raise

    def beat(self, time: float) -> bool:
        """Ping; but if nothing came since the last time, the socket is dead. Return whether to come again."""
        if not self.is_open:
            return False
        if self._watcher.active and self._pinged_at > self.heard_at:
            self._die(Cause.NO_PONG)
            return False
        self._pinged_at = time
        self._protocol.send_ping(b"")
        self._flush()
        return True

    def give_up(self) -> None:
        """Stop waiting for the end of the connection."""
        if self.ending is None:
            self._die(Cause.NO_CLOSE)
        else:
            self._hang_up()

    def cut_off(self) -> None:
        """Close one that was to stay, since the run is over. That is no ending: who knows how long it would have lived.

        The others may come to their end within the drain time, as requests may.
        """
        if not self._stay or not self.is_open:
            return
        self._protocol.send_close(CloseCode.GOING_AWAY)
        self._sockets.await_end(self)
        self.ending, self.ended_at = Event.FINISHED, now()
        self._sockets.ended(self)
        self._flush()
        self._wake()

    def _readable(self) -> None:
        line = self._line
        if line is None:
            return
        try:
            data = line.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._broke(error)
            return
        if data:
            self.heard_at = now()
            self._protocol.receive_data(data)
        if not data or line.ended:
            self._protocol.receive_eof()
        self._settle()

    def _settle(self) -> None:
        """Take what has come, send what that asks for, and see whether it was the end."""
        protocol = self._protocol
        for frame in protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode <= 2 and self.ending is None:
                self._take(frame)
        self._flush()
        if protocol.state is not _OPEN:
            self._see_end()

    def _take(self, frame: Frame) -> None:
        """Put a message together. Its size is bounded by the protocol."""
        if frame.opcode is _CONTINUED or not frame.fin:
            fragments = self._fragments = self._fragments or []
            fragments.append(frame)
            if not frame.fin:
                return
            self._fragments = None
            is_text, data = fragments[0].opcode is _TEXT, b"".join(bytes(part.data) for part in fragments)
        else:
            is_text, data = frame.opcode is _TEXT, bytes(frame.data)
        if is_text:
            try:
                self._deliver(data.decode())
            except UnicodeDecodeError:
                self._protocol.fail(CloseCode.INVALID_DATA)
        else:
            self._deliver(data)

    def _deliver(self, message: Message) -> None:
        self._sockets.tally.received += 1
        self.received += 1
        if self.received == 1 and self.opened_at is not None:
            self._sockets.note(Event.FIRST_MESSAGE, self.opened_at, self.opened_at, self.heard_at)
        if self.listener is not None:
            self.listener(message, self.heard_at)
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(message)
        if len(self._queue) >= MAX_QUEUED and self._watcher is not None:
            self._watcher.stop()
        self._reader.wake()

    def _flush(self) -> None:
        """Send what the protocol has to say; what does not go now goes when there is room."""
        line, pieces = self._line, self._protocol.data_to_send()
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if not data or line is None:
            return
        if self._unsent:
            self._unsent += data
            if len(self._unsent) > MAX_UNSENT_BYTES and self.ending is None:
                self._die(Cause.NOT_READING)
            return
        try:
            sent = line.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._broke(error)
            return
        if sent < len(data):
            self._unsent = data[sent:]
            self._write_watcher = get_hub().loop.io(line.fileno(), 2)
            self._write_watcher.start(self._writable)

    def _writable(self) -> None:
        line = self._line
        if line is None:
            return
        try:
            self._unsent = self._unsent[line.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError as error:
            self._broke(error)
            return
        if not self._unsent:
            self._write_watcher.stop()
            self._write_watcher.close()
            self._write_watcher = None
            if self._writer is not None:
                self._writer.wake()

    def _broke(self, error: OSError) -> None:
        """End since the connection failed; but a close frame may have come before it did."""
        line, protocol = self._line, self._protocol
        self._unsent = b""
        try:
            while line is not None and (data := line.recv(READ_BYTES)):
                protocol.receive_data(data)
        except OSError:
            pass  # the first failure is the one to tell of
        self._line = None  # nothing more can be sent
        self._settle()
        if self.ending is None and self._closing and protocol.close_sent is not None:
            self._end(Event.FINISHED, code=protocol.close_sent.code)
        if self.ending is None:
            reset = outcome_of(error, opening=False) == Outcome.RESET
            self._end(Event.VANISHED, Cause.RESET if reset else Cause.BROKEN)
        self._line = line
        self._hang_up()

    def _see_end(self) -> None:
        """See who began to close, and whether that is over: the protocol is closing or closed."""
        protocol = self._protocol
        theirs, ours = protocol.close_rcvd, protocol.close_sent
        if self.ending is None:
            if theirs is not None and protocol.close_rcvd_then_sent:
                purposeful = theirs.code == CloseCode.NORMAL_CLOSURE and not self._stay
                event = Event.FINISHED if purposeful else Event.CLOSED_ON_US
                self._end(event, code=theirs.code, flags=BEGUN_BY_TARGET | CLEAN)
                self._sockets.await_end(self)
            elif ours is None:
                self._end(Event.VANISHED, Cause.END_OF_FILE)
            elif not self._closing:  # the protocol closes when the target does not keep to it
                self._end(Event.CLOSED_ON_US, code=ours.code)
                self._sockets.await_end(self)
            elif theirs is not None or protocol.state is State.CLOSED:
                self._end(Event.FINISHED, code=ours.code, flags=CLEAN if theirs is not None else 0)
        if protocol.state is State.CLOSED:
            self._hang_up()

    def _die(self, cause: Cause) -> None:
        self._end(Event.DEAD, cause)
        self._hang_up()

    def _end(self, event: Event, cause: Cause = Cause.NONE, *, code: int = NO_CODE, flags: int = 0) -> None:
        self.ending, self.cause, self.close_code, self.ended_at = event, cause, code, now()
        opened_at = self.opened_at or self.ended_at
        self._sockets.ended(self)
        self._sockets.writer.add(
            event, self._due, opened_at, self.heard_at, self.ended_at,
            backend=self._backend, flags=flags, cause=cause, code=code,
        )  # fmt: skip
        if event is not Event.FINISHED:
            self._user.failed = True
        self._wake()

    def _wake(self) -> None:
        self._reader.wake()
        if self._writer is not None:
            self._writer.wake()

    def _hang_up(self) -> None:
        """Close the connection."""
        for watcher in (self._watcher, self._write_watcher):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._watcher = self._write_watcher = None
        self._unsent = b""
        if self._line is not None:
            self._line.close()
            self._line = None
