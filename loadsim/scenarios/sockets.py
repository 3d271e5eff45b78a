"""WebSockets that live long: opened, held, spoken over, lost and opened again. Or long-polls, which live as they do.

Sources: RFC 6455 for how sockets end; RFC 6202 for long-polls. The four ways to fail that are told apart are loadsim's
own list.
"""

from __future__ import annotations

import math
from time import perf_counter as now
from typing import Any

from locust import task

from loadsim.distributions import Distribution, parse_distribution
from loadsim.engine.ledger import Ledger, Letter
from loadsim.engine.long_poll import LongPoll
from loadsim.engine.users import LoadUser, SocketUser
from loadsim.engine.waiting import Waiting
from loadsim.engine.websocket import WebSocket
from loadsim.measure.socket_event import Event
from loadsim.randomness import Draws
from loadsim.wire import Plan, SocketSettings

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
MESSAGES = "/feed/messages"
"""Where the bundled target's feed is read over HTTP, and polled."""


def visitor_for(plan: Plan) -> Any:
    """Return a user class whose visitors each live the life of one socket, or of several in turn."""
    settings = plan.sockets or SocketSettings()
    life = Life(settings, MESSAGES if plan.bundled else "")
    if settings.over == "sockets" and settings.resume != "http":

        class Visitor(SocketUser):
            """One socket an arrival, and with ``--reconnect`` the ones that follow when it is lost."""

            @task
            def live(self) -> None:
                """Hold a socket until the visitor's time is over."""
                life.live(self)

        return Visitor

    class Reader(LoadUser):
        """A visitor who also sends requests, which takes more memory."""

        @task
        def live(self) -> None:
            """Hold a socket, or poll, until the visitor's time is over."""
            life.live(self)

    return Reader


class Life:
    """What visitors do, who each hold one socket at a time."""

    def __init__(self, settings: SocketSettings, messages: str) -> None:
        self._settings, self._messages = settings, messages
        self._lifetime: Distribution | None = parse_distribution(settings.lifetime) if settings.lifetime else None
        self._letter = Letter(settings.message) if settings.message else None

    def live(self, user: Any) -> None:
        """Hold a socket until the visitor's time is over; with ``--reconnect`` several in turn."""
        settings, sockets = self._settings, user.engine.sockets
        stay_s = self._lifetime.draw(user.draws) / settings.time_scale if self._lifetime else math.inf
        leaves_at, lost_at, failures = math.inf, None, 0
        ledger, was_open = None, False
        while not sockets.over:
            ledger = Ledger(sockets.tally, sockets.note, self._letter, follows=ledger)
            line = self._open(user, ledger)
            if line.opened_at is not None:
                leaves_at = min(leaves_at, line.opened_at + stay_s)
                if lost_at is not None:
                    sockets.note(Event.RECOVERED, lost_at, lost_at, line.opened_at)
                    lost_at, failures = None, 0
                if was_open:
                    sockets.tally.reopened += 1
                    self._read_missed(user, ledger)
                was_open = True
                self._hold(line, ledger, min(leaves_at, line.opened_at + age_s(settings, user.draws)))
            if now() >= leaves_at or settings.reconnect == "none":
                return
            if line.ending is not Event.FINISHED:
                lost_at = lost_at or (line.ended_at if line.opened else None)
                failures += 1
                sockets.pause(Waiting(sockets.pacer), now() + backoff_s(settings, failures, user.draws))

    def _open(self, user: Any, ledger: Ledger) -> WebSocket | LongPoll:
        engine, settings = user.engine, self._settings
        if settings.over == "long-polls":
            poll = LongPoll(engine.sockets, user.client, self._messages, ledger, settings.heartbeat_s)
            poll.open()
            return poll
        path = engine.origin.url.path
        url = ""
        if settings.resume == "socket" and ledger.newest is not None:
            url = f"{engine.origin.url.origin}{path}{'&' if '?' in path else '?'}after={ledger.newest}"
        socket: WebSocket = user.ws.connect(url, name=path, listener=ledger.take, stay=True)
        return socket

    def _read_missed(self, user: Any, ledger: Ledger) -> None:
        """Read over HTTP what was missed while there was no socket."""
        if self._settings.resume != "http" or ledger.newest_before is None:
            return
        user.engine.sockets.tally.http_reads += 1
        response = user.client.get(self._messages, name=self._messages, params={"after": ledger.newest_before})
        for line in response.text.splitlines() if response.ok else ():
            ledger.take(line, response.ended)

    def _hold(self, line: WebSocket | LongPoll, ledger: Ledger, until: float) -> None:
        if isinstance(line, LongPoll):
            line.hold(until)
        else:
            hold(line, ledger, until, self._settings)
        ledger.close(now(), failed=line.ending is not Event.FINISHED)


def hold(socket: WebSocket, ledger: Ledger, until: float, settings: SocketSettings) -> None:
    """Keep a socket open until a time, send when a message is due, and close it."""
    every_s = 1.0 / settings.message_rate if settings.message else math.inf
    due = (socket.opened_at or 0.0) + every_s
    while socket.wait(min(due, until)) and now() < until:
        socket.send(ledger.next_message(due))
        due += every_s
    socket.close()


def age_s(settings: SocketSettings, draws: Draws) -> float:
    """Return the age at which we end this socket ourselves."""
    if settings.max_age_s is None:
        return math.inf
    around = settings.max_age_jitter_s * (2 * draws.uniform() - 1)
    return max(0.0, settings.max_age_s + around) / settings.time_scale


def backoff_s(settings: SocketSettings, failures: int, draws: Draws) -> float:
    """Return how long to wait before the next attempt: exponential, with full jitter.

    Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015. Whoever reconnects at once still waits
    a moment after the second failure in a row, so that a target that refuses is not asked in a tight loop.
    """
    if settings.reconnect == "now":
        return 0.0 if failures == 1 else 0.1
    return draws.uniform() * min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(failures, 30))
