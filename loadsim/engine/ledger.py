"""What one socket sent and what came back: which message is an echo, which is missing, double, damaged or late. Pure.

Two kinds of messages can be checked. An **echo** is what we sent, letter for letter; with ``{n}`` in the text each is
numbered, and each can be told from the others. A **feed** is what the target sends unasked, if it has this form::

    loadsim-feed NUMBER SENT_S CRC PAYLOAD

NUMBER counts up by one from message to message of a feed. SENT_S is the target's monotonic clock in seconds, which is
ours if it runs on this machine. CRC is that of PAYLOAD (``zlib.crc32``, in hexadecimal). What a target sends again, to
whoever asks for what it missed, begins with ``loadsim-missed`` instead. All other messages are only counted.

The feed goes on over the sockets of a visitor. What was sent while there was none is not lost: it is **missed**, and of
that some is **recovered**, by being sent again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from loadsim.measure.socket_event import Event

LATE_S = 1.0
"""A message that took longer is late."""
LOST_AFTER_S = 5.0
"""An echo still missing so long after its message was due, when we close, is lost; a younger one was cut off."""
MAX_MISSING = 1000
"""So many missing messages are remembered of a socket; older ones stay lost even if they come."""
FEED, MISSED = "loadsim-feed ", "loadsim-missed "
_NUMBER = "{n}"

Record = Callable[[Event, float, float, float], None]
"""Takes what happened, and its due, began and at (``measure.socket_event``)."""


@dataclass(slots=True)
class Tally:
    """Messages of all sockets of an engine together."""

    sent: int = 0
    received: int = 0
    unanswered: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    out_of_order: int = 0
    late: int = 0
    missed: int = 0
    recovered: int = 0
    checked: bool = False
    """Whether any message could be checked: otherwise nothing is known of the seven before."""
    reopened: int = 0
    """Sockets that followed another one of the same visitor."""
    http_reads: int = 0
    """Reads of what was missed in between."""


class Letter:
    """The text of the messages to send; ``{n}`` in it stands for the message's number on its socket, from 1."""

    __slots__ = ("_after", "_before", "_text", "numbered")

    def __init__(self, text: str) -> None:
        self._text = text
        self._before, self.numbered, self._after = (part for part in text.partition(_NUMBER))

    def write(self, number: int) -> str:
        """Return the message of this number."""
        return f"{self._before}{number}{self._after}" if self.numbered else self._text

    def number(self, text: str) -> int | None:
        """Return the number of a message that is one of ours; 0 for one without, None for what was never sent."""
        if not self.numbered:
            return 0 if text == self._text else None
        if not (text.startswith(self._before) and text.endswith(self._after)):
            return None
        digits = text[len(self._before) : len(text) - len(self._after)]
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


@dataclass(slots=True)
class Gap:
    """Numbers of the feed between two sockets of a visitor, which come after ``after``."""

    after: int
    unread: set[int] = field(default_factory=set)
    """Missed, and not sent again so far."""
    read: set[int] = field(default_factory=set)
    """Sent again: the socket may have them too, if they were just new."""
    is_open: bool = True
    """Whether nothing new has come since."""


