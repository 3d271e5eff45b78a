"""Locust users whose iterations are started by arrivals. Scripts subclass :class:`LoadUser` as they would HttpUser."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
from gevent import GreenletExit
from greenlet import getcurrent
from locust import User
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING, DefaultTaskSet

from loadsim.engine.cookies import CookieJar
from loadsim.engine.http import Client
from loadsim.engine.pacer import Arrival
from loadsim.engine.tracing import TracingClient, TracingWebSocketClient
from loadsim.engine.websocket_client import WebSocketClient
from loadsim.measure.sample import CLASS_SHIFT, Outcome
from loadsim.randomness import Draws

if TYPE_CHECKING:
    from loadsim.engine.engine import Engine

RESTART_S = 1.0
"""How long a user whose code fails outside of its tasks stays away before it begins anew."""
_OK, _CHECK_FAILED, _EXCEPTION, _ABORTED = Outcome.OK, Outcome.CHECK_FAILED, Outcome.EXCEPTION, Outcome.ABORTED


class ArrivalDriven:
    """What makes a Locust user run one iteration an arrival. Mixed in before Locust's class.

    Everything random about an iteration comes from ``draws``, which holds the arrival's own stream of random numbers:
    the same seed is the same traffic, whichever user happens to serve an arrival and whenever.
    """

    visitor_classes: ClassVar[Mapping[str, float]] = {"visitor": 1.0}
    """Kinds of visitors and their shares; an arrival's kind is ``self.visitor``."""

    environment: Any
    wait: Any
    on_start: Any
    on_stop: Any

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[call-arg] # Locust's User comes next in the order of resolution
        self.engine: Engine = environment.engine
        self.due: float | None = None
        self.last_ended: float | None = None
        self.failed = False
        self.visitor_class = 0
        self.draws = Draws(0)
        self._freed = 0.0

    @property
    def visitor(self) -> str:
        """The name of this arrival's visitor class."""
        return self.engine.class_names[self.visitor_class]

    def think(self, seconds: float) -> None:
        """Wait as a visitor does between two requests; the next is due when this is over. ValueError below 0."""
        if not seconds >= 0:
            raise ValueError(f"think({seconds!r}): expected a number of seconds from 0 on")
        base = self.due if self.due is not None else self.last_ended
        self.due = (base if base is not None else perf_counter()) + seconds
        self.engine.pacer.sleep_until(self.due)

    def begin_visit(self) -> None:
        """Make this user a visitor who has not been here before; called before each iteration."""

    def run(self) -> None:
        """Live as Locust's user does (on_start, iterations, on_stop), but wait for arrivals between iterations.

        One who leaves (StopUser), or whose own code outside of tasks raises, begins anew: the pool must not shrink.
        """
        self._taskset_instance = DefaultTaskSet(self)  # so that self.wait() works in a task
        again = True
        while again:
            self._state: str | None = LOCUST_STATE_RUNNING
            again = False
            try:
                if self._begin():
                    self._serve()
            except StopUser:
                again = self._state != LOCUST_STATE_STOPPING
            except GreenletExit:
                pass
            except StopTest:  # Locust itself swallows it here
                self.engine.drain()
            except Exception as error:
                self.engine.raised(self, error)
                gevent.sleep(RESTART_S)
                again = True
            self._end()

    def _begin(self) -> bool:
        """Run on_start; False if there will be no run because of it."""
        try:
            self.on_start()
        except Exception as error:
            if self.engine.started.is_set():
                if isinstance(error, StopUser):  # it would do so for ever
                    gevent.sleep(RESTART_S)
                raise
            self.engine.start_failed(self, error)
            return False
        self.wake = getcurrent().switch
        self._freed = perf_counter()
        self.engine.ready_users += 1
        return True

    def _serve(self) -> None:
        if self.engine.plan.model == "open":
            self._serve_arrivals()
        else:
            self._serve_closed_loop()

    def _end(self) -> None:
        try:
            self.on_stop()
        except Exception as error:
            self.engine.raised(self, error)

    def _serve_arrivals(self) -> None:
        engine, pacer = self.engine, self.engine.pacer
        idle, backlog = pacer.idle, pacer.backlog
        sleep, give_up_s = engine.hub.switch, engine.plan.give_up_s
        while self._state != LOCUST_STATE_STOPPING:
            if backlog:
                arrival = backlog.popleft()
                started = perf_counter()
                due = arrival[0]
                if started - due > give_up_s:
                    engine.drop(arrival)
                    continue
                free = self._freed if self._freed > due else due
                looks = pacer.looks
                self._iterate(arrival, started, started - free, free - due)
                if looks == pacer.looks:
                    gevent.sleep(0)  # a target that refuses at once must not keep the pacer from its work
            else:
                self._state = LOCUST_STATE_WAITING  # stop() may end it here at once
                idle.append(self)
                try:
                    arrival = sleep()  # the pacer sets the state and switches here
                except BaseException:
                    idle.remove(self)
                    raise
                started = perf_counter()
                self._iterate(arrival, started, started - arrival[0], 0.0)

    def _serve_closed_loop(self) -> None:
        engine = self.engine
        engine.started.wait()
        turn = engine.next_turn()
        engine.pacer.sleep_until(engine.origin_time - engine.plan.warmup_s + turn)
        while self._state != LOCUST_STATE_STOPPING:
            arrival = engine.next_in_closed_loop()
            if arrival is None:
                self._state = LOCUST_STATE_WAITING
                engine.hub.switch()  # until it is killed
                return
            self._iterate(arrival, arrival[0], 0.0, 0.0)
            self.wait()
            gevent.sleep(0)

    def _iterate(self, arrival: Arrival, started: float, late_s: float, backlog_wait_s: float) -> None:
        engine = self.engine
        due, task, self.visitor_class, self.draws.state = arrival
        self.due, self.last_ended, self.failed = due, None, False
        outcome: int = _OK
        try:
            self.begin_visit()
            engine.tasks[task](self)
        except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately):
            pass  # the ways a Locust task says that it has ended
        except (StopUser, StopTest):
            raise
        except Exception as error:
            outcome = _EXCEPTION
            engine.raised(self, error)
        except BaseException:
            outcome = _ABORTED
            raise
        finally:
            if self.failed and outcome == _OK:
                outcome = _CHECK_FAILED
            self._freed = ended = perf_counter()
            engine.samples.iteration(
                self.visitor_class << CLASS_SHIFT | outcome, due, started, ended, late_s, backlog_wait_s
            )
            if due >= engine.origin_time:
                engine.tally[outcome] += 1


