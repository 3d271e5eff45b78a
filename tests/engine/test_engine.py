"""The engine process against servers of known behaviour: nothing is lost, and times count from when they were due."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from loadsim.errors import ExitCode, LoadsimError
from loadsim.experiment.engine_process import EngineProcess
from loadsim.wire import Kind, Route

from .loopback import Loopback
from .playing import Played, assert_accounted, outcomes, plan, play, script, user_file

OK = (Route(path="/ok"),)


def test_every_arrival_is_accounted_for_and_the_warm_up_is_not_counted() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=OK, warmup_s=0.4))
    end = assert_accounted(played)
    assert (end.scheduled, end.completed) == (100, 100)
    assert len(server.paths) == 140
    assert (played.routes, played.backends) == (["GET /ok"], ["here"])
    assert played.kinds[0] == Kind.READY
    assert played.kinds.count(Kind.END) == 1
    assert played.kinds[-1] == Kind.END
    assert played.status == 0


def test_users_that_are_stopped_at_the_end_are_not_taken_for_work_in_flight() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=OK, profile="constant(40/s)", duration_s=0.5, users=3000))
    end = assert_accounted(played)
    assert max(tick.in_flight for tick in played.ticks) <= end.max_in_flight < 40


def test_a_target_that_dies_half_way_is_counted_and_the_run_goes_on() -> None:
    with Loopback(refuse_after=30) as server:
        played = play(plan(server.url, routes=OK, profile="constant(200/s)", duration_s=0.5))
    end = assert_accounted(played)
    assert end.completed == 30
    assert end.failed == 70
    assert outcomes(played.requests)["connect_refused"] > 50
    assert "refused" in played.errors["connect_refused"].lower()


def test_a_target_that_never_answers_runs_into_the_timeout() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=(Route(path="/never"),), duration_s=0.5, users=60, timeout_s=0.3))
    end = assert_accounted(played)
    assert end.failed == 50
    assert outcomes(played.requests) == {"timeout": 50}
    assert np.all(played.requests["ended"] - played.requests["started"] >= 0.3)


def test_what_is_in_flight_when_the_drain_ends_is_aborted_and_what_waits_is_dropped() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=(Route(path="/never"),), duration_s=0.5, users=5, drain_s=0.3))
    end = assert_accounted(played)
    assert (end.aborted, end.dropped) == (5, 45)
    assert outcomes(played.requests) == {"aborted": 5}
    assert (end.max_in_flight, end.max_backlog) == (5, 45)


def test_arrivals_that_waited_too_long_are_given_up() -> None:
    with Loopback(one_at_a_time=True) as server:
        played = play(plan(server.url, routes=(Route(path="/wait/100"),), users=2, give_up_s=0.3))
    end = assert_accounted(played)
    assert end.scheduled == 100
    assert 5 <= end.completed <= 18
    assert end.dropped == 100 - end.completed
    assert end.max_in_flight == 2


def test_response_time_counts_from_the_due_time_and_the_wait_is_the_targets() -> None:
    """One user, 40 arrivals a second, 50 ms each: the k-th (from 0) waits for those before it."""
    service_s, gap_s = 0.05, 0.025
    with Loopback() as server:
        played = play(
            plan(server.url, routes=(Route(path="/wait/50"),), profile="constant(40/s)", duration_s=0.5, users=1)
        )
    end = assert_accounted(played)
    assert end.completed == 20
    done = played.iterations
    number = np.arange(20)
    np.testing.assert_allclose(done["due"] - played.origin, gap_s / 2 + gap_s * number, atol=1e-9)
    assert np.all(done["ended"] - done["due"] >= (number + 1) * service_s - number * gap_s - 0.002)
    free = np.maximum(done["due"], np.concatenate(([0.0], done["ended"][:-1])))
    np.testing.assert_allclose(done["backlog_wait"], free - done["due"], atol=1e-5)
    np.testing.assert_allclose(done["late_start"], done["started"] - free, atol=1e-5)
    assert np.median(done["late_start"]) < 0.01
    assert done["backlog_wait"][-1] >= 19 * (service_s - gap_s) - 0.002
    np.testing.assert_array_equal(played.requests["due"], done["due"])


def test_the_same_seed_is_the_same_traffic_whoever_serves_it() -> None:
    routes = (Route(path="/ok/{zipf:1000}"), Route(path="/ok/all", weight=0.5), Route(method="POST", path="/ok/new"))
    with Loopback() as many, Loopback() as few, Loopback() as other:
        for server, users, seed in ((many, 60, 5), (few, 3, 5), (other, 60, 6)):
            played = play(plan(server.url, routes=routes, users=users, seed=seed, arrivals="poisson", duration_s=0.5))
            assert_accounted(played)
    assert len(many.paths) > 20
    assert sorted(many.paths) == sorted(few.paths)
    assert sorted(many.paths) != sorted(other.paths)


def test_a_number_of_iterations_ends_the_run_long_before_its_time() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=OK, iterations=17, duration_s=3600.0, warmup_s=0.1))
    assert assert_accounted(played).completed == 17
    assert len(server.paths) == 27


def test_the_closed_model_asks_again_when_it_has_an_answer() -> None:
    with Loopback() as server:
        played = play(plan(server.url, routes=(Route(path="/wait/20"),), model="closed", users=3, duration_s=0.6))
    end = assert_accounted(played)
    assert 6 <= end.completed <= 3 * 31
    assert end.scheduled == end.completed
    assert len({seen.connection for seen in server.seen if seen.path != "/"}) == 3
    assert np.all(played.iterations["due"] == played.iterations["started"])
    assert np.all(played.iterations["due"] < played.origin + 0.6)


def test_the_closed_models_warm_up_does_not_change_what_is_measured() -> None:
    routes = (Route(path="/ok/{uniform:1000}"),)
    with Loopback() as cold, Loopback() as warm:
        for server, warmup_s in ((cold, 0.0), (warm, 0.1)):
            played = play(plan(server.url, routes=routes, model="closed", users=1, iterations=12, warmup_s=warmup_s))
            assert assert_accounted(played).completed == 12
    assert len(warm.paths) > 12
    assert warm.paths[-12:] == cold.paths


def test_the_command_to_drain_ends_what_is_not_due_yet_and_keeps_what_is_in_flight() -> None:
    def drain(played: Played, engine: EngineProcess) -> None:
        if played.ticks and played.ticks[-1].scheduled > 10 and not played.ticks[-1].draining:
            engine.drain()

    with Loopback() as server:
        played = play(plan(server.url, routes=(Route(path="/wait/200"),), duration_s=30.0, users=100), drain)
    end = assert_accounted(played)
    assert 10 < end.scheduled == end.completed < 3000


def test_a_drain_before_the_beginning_is_an_empty_run(tmp_path: Path) -> None:
    slow_start = script(
        tmp_path,
        """
        import gevent
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            def on_start(self):
                gevent.sleep(1.0)
            @task
            def look(self):
                self.client.get("/ok")
        """,
    )
    asked = []

    def drain(_: Played, engine: EngineProcess) -> None:
        if server.seen and not asked:
            asked.append(engine.drain())

    with Loopback() as server:
        played = play(plan(server.url, slow_start, duration_s=30.0), drain)
    assert assert_accounted(played).scheduled == 0
    assert server.paths == []


def test_a_reader_that_does_not_read_delays_nothing_but_the_news(tmp_path: Path) -> None:
    """30,000 samples of 40 bytes are more than the pipe holds; all are due by 1.2 s, reading begins at 2.5 s."""
    idle = user_file(tmp_path, "pass")
    with Loopback() as server:
        played = play(plan(server.url, idle, profile="constant(25000/s)", duration_s=1.2), pause_s=2.5)
    end = assert_accounted(played)
    assert end.completed == 30_000
    assert np.max(played.iterations["started"]) < played.origin + 2.5


def test_killing_the_engine_leaves_what_it_had_sent() -> None:
    def kill(played: Played, _: EngineProcess) -> None:
        if played.ticks and played.ticks[-1].scheduled > 20 and played.collector.ready is not None:
            os.kill(played.collector.ready.pid, signal.SIGKILL)

    with Loopback() as server:
        played = play(plan(server.url, routes=OK, duration_s=30.0), kill)
    assert played.status == -signal.SIGKILL
    assert not played.collector.finished
    told = len(played.iterations)
    assert 15 < told <= len(server.paths)
    assert played.collector.recorder.live(0.0).completed == told


@pytest.mark.parametrize("ready", [True, False])
def test_the_engine_ends_at_once_when_nobody_listens_any_more(tmp_path: Path, ready: bool) -> None:
    slow_start = user_file(
        tmp_path,
        "pass",
        above="class Slow(LoadUser):\n    abstract = True\n    def on_start(self):\n"
        f"        gevent.sleep({0 if ready else 30})\n",
        base="Slow",
    )
    began = []

    def leave(played: Played, engine: EngineProcess) -> None:
        if not began and (played.ticks if ready else server.seen):
            assert engine._process.stdin is not None
            engine._process.stdin.close()
            began.append(perf_counter())

    with Loopback() as server:
        played = play(plan(server.url, slow_start, duration_s=30.0), leave)
    assert perf_counter() - began[0] < 10.0
    assert not played.collector.finished
    assert played.status == 0


def test_a_target_that_is_not_there_is_told_before_any_traffic() -> None:
    with Loopback() as server:
        url = server.url
    with pytest.raises(LoadsimError, match="cannot be reached") as caught:
        play(plan(url, routes=OK))
    assert caught.value.exit_code == ExitCode.TARGET
    assert "running" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            'def on_start(self): raise ValueError("no user of that name")',
            "Visitor.on_start raised ValueError: no user of that name",
        ),
        ("def on_start(self): raise StopUser()", "Visitor.on_start raised StopUser"),
        ('def __init__(self, environment): raise KeyError("HOME")', "a user could not be made: KeyError"),
        ("visitor_classes = {}", "visitor_classes is {}: expected 1 to 16 names"),
        ("tasks = []", "Visitor has no tasks"),
    ],
)
def test_users_that_cannot_begin_are_the_scripts_fault_and_told_as_such(
    tmp_path: Path, body: str, message: str
) -> None:
    task = "" if body.startswith("tasks") else "@task\n            def look(self): self.client.get('/ok')"
    path = script(
        tmp_path,
        f"""
        from locust import task
        from locust.exception import StopUser
        from loadsim import LoadUser
        class Visitor(LoadUser):
            {body}
            {task}
        """,
    )
    with Loopback() as server, pytest.raises(LoadsimError) as caught:
        play(plan(server.url, path))
    assert caught.value.exit_code == ExitCode.USAGE
    assert message in caught.value.message
    assert server.paths == []


def test_a_log_in_that_never_gets_its_answer_times_out(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            def on_start(self):
                self.client.get("/never").raise_for_status()
            @task
            def look(self):
                self.client.get("/ok")
        """,
    )
    with Loopback() as server, pytest.raises(LoadsimError, match="timeout"):
        play(plan(server.url, path, timeout_s=0.3))


def test_log_ins_leave_no_trace_in_what_is_measured(tmp_path: Path) -> None:
    """More samples than one block holds, before there is a run they could belong to."""
    path = script(
        tmp_path,
        """
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            def on_start(self):
                for _ in range(120):
                    self.client.get("/ok/log-in")
            @task
            def look(self):
                self.client.get("/ok")
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.3))
    assert assert_accounted(played).completed == 30
    assert server.paths.count("/ok/log-in") == 2400
    assert played.kinds[0] == Kind.READY
    assert len(played.requests) == 30
    assert played.routes == ["GET /ok/log-in", "GET /ok"]
