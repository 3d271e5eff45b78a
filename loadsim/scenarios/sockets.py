"""WebSockets that live long: opened, held, spoken over, lost and opened again.

Sources: RFC 6455 for how sockets end. The four ways to fail that are told apart are loadsim's own list.
"""

from __future__ import annotations

import math
from time import perf_counter as now
from typing import Any

from locust import task

from loadsim.distributions import parse_distribution
from loadsim.engine.ledger import Ledger, Letter
from loadsim.engine.users import SocketUser
from loadsim.engine.waiting import Waiting
from loadsim.engine.websocket import WebSocket
from loadsim.measure.socket_event import Event
from loadsim.randomness import Draws
from loadsim.wire import Plan, SocketSettings

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0


def visitor_for(plan: Plan) -> Any:
    """Return a user class whose visitors each live the life of one socket, or of several in turn."""
    settings = plan.sockets or SocketSettings()
    lifetime = parse_distribution(settings.lifetime) if settings.lifetime else None
    letter = Letter(settings.message) if settings.message else None

    class Visitor(SocketUser):
        """One socket an arrival, and with ``--reconnect`` the ones that follow when it is lost."""

        @task
        def live(self) -> None:
            """Hold a socket until the visitor's time is over."""
            stay_s = lifetime.draw(self.draws) / settings.time_scale if lifetime else math.inf
            sockets, leaves_at, lost_at, failures = self.engine.sockets, math.inf, None, 0
            while not sockets.over:
                ledger = Ledger(sockets.tally, sockets.note, letter)
                socket = self.ws.connect(listener=ledger.take, stay=True)
                if socket.opened_at is not None:
                    leaves_at = min(leaves_at, socket.opened_at + stay_s)
                    if lost_at is not None:
                        sockets.note(Event.RECOVERED, lost_at, lost_at, socket.opened_at)
                        lost_at, failures = None, 0
                    hold(socket, ledger, min(leaves_at, socket.opened_at + age_s(settings, self.draws)), settings)
                if now() >= leaves_at or settings.reconnect == "none":
                    return
                if socket.ending is not Event.FINISHED:
                    lost_at = lost_at or (socket.ended_at if socket.opened else None)
                    failures += 1
                    sockets.pause(Waiting(sockets.pacer), now() + backoff_s(settings, failures, self.draws))

    return Visitor


def hold(socket: WebSocket, ledger: Ledger, until: float, settings: SocketSettings) -> None:
    """Keep a socket open until a time, send when a message is due, and close it."""
    every_s = 1.0 / settings.message_rate if settings.message else math.inf
    due = (socket.opened_at or 0.0) + every_s
    while socket.wait(min(due, until)) and now() < until:
        socket.send(ledger.next_message(due))
        due += every_s
    socket.close()
    ledger.close(now(), failed=socket.ending is not Event.FINISHED)


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