class Ledger:
    """Checks the messages of one socket. ``take`` is what the socket calls for each that comes.

    ``follows`` is that of the visitor's socket before.
    """

    __slots__ = ("_expected", "_gap", "_highest", "_letter", "_missing", "_number", "_record", "_sent", "_tally")

    def __init__(
        self, tally: Tally, record: Record, letter: Letter | None = None, follows: Ledger | None = None
    ) -> None:
        self._tally, self._record, self._letter = tally, record, letter
        self._sent: dict[int, float] = {}
        """Number -> when it was due, of messages whose echo has not come."""
        self._number = self._highest = 0
        before = follows.newest if follows is not None else None
        self._expected: int | None = None if before is None else before + 1
        """The next number of the feed, once it has begun."""
        self._gap = None if before is None else Gap(before)
        self._missing: dict[int, None] = {}

    def next_message(self, due: float) -> str:
        """Return the next message to send, and expect its echo from now on."""
        assert self._letter is not None  # noqa: S101 - who has nothing to say does not ask
        self._number += 1
        self._sent[self._number] = due
        if len(self._sent) > MAX_MISSING:
            del self._sent[next(iter(self._sent))]
            self._tally.lost += 1
        return self._letter.write(self._number)

    def take(self, message: str | bytes, at: float) -> None:
        """Check a message that came ``at`` (engine's clock)."""
        if isinstance(message, str):
            if message.startswith((FEED, MISSED)):
                self._take_feed(message, at)
            elif self._letter is not None:
                number = self._letter.number(message)
                if number is not None:
                    self._take_echo(number, at)

    @property
    def newest(self) -> int | None:
        """The highest number of the feed that came; None if it has not begun."""
        return None if self._expected is None else self._expected - 1

    @property
    def newest_before(self) -> int | None:
        """The highest number that came over the sockets before this one."""
        return None if self._gap is None else self._gap.after

    def begin_after(self, number: int) -> None:
        """Expect the feed to go on after this number, as it has not begun yet."""
        if self._expected is None:
            self._expected = number + 1

    def close(self, at: float, *, failed: bool) -> None:
        """Account for what is still missing: lost with a socket that failed, else if it was old."""
        for due in self._sent.values():
            if failed or at - due > LOST_AFTER_S:
                self._tally.lost += 1
            else:
                self._tally.unanswered += 1
        self._sent.clear()

    def _take_echo(self, number: int, at: float) -> None:
        tally = self._tally
        tally.checked = True
        if not number:  # all the same: it is the first one's that is missing
            number = next(iter(self._sent), 0)
        due = self._sent.pop(number, None)
        if due is None:
            if number <= self._number:
                tally.duplicated += 1
            else:
                tally.corrupt += 1  # a number that was never sent
            return
        if number < self._highest:
            tally.out_of_order += 1
        else:
            self._highest = number
        if at - due > LATE_S:
            tally.late += 1
        self._record(Event.ECHO, due, due, at)

    def _take_feed(self, message: str, at: float) -> None:
        tally = self._tally
        tally.checked = True
        parts = message.split(" ", 4)
        try:
            mark, number_text, sent_text, crc, payload = parts
            number, sent = int(number_text), float(sent_text)
        except ValueError:
            tally.corrupt += 1
            return
        if f"{zlib.crc32(payload.encode()):x}" != crc:
            tally.corrupt += 1
        if mark == MISSED.strip():
            self._take_again(number)
            return
        if not self._is_new(number):
            return
        if at - sent > LATE_S:
            tally.late += 1
        self._record(Event.BROADCAST, sent, sent, at)

    def _is_new(self, number: int) -> bool:
        """Place a message in the feed; False if it has come before."""
        tally, expected, gap = self._tally, self._expected, self._gap
        if gap is not None and number in gap.read:
            gap.read.discard(number)
            tally.missed -= 1
            tally.recovered -= 1
        elif expected is None or number == expected:
            self._expected = number + 1
        elif gap is not None and gap.is_open and number > expected:
            self._miss(gap, range(expected, number))
            self._expected = number + 1
        elif number > expected:
            tally.lost += number - expected
            for missing in range(max(expected, number - MAX_MISSING), number):
                self._missing[missing] = None
            while len(self._missing) > MAX_MISSING:
                del self._missing[next(iter(self._missing))]
            self._expected = number + 1
        elif number in self._missing:
            del self._missing[number]
            tally.lost -= 1
            tally.out_of_order += 1
        else:
            tally.duplicated += 1
            return False
        if gap is not None:
            gap.is_open = False
        return True

    def _take_again(self, number: int) -> None:
        """Place a message that was sent again in the gap."""
        gap, expected = self._gap, self._expected
        if gap is None or expected is None:
            self._expected = max(number + 1, expected or 0)
            return
        if number >= expected:
            self._miss(gap, range(expected, number + 1))
            self._expected = number + 1
        if number in gap.unread:
            gap.unread.discard(number)
            gap.read.add(number)
            self._tally.recovered += 1

    def _miss(self, gap: Gap, numbers: range) -> None:
        self._tally.missed += len(numbers)
        gap.unread.update(numbers[-MAX_MISSING:])
