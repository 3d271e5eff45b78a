"""Users in the real engine process: waiting, leaving, failing, and what a visitor keeps."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np

from loadsim.wire import Route

from .loopback import Loopback
from .playing import assert_accounted, outcomes, plan, play, script, user_file


def test_thinking_is_precise_and_no_part_of_the_response_time(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/ok/1")\nself.think(0.1)\nself.client.get("/ok/2")')
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.5))
    assert assert_accounted(played).completed == 50
    done, asked = played.iterations, played.requests
    numbers = asked["key"] >> np.uint64(32)
    first, second = (np.sort(asked[numbers == number], order="due") for number in (1, 2))
    assert played.routes == ["GET /ok/1", "GET /ok/2"]
    np.testing.assert_allclose(np.sort(second["due"]), np.sort(first["ended"]) + 0.1, atol=1e-9)
    assert np.all(second["started"] >= second["due"])
    assert np.median(second["started"] - second["due"]) < 0.02
    assert np.median(second["ended"] - second["due"]) < 0.05
    assert np.all(done["ended"] - done["due"] >= 0.1)


def test_thinking_before_the_first_request_makes_that_due_later(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.think(0.05)\nself.client.get("/ok")')
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.2))
    assert assert_accounted(played).completed == 20
    np.testing.assert_allclose(np.sort(played.requests["due"]), np.sort(played.iterations["due"]) + 0.05, atol=1e-9)


def test_a_user_that_leaves_is_replaced_and_greets_anew(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        from locust.exception import StopUser
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            def on_start(self):
                self.client.get("/ok/hello")
            def on_stop(self):
                self.client.get("/ok/bye")
            @task
            def leave(self):
                self.client.get("/ok/last")
                raise StopUser()
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path, users=2, duration_s=0.5))
    end = assert_accounted(played)
    assert (end.scheduled, end.completed) == (50, 50)
    assert server.paths.count("/ok/last") == 50
    assert server.paths.count("/ok/hello") == 52
    assert server.paths.count("/ok/bye") == 52


def test_the_ways_to_end_a_task_early_are_no_failures(tmp_path: Path) -> None:
    ways = ("RescheduleTask()", "RescheduleTaskImmediately()", "InterruptTaskSet()")
    path = user_file(tmp_path, *(f'self.client.get("/ok")\nraise {way}' for way in ways))
    with Loopback() as server:
        played = play(plan(server.url, path, duration_s=0.5))
    assert assert_accounted(played).completed == 50
    assert len(server.paths) == 50


def test_only_the_first_of_many_equal_exceptions_is_told(tmp_path: Path) -> None:
    """The others are counted, without Locust's listeners: they format a traceback each time."""
    path = user_file(
        tmp_path,
        'self.client.get("/ok")\n{}["token"]',
        "raise Unspeakable()",
        above="""
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")
@events.user_error.add_listener
def on_user_error(user_instance, exception, tb, **kwargs):
    with open(__file__ + ".told", "a") as file:
        print(type(exception).__name__, file=file)
""",
    )
    with Loopback() as server:
        played = play(plan(server.url, path, users=3, profile="constant(400/s)", duration_s=0.25))
    end = assert_accounted(played)
    assert (end.scheduled, end.failed) == (100, 100)
    assert outcomes(played.iterations) == {"exception": 100}
    texts = [error.first for names in played.names for error in names.errors]
    lines = path.read_text(encoding="utf-8").splitlines()
    places = [1 + next(n for n, line in enumerate(lines) if piece in line) for piece in ('["token"]', "raise Unsp")]
    assert sorted(texts) == [
        f"KeyError: 'token' at visitors.py:{places[0]} in task_0",
        f"Unspeakable, which cannot be written as text at visitors.py:{places[1]} in task_1",
    ]
    assert sorted(path.with_suffix(".py.told").read_text().split()) == ["KeyError", "Unspeakable"]


def test_an_on_start_that_fails_later_costs_that_user_a_pause_and_not_the_run(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        from locust.exception import StopUser
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            lives = 0
            def on_start(self):
                Visitor.lives += 1
                if Visitor.lives == 3:
                    raise ValueError("logged in twice")
            @task
            def look(self):
                self.client.get("/ok")
                if Visitor.lives == 2:
                    raise StopUser()
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path, users=2, duration_s=1.3))
    end = assert_accounted(played)
    assert end.completed == end.scheduled == 130
    assert "logged in twice" in played.errors["exception"]


