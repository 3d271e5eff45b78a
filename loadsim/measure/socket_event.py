"""What happened to a WebSocket: 40 bytes an event, the same on both sides of the pipe.

As samples of requests (``measure.sample``), events are packed by the engine and read by numpy, a block at a time. Times
are seconds on the engine's monotonic clock. What ``due``, ``began``, ``middle`` and ``at`` mean:

=============  ===================  ====================  ===================  ============================
event          due                  began                 middle               at
=============  ===================  ====================  ===================  ============================
OPENED         opening due          connecting began      TCP and TLS stood    handshake done
NEVER_OPENED   opening due          connecting began      (as far as it came)  given up
FIRST_MESSAGE  -                    handshake done        -                    first message came
an ending      -                    handshake done        last sign of life    ended, or noticed
ECHO           message due          message sent          -                    its echo came
BROADCAST      -                    sent by the target    -                    came
RECOVERED      -                    the socket was lost   -                    another one is open instead
=============  ===================  ====================  ===================  ============================

Of a long-poll NaN stands for when the connection stood. A socket has one ending at most: one that is open when the run
ends has none.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from loadsim.measure.sample import outcome_name

SOCKET_EVENT = struct.Struct("=BBBxHHdddd")
"""event, backend number, flags, cause, close code, then the four times."""
SOCKET_EVENT_BYTES = SOCKET_EVENT.size
SOCKET_FIELDS = np.dtype(
    {
        "names": ["event", "backend", "flags", "cause", "code", "due", "began", "middle", "at"],
        "formats": ["u1", "u1", "u1", "<u2", "<u2", "<f8", "<f8", "<f8", "<f8"],
        "offsets": [0, 1, 2, 4, 6, 8, 16, 24, 32],
        "itemsize": SOCKET_EVENT_BYTES,
    }
)
SocketEvents = npt.NDArray[np.void]

BEGUN_BY_TARGET, CLEAN = 1, 2
"""Flags of an ending: the target sent the first close frame; both close frames were exchanged."""

NO_CODE = 0


class Event(IntEnum):
    """What happened."""

    OPENED = 1
    NEVER_OPENED = 2
    FIRST_MESSAGE = 3
    FINISHED = 4
    """Closed as planned."""
    CLOSED_ON_US = 5
    VANISHED = 6
    """The connection is gone without a close frame."""
    DEAD = 7
    """Open, but nobody is there."""
    ECHO = 8
    BROADCAST = 9
    RECOVERED = 10


FAILED_ENDINGS = (Event.CLOSED_ON_US, Event.VANISHED, Event.DEAD)
ENDINGS = (Event.FINISHED, *FAILED_ENDINGS)


class Cause(IntEnum):
    """Why a socket that had been open was lost, where a close code does not say it."""

    NONE = 0
    END_OF_FILE = 1
    RESET = 2
    BROKEN = 3
    """The network or TLS failed in another way."""
    NO_PONG = 4
    """Nothing came, not even the answer to a ping, until the deadline."""
    NO_CLOSE = 5
    """Our close frame was not answered until the deadline."""
    NOT_READING = 6
    """What we had to send piled up."""
    NO_ANSWER = 7
    """A long-poll was not answered, even without news, until the deadline."""


_BROKEN_RULES = {1002: "bad_frame", 1007: "bad_text", 1009: "too_large", 1011: "unreadable"}
"""The codes with which we close when the target breaks the protocol (RFC 6455, 7.4.1)."""


def cause_name(event: int, cause: int, code: int, flags: int) -> str:
    """Return the record's name for why a socket failed: ``'http_503'``, ``'1012'``, ``'bad_text'``, ``'no_pong'``."""
    if event == Event.NEVER_OPENED:
        return outcome_name(cause)
    if event == Event.CLOSED_ON_US:
        begun_by_target = flags & BEGUN_BY_TARGET
        return str(code) if begun_by_target else _BROKEN_RULES.get(code, str(code))
    return Cause(cause).name.lower()
