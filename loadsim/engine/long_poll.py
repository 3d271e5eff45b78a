"""A feed by long-polls: one request after another, each answered when there is news, or without after some time.

A line of them lives and fails as a socket does, and is reported as one: it is open from the first good answer on.
**Closed on us** is an error status, which stands where the close code would. **Vanished** is a connection that ended or
was refused in its life, **dead** a poll that was not answered by its deadline. It belongs to no backend: a balancer
sends each poll where it likes.
"""

from __future__ import annotations

import math
from time import perf_counter as now
from typing import TYPE_CHECKING

from loadsim.engine.http import Client
from loadsim.engine.ledger import Ledger
from loadsim.engine.response import Response
from loadsim.engine.waiting import Waiting
from loadsim.measure.sample import Outcome
from loadsim.measure.socket_event import BEGUN_BY_TARGET, NO_CODE, Cause, Event

if TYPE_CHECKING:
    from loadsim.engine.sockets import Sockets

WAIT_S = 10.0
"""How long the target is asked to wait for news, without a heartbeat."""
PATIENCE_S = 5.0
"""How much later it is taken for dead, without a heartbeat."""
NEWEST = "loadsim-newest "
"""What the target says to who has no message yet, before the number of the newest."""
_PAUSE_S = 1.0
"""Between two polls, where the target answers at once without news: it is no long-poll, and is not to be hammered."""
_ERRORS_FROM = 400
_CAUSES = {
    Outcome.TIMEOUT: Cause.NO_ANSWER,
    Outcome.CONNECT_TIMEOUT: Cause.NO_ANSWER,
    Outcome.CLOSED_EARLY: Cause.END_OF_FILE,
    Outcome.RESET: Cause.RESET,
}


class LongPoll:
    """Hears the feed at ``path``, and goes on after the newest message of the ledger."""

    def __init__(
        self, sockets: Sockets, client: Client, path: str, ledger: Ledger, heartbeat_s: float | None = None
    ) -> None:
        self._sockets, self._client, self._path, self._ledger = sockets, client, path, ledger
        self._wait_s = heartbeat_s or WAIT_S
        self._patience_s = heartbeat_s or PATIENCE_S
        self._due = 0.0
        self._received = 0
        self.opened_at: float | None = None
        self.ended_at = 0.0
        self.heard_at = 0.0
        self.ending: Event | None = None

    @property
    def opened(self) -> bool:
        """Whether there was ever a good answer."""
        return self.opened_at is not None

    def open(self) -> None:
        """Ask for what was missed, or for where the feed is."""
        due = self._client.user.due
        self._sockets.tally.http_reads += self._ledger.newest is not None
        response = self._ask(None)
        self._due = response.started if due is None else due
        self.ended_at = response.ended
        event = Event.NEVER_OPENED if response.code else Event.OPENED
        self._sockets.writer.add(event, self._due, response.started, math.nan, response.ended, cause=response.code)
        if response.code:
            self.ending = event
            return
        self.opened_at = response.ended
        self._sockets.opened(self)
        self._take(response)

    def hold(self, until: float) -> None:
        """Poll until a time, the end of the run, or a failure."""
        while self.ending is None and not self._sockets.over and (left_s := until - now()) > 0:
            newest, wait_s = self._ledger.newest, min(self._wait_s, left_s)
            response = self._ask(wait_s)
            if response.code:
                self._fail(response)
                continue
            self._take(response)
            if self._ledger.newest == newest and response.ended - response.started < min(_PAUSE_S, wait_s) / 2:
                self._sockets.pause(Waiting(self._sockets.pacer), min(until, now() + _PAUSE_S))
        if self.ending is None:
            self._sockets.ended(self)
            self.ending, self.ended_at = Event.FINISHED, now()
            if not self._sockets.over:  # else it is censored: who knows how long it would have lived
                self._report(Event.FINISHED)

    # -- as ``Sockets`` knows them

    def beat(self, time: float) -> bool:  # noqa: ARG002 - every poll is one
        """Need no ping."""
        return False

    def cut_off(self) -> None:
        """Let the poll that is under way come to its end."""

    # -- inside

    def _ask(self, wait_s: float | None) -> Response:
        newest = self._ledger.newest
        query: dict[str, float] = {} if newest is None else {"after": newest}
        if wait_s is not None:
            query["wait"] = round(wait_s, 3)
        name = self._path or self._client.origin.url.path.partition("?")[0]
        return self._client.get(self._path, name=name, params=query, timeout=self._patience_s + (wait_s or 0.0))

    def _take(self, response: Response) -> None:
        """Take the messages of an answer, if there are any."""
        self.heard_at = response.ended
        for line in response.text.splitlines():
            if line.startswith(NEWEST) and line[len(NEWEST) :].isdigit():
                self._ledger.begin_after(int(line[len(NEWEST) :]))
                continue
            self._sockets.tally.received += 1
            self._received += 1
            if self._received == 1 and self.opened_at is not None:
                self._sockets.note(Event.FIRST_MESSAGE, self.opened_at, self.opened_at, response.ended)
            self._ledger.take(line, response.ended)

    def _fail(self, response: Response) -> None:
        self.ended_at = response.ended
        self._sockets.ended(self)
        if response.code >= _ERRORS_FROM:
            self._report(Event.CLOSED_ON_US, code=response.code, flags=BEGUN_BY_TARGET)
        else:
            cause = _CAUSES.get(Outcome(response.code), Cause.BROKEN)
            self._report(Event.DEAD if cause is Cause.NO_ANSWER else Event.VANISHED, cause)

    def _report(self, event: Event, cause: Cause = Cause.NONE, *, code: int = NO_CODE, flags: int = 0) -> None:
        self.ending = event
        self._sockets.writer.add(
            event, self._due, self.opened_at or self.ended_at, self.heard_at, self.ended_at,
            flags=flags, cause=cause, code=code,
        )  # fmt: skip
