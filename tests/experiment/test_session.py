"""A session: the real engine plays a plan, watched from the command line's side."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from loadsim.errors import EngineError, ExitCode, LoadsimError
from loadsim.experiment.collect import Collector
from loadsim.experiment.fault_player import FaultPlayer
from loadsim.experiment.interrupts import Interrupted, Interrupts
from loadsim.experiment.prepare import Shape
from loadsim.experiment.session import Measured, Session
from loadsim.experiment.subject import Subject
from loadsim.experiment.trial import try_once
from loadsim.profiles import parse_profile
from loadsim.report.terminal import LiveState
from loadsim.report.terminal.view import QuietView
from loadsim.settings import RunSettings
from loadsim.wire import Plan, Route

from ..engine.loopback import Loopback
from ..engine.playing import plan, script


class Watching(QuietView):
    """A view that keeps what it was shown, and may act on it."""

    def __init__(self, act: Callable[[LiveState], None] = lambda _: None) -> None:
        self.states: list[LiveState] = []
        self._act = act

    def update(self, state: LiveState) -> None:
        self.states.append(state)
        self._act(state)


def session(
    given: Plan, view: Watching, broken: Callable[[float], Sequence[str]] = lambda _: ()
) -> tuple[Session, Collector]:
    profile = parse_profile(given.profile)
    shape = Shape(profile, given.duration_s, given.warmup_s, profile.phases(given.duration_s))
    collector = Collector(given, shape.phases, {}, ())
    no_faults = FaultPlayer((), given.duration_s, None)
    return Session(given, shape, Subject(url=given.http.url), collector, view, "title", broken, no_faults), collector


def measure(view: Watching, broken: Callable[[float], Sequence[str]] = lambda _: (), **changes: Any) -> Measured:
    with Loopback() as server:
        given = plan(server.url, routes=(Route(path="/wait/10"),), **changes)
        return played(session(given, view, broken)[0])


def played(session: Session) -> Measured:
    with Interrupts() as interrupts:
        return session.play(interrupts)


def test_a_session_measures_to_the_end_and_shows_how_it_goes() -> None:
    view = Watching()
    measured = measure(view, warmup_s=0.3)
    assert (measured.interrupted, measured.aborted_by, measured.trouble) == (None, [], [])
    assert measured.collector.finished
    assert measured.collector.tick is not None
    assert measured.collector.tick.completed == 100
    last = view.states[-1]
    assert (last.title, last.duration_s, last.max_in_flight) == ("title", 1.0, 20)
    assert last.completed > 0
    assert last.backends["all"]["here"] == last.completed
    np.testing.assert_array_equal(last.planned, 100.0)


def test_a_broken_abort_objective_drains_and_is_remembered() -> None:
    measured = measure(Watching(), lambda time_s: ("p99 < 1ms",) if time_s > 0 else (), duration_s=60.0)
    assert measured.aborted_by == ["p99 < 1ms"]
    assert measured.collector.finished
    assert measured.trouble == []


def test_the_first_interrupt_drains() -> None:
    def interrupt(state: LiveState) -> None:
        if state.completed and not state.draining:
            os.kill(os.getpid(), signal.SIGINT)

    measured = measure(Watching(interrupt), duration_s=60.0)
    assert measured.interrupted == ExitCode.INTERRUPTED
    assert measured.collector.finished
    assert measured.collector.tick is not None
    assert measured.collector.tick.aborted == 0


def test_the_second_interrupt_stops_at_once_and_loses_nothing() -> None:
    sent: list[int] = []

    def interrupt(state: LiveState) -> None:
        if state.completed and len(sent) < 2:
            sent.append(signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)

    def watch(state: LiveState) -> None:
        interrupt(state)
        interrupt(state)

    with Loopback() as server:
        routes = (Route(path="/ok"), Route(path="/wait/30000"))
        measured = played(session(plan(server.url, routes=routes, duration_s=60.0), Watching(watch))[0])
    tick = measured.collector.tick
    assert measured.interrupted == ExitCode.TERMINATED
    assert measured.collector.finished
    assert measured.trouble == []
    assert tick is not None
    assert tick.aborted > 0
    assert tick.scheduled == tick.completed + tick.aborted + tick.dropped


def test_an_interrupt_before_the_engine_is_ready_ends_the_command(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import os, signal, time
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(60)
        """,
    )
    with Loopback() as server, pytest.raises(Interrupted) as caught:
        played(session(plan(server.url, path), Watching())[0])
    assert caught.value.exit_code == ExitCode.INTERRUPTED


def test_an_engine_that_dies_is_trouble_and_what_it_sent_is_kept() -> None:
    given: list[Collector] = []

    def kill(state: LiveState) -> None:
        ready = given[0].ready
        if state.completed and ready is not None:
            os.kill(ready.pid, signal.SIGKILL)

    with Loopback() as server:
        made, collector = session(plan(server.url, routes=(Route(path="/ok"),), duration_s=60.0), Watching(kill))
        given.append(collector)
        measured = played(made)
    assert measured.trouble == ["the load-generating process was killed (SIGKILL) before the end"]
    assert collector.recorder.live(0.0).completed > 0


def test_a_target_that_is_not_there_is_raised_with_its_exit_code() -> None:
    with Loopback() as server:
        url = server.url
    with pytest.raises(LoadsimError, match="cannot be reached") as caught:
        played(session(plan(url, routes=(Route(path="/ok"),)), Watching())[0])
    assert caught.value.exit_code == ExitCode.TARGET


def test_one_iteration_can_be_tried_and_is_shown_without_secrets() -> None:
    shown = io.StringIO()
    with Loopback() as server:
        settings = RunSettings(
            scenario="read-heavy",
            name="read-heavy",
            target=server.url,
            routes=(Route(path="/status/503?token=hunter22"),),
            headers=(("Authorization", "Bearer hunter22"),),
            seed=1,
        )
        assert try_once(settings, Console(file=shown, width=120)) == ExitCode.OK
    text = shown.getvalue()
    assert "GET" in text
    assert "503" in text
    assert "http_503" in text
    assert "hunter22" not in text
    assert server.paths == ["/status/503?token=hunter22"]
    assert server.seen[-1].headers["authorization"] == "Bearer hunter22"


def test_trying_a_target_that_is_gone_says_so() -> None:
    with Loopback() as server:
        url = server.url
    settings = RunSettings(scenario="read-heavy", name="read-heavy", target=url, timeout_s=1.0)
    with pytest.raises(LoadsimError, match="cannot be reached") as caught:
        try_once(settings, Console(file=io.StringIO()))
    assert not isinstance(caught.value, EngineError)