def test_an_on_stop_that_raises_or_never_returns_does_not_hold_up_the_end(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        import gevent
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            stopped = 0
            def on_stop(self):
                Visitor.stopped += 1
                if Visitor.stopped % 2:
                    raise ValueError("already logged out")
                gevent.sleep(3600)
            @task
            def look(self):
                self.client.get("/never")
        """,
    )
    began = perf_counter()
    with Loopback() as server:
        played = play(plan(server.url, path, users=4, duration_s=0.2, drain_s=0.1))
    end = assert_accounted(played)
    assert (end.scheduled, end.aborted, end.dropped) == (20, 4, 16)
    assert "already logged out" in played.errors["exception"]
    assert perf_counter() - began < 30.0


def test_wait_time_rules_the_closed_model(tmp_path: Path) -> None:
    path = user_file(
        tmp_path,
        'self.client.get("/ok")',
        base="Waiting",
        above="class Waiting(LoadUser):\n    abstract = True\n    wait_time = constant(0.1)",
    )
    with Loopback() as server:
        played = play(plan(server.url, path, model="closed", users=1, duration_s=0.75))
    assert 2 <= assert_accounted(played).completed <= 8
    started = np.sort(played.iterations["started"])
    assert np.all(np.diff(started) >= 0.099)


def test_an_arrival_is_a_new_visitor_unless_the_user_logs_in(tmp_path: Path) -> None:
    visit = '[self.client.get(path) for path in ("/cookie/a", "/ok")]'
    logged_in = (
        "class Known(LoadUser):\n    abstract = True\n    def on_start(self): self.client.get('/cookie/session')"
    )
    for base, above in (("LoadUser", ""), ("Known", logged_in)):
        path = user_file(tmp_path, visit, base=base, above=above)
        with Loopback() as server:
            assert_accounted(play(plan(server.url, path, users=1, duration_s=0.1, connections="visitor")))
        first = [seen.headers.get("cookie", "") for seen in server.seen if seen.path == "/cookie/a"]
        then = [seen.headers.get("cookie", "") for seen in server.seen if seen.path == "/ok"]
        kept = base == "Known"
        assert [("session=1" in cookie, "a=1" in cookie) for cookie in first[:2]] == [(kept, False), (kept, kept)]
        assert all("a=1" in cookie for cookie in then)
        connections = {seen.connection for seen in server.seen if seen.path == "/ok"}
        assert len(connections) == (1 if kept else 10)


def test_the_pieces_of_a_user_that_scripts_rely_on(tmp_path: Path) -> None:
    """Visitor classes with their shares, draws of the arrival's own, variables of --env, helpers beside the script."""
    script(tmp_path, "WHERE = '/ok/beside'", name="places.py")
    path = script(
        tmp_path,
        """
        import os
        from loadsim import LoadUser, task
        from places import WHERE
        class Visitor(LoadUser):
            visitor_classes = {"light": 1, "never": 0, "heavy": 1}
            @task
            def look(self):
                self.client.get(f"{WHERE}/{self.visitor}/{os.environ['SHOP']}/{self.draws.below(10)}", name="/look")
        """,
    )
    with Loopback() as server:
        played = play(plan(server.url, path, env={"SHOP": "north"}, profile="constant(400/s)", duration_s=0.25))
    assert assert_accounted(played).completed == 100
    kinds = [path.split("/")[3] for path in server.paths]
    assert {path.split("/")[4] for path in server.paths} == {"north"}
    assert set(kinds) == {"light", "heavy"}
    assert 25 < kinds.count("heavy") < 75
    assert len({path.split("/")[5] for path in server.paths}) == 10
    number = (played.iterations["key"] >> np.uint64(16)) & np.uint64(0xFF)
    assert np.count_nonzero(number == 1) == kinds.count("heavy")  # the class that never comes has no number
    assert played.routes == ["GET /look"]


def test_a_trace_tells_request_and_answer_without_secrets(tmp_path: Path) -> None:
    path = user_file(tmp_path, 'self.client.get("/cookie/session?access_token=s3cr3t&page=2")\nself.client.get("/ok")')
    with Loopback() as server:
        played = play(plan(server.url, path, iterations=1, users=1, trace=True, headers=(("X-Shop", "hidden-shop"),)))
    assert assert_accounted(played).completed == 1
    first, second = played.exchanges
    assert (first.method, first.status, first.outcome, first.body) == ("GET", 200, "ok", "ok")
    assert first.url == f"{server.url}/cookie/session?access_token=***&page=2"
    asked, answered = (
        {name.lower(): value for name, value in fields} for fields in (second.request_headers, first.response_headers)
    )
    assert (asked["cookie"], asked["x-shop"]) == ("***", "***")
    assert (answered["set-cookie"], answered["x-backend"]) == ("***", "here")
    assert second.service_s > 0


def test_routes_of_a_kind_that_a_scenario_knows_are_mixed_by_it() -> None:
    routes = (Route(path="/ok/read"), Route(method="POST", path="/ok/write", json={"a": 1}, headers={"X-Who": "me"}))
    with Loopback() as server:
        played = play(plan(server.url, "write-heavy", routes=routes, profile="constant(400/s)", duration_s=0.25))
    assert assert_accounted(played).completed == 100
    written = [seen for seen in server.seen if seen.path == "/ok/write"]
    assert 25 < len(written) < 75
    assert {seen.headers["x-who"] for seen in written} == {"me"}
    assert {seen.headers["content-type"] for seen in written} == {"application/json"}