class LoadUser(ArrivalDriven, User):
    """A user with loadsim's HTTP client as ``self.client``.

    An arrival is a new visitor: cookies are gone and, with ``--connections visitor``, so is the connection. A class
    with an ``on_start`` of its own (a log-in, say) keeps both, since its session belongs to the user.
    """

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.client = TracingClient(self.engine, self) if self.engine.plan.trace else Client(self.engine.origin, self)
        self._ws: WebSocketClient | None = None
        if type(self).on_start is User.on_start:
            self.begin_visit = self.client.begin  # type: ignore[method-assign] # one call instead of two, each arrival

    @property
    def ws(self) -> WebSocketClient:
        """The WebSockets of this user, with the cookies of ``self.client``."""
        if self._ws is None:
            self._ws = _websockets(self, self.client.cookies)
            begin_others, begin_own = self.begin_visit, self._ws.begin

            def begin() -> None:
                begin_own()
                begin_others()

            self.begin_visit = begin  # type: ignore[method-assign] # only for those who have sockets
        return self._ws


class SocketUser(ArrivalDriven, User):
    """A user with WebSockets alone, as ``self.ws``: thousands of them fit into one process."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.ws = _websockets(self)
        self.begin_visit = self.ws.begin  # type: ignore[method-assign] # as LoadUser does


def _websockets(user: LoadUser | SocketUser, cookies: CookieJar | None = None) -> WebSocketClient:
    engine = user.engine
    if engine.plan.trace:
        return TracingWebSocketClient(engine, user, cookies)
    return WebSocketClient(engine.sockets, user, cookies)
