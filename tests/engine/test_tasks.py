"""Locust's task sets, one visit an arrival, in the real engine process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .loopback import Loopback
from .playing import assert_accounted, outcomes, plan, play, script

SETS = """
from locust import SequentialTaskSet, TaskSet, task
from locust.exception import RescheduleTask
from loadsim import LoadUser

class Account(TaskSet):
    def on_start(self):
        self.client.get("/ok/enter")
    def on_stop(self):
        self.client.get("/ok/leave")
    @task(3)
    def often(self):
        self.client.get("/ok/often")
    @task
    def seldom(self):
        self.client.get("/ok/seldom")
        self.interrupt()

class Checkout(SequentialTaskSet):
    @task
    def first(self):
        self.client.get("/ok/1")
    @task
    class Inside(TaskSet):
        @task
        def only(self):
            self.client.get("/ok/2")
            self.interrupt()
    @task
    def skipped(self):
        raise RescheduleTask()
    @task
    def last(self):
        self.user.client.get("/ok/3")
        self.interrupt()
    @task
    def never(self):
        self.client.get("/ok/4")
"""


def test_a_visit_to_a_task_set_is_one_of_its_tasks_by_weight(tmp_path: Path) -> None:
    path = script(tmp_path, SETS + "\nclass Visitor(LoadUser):\n    tasks = [Account]\n")
    with Loopback() as server:
        played = play(plan(server.url, path, profile="constant(400/s)", duration_s=0.25))
    assert assert_accounted(played).completed == 100
    seen = Counter(server.paths)
    assert seen["/ok/enter"] == seen["/ok/leave"] == 100
    assert seen["/ok/often"] + seen["/ok/seldom"] == 100
    assert 50 < seen["/ok/often"] < 98


def test_a_sequence_runs_in_order_and_goes_on_after_a_set_inside_it(tmp_path: Path) -> None:
    path = script(tmp_path, SETS + "\nclass Visitor(LoadUser):\n    tasks = {Checkout: 1}\n")
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.2, users=1))
    assert assert_accounted(played).completed == 20
    assert server.paths == ["/ok/1", "/ok/2", "/ok/3"] * 20
    assert outcomes(played.requests) == {"ok": 60}
