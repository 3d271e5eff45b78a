"""Locustfiles as people have them, unmodified: driven by arrivals, measured from the due time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .loopback import Loopback
from .playing import assert_accounted, outcomes, plan, play, script

LOCUSTFILE = """
import time
from locust import FastHttpUser, HttpUser, TaskSet, User, between, events, task

@events.init.add_listener
def on_init(environment, **kwargs):
    print("init heard", environment.host is not None)

@events.test_stop.add_listener
def on_test_stop(environment, **kwargs):
    print("test_stop heard")

class Tasks(TaskSet):
    @task
    def browse(self):
        self.client.get("/wait/20", name="/slow")
        self.client.get("/status/503")
        with self.client.get("/status/404", catch_response=True) as response:
            response.success()
        with self.client.get("/ok/bad", catch_response=True) as response:
            response.failure("not what was asked for")
        self.client.post("/ok/new", json={"item": 1})

class Slow(HttpUser):
    wait_time = between(1, 5)
    tasks = [Tasks]

class Fast(FastHttpUser):
    wait_time = between(1, 5)
    tasks = [Tasks]

class Exotic(User):
    @task
    def call(self):
        started = time.time()
        time.sleep(0.03)
        events.request.fire(request_type="gRPC call", name="list", response_time=30.0, response_length=3,
                            exception=None, context={}, response=["no headers"], start_time=started)
        time.sleep(0.05)
        self.environment.events.request.fire(request_type="gRPC call", name="more", response_time=0, response_length=0,
                                             exception=RuntimeError("unavailable"))

class Visiting(HttpUser):
    @task
    def look(self):
        self.client.get("/cookie/a")
        self.client.get("/ok")

class Judging(HttpUser):
    @task
    def look(self):
        with self.client.get("/ok", catch_response=True) as response:
            time.sleep(0.1)
"""


@pytest.mark.parametrize("name", ["Slow", "Fast"])
def test_http_users_are_driven_by_arrivals_and_recorded(tmp_path: Path, name: str) -> None:
    path = script(tmp_path, LOCUSTFILE)
    with Loopback() as server:
        played = play(plan(server.url, f"{path}:{name}", profile="constant(40/s)", duration_s=0.5))
    end = assert_accounted(played)
    assert (end.scheduled, end.failed) == (20, 20)
    assert len(server.paths) == 100
    assert outcomes(played.requests) == {"ok": 60, "http_503": 20, "check_failed": 20}
    assert outcomes(played.iterations) == {"check_failed": 20}
    assert played.routes == ["GET /slow", "GET /status/503", "GET /status/404", "GET /ok/bad", "POST /ok/new"]
    assert played.backends == ["here"]
    assert "not what was asked for" in played.errors["check_failed"]
    numbers = played.requests["key"] >> np.uint64(32)
    first = np.sort(played.requests[numbers == 1], order="due")
    np.testing.assert_array_equal(first["due"], np.sort(played.iterations["due"]))
    assert np.all(first["ended"] - first["due"] >= 0.02)
    assert np.all(played.requests["started"] >= played.requests["due"])
    assert "init heard True" in played.words
    assert "test_stop heard" in played.words


def test_clients_of_ones_own_are_recorded_by_whoever_fires_the_event(tmp_path: Path) -> None:
    path = script(tmp_path, LOCUSTFILE)
    with Loopback() as server:
        played = play(plan(server.url, f"{path}:Exotic", duration_s=0.2))
    assert assert_accounted(played).failed == 20
    assert outcomes(played.requests) == {"ok": 20, "closed_early": 20}
    assert played.routes == ["gRPC call list", "gRPC call more"]
    assert "unavailable" in played.errors["closed_early"]


def test_visitors_of_a_locustfile_begin_without_cookies(tmp_path: Path) -> None:
    path = script(tmp_path, LOCUSTFILE)
    with Loopback() as server:
        assert_accounted(play(plan(server.url, f"{path}:Visiting", users=1, duration_s=0.1)))
    cookies = [(seen.path, "a=1" in seen.headers.get("cookie", "")) for seen in server.seen if seen.path != "/"]
    assert cookies == [("/cookie/a", False), ("/ok", True)] * 10


def test_what_a_script_does_with_an_answer_is_no_response_time(tmp_path: Path) -> None:
    path = script(tmp_path, LOCUSTFILE)
    with Loopback() as server:
        played = play(plan(server.url, f"{path}:Judging", duration_s=0.2))
    assert assert_accounted(played).completed == 20
    assert np.median(played.requests["ended"] - played.requests["started"]) < 0.09
    assert np.all(played.iterations["ended"] - played.iterations["started"] >= 0.1)


def test_a_target_that_hangs_up_or_is_gone_has_its_outcome(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        from locust import FastHttpUser, HttpUser, task
        class Gone(HttpUser):
            @task
            def look(self):
                self.client.get("/ok")
        class FastGone(FastHttpUser):
            @task
            def look(self):
                self.client.get("/ok")
        """,
    )
    for name in ("Gone", "FastGone"):
        with Loopback(refuse_after=5) as server:
            played = play(plan(server.url, f"{path}:{name}", duration_s=0.5))
        end = assert_accounted(played)
        assert end.completed == 5
        assert end.failed == 45
        told = outcomes(played.requests)
        assert told["connect_refused"] >= 30
        assert set(told) <= {"ok", "connect_refused", "reset", "closed_early"}


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_headers_and_timeout_of_the_run_reach_locusts_clients_and_the_rest_is_said(tmp_path: Path, base: str) -> None:
    path = script(
        tmp_path,
        f"""
        from locust import {base}, task
        class Patient({base}):
            @task
            def look(self):
                self.client.get("/never")
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.2, timeout_s=0.4, headers=(("X-Shop", "north"),)))
    assert assert_accounted(played).failed == 20
    assert outcomes(played.requests) == {"timeout": 20}
    assert {seen.headers.get("x-shop") for seen in server.seen} == {"north"}
    assert played.collector.ready is not None
    assert "Patient uses Locust's own client" in played.collector.ready.notes[-1]
