"""The client's calls, as scripts make them."""

from __future__ import annotations

import base64
import io
import json
import time

import gevent
import pytest

from loadsim.engine.http import Client

from .browsing import browsing, visiting
from .raw_server import Peer, RawServer, answering, ok


def test_a_plain_get_is_a_well_formed_request():
    with visiting(answering(ok())) as (visit, server):
        visit.client.get("/items/7?q=a%20b")
        request = server.requests[0]
        assert request.raw.split(b"\r\n") == [
            b"GET /items/7?q=a%20b HTTP/1.1",
            b"Host: 127.0.0.1:%d" % server.port,
            b"User-Agent: loadsim",
            b"Accept: */*",
            b"Accept-Encoding: gzip, deflate, br",
        ]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "get", "head"])
def test_each_method_is_sent_under_its_name(method: str):
    with visiting(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as (visit, server):
        assert getattr(visit.client, method)("/a").status_code == 204
        assert visit.client.request(method, "/b").status_code == 204
        assert [request.method for request in server.requests] == [method.upper()] * 2
        assert visit.origin.routes.fresh() == (f"{method.upper()} /a", f"{method.upper()} /b")


def test_bodies_say_what_they_are():
    with visiting(answering(ok())) as (visit, server):
        client = visit.client
        client.post("/", json={"a": [1, "ü"]})
        client.post("/", data={"a": "1 &", "b": ["x", "y"]})
        client.post("/", "text")
        client.post("/", b"bytes", headers={"Content-Type": "image/png"})
        client.post("/", files={"f": ("a.txt", io.BytesIO(b"content"), "text/plain")}, data={"k": "v"})
        client.post("/")
    kinds = [request.fields.get("content-type", "").partition(";")[0] for request in server.requests]
    assert kinds == [
        "application/json",
        "application/x-www-form-urlencoded",
        "",
        "image/png",
        "multipart/form-data",
        "",
    ]
    bodies = [request.body for request in server.requests]
    assert json.loads(bodies[0]) == {"a": [1, "ü"]}
    assert bodies[1] == b"a=1+%26&b=x&b=y"
    assert bodies[2:4] == [b"text", b"bytes"]
    assert b'name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n' in bodies[4]
    assert bodies[5] == b""
    assert server.requests[5].fields["content-length"] == "0"
    assert {request.fields["content-length"] for request in server.requests} == {str(len(body)) for body in bodies}


def test_params_are_added_to_the_query():
    with visiting(answering(ok())) as (visit, server):
        visit.client.get("/a", params={"q": "a b", "n": [1, 2], "none": None})
        visit.client.get("/a?x=1#top", params=[("y", "ü")])
        visit.client.get("/a", params="raw=1")
        targets = [request.target for request in server.requests]
        assert targets == ["/a?q=a+b&n=1&n=2", "/a?x=1&y=%C3%BC", "/a?raw=1"]
        assert visit.origin.routes.fresh() == ("GET /a",)


def test_paths_are_made_safe_or_refused():
    with visiting(answering(ok())) as (visit, server):
        visit.client.get("/straße und mehr?q=<ü>#part")
        assert server.requests[0].target == "/stra%C3%9Fe%20und%20mehr?q=%3C%C3%BC%3E"
        for path in ("/a\r\nX: y", "/a\n", "/a\0", "/\x7f"):
            with pytest.raises(ValueError, match="control character"):
                visit.client.get(path)
        assert len(visit.sink.samples) == 1


def test_paths_are_relative_to_the_targets_url():
    with visiting(answering(ok()), "/app/?key=v") as (visit, server):
        for path in ("/a", "b", "", f"http://127.0.0.1:{server.port}/c?d"):
            visit.client.get(path)
        assert [request.target for request in server.requests] == ["/app/a", "/app/b", "/app/?key=v", "/c?d"]
        assert visit.client.base_url == f"http://127.0.0.1:{server.port}/app"
        with pytest.raises(ValueError, match=r"http://elsewhere.test is not the target"):
            visit.client.get("http://elsewhere.test/")


def test_headers_replace_those_of_the_same_name_and_cannot_smuggle():
    with visiting(answering(ok()), headers=(("X-Run", "one"), ("accept", "text/html"))) as (visit, server):
        visit.client.headers["X-User"] = "seven"
        visit.client.get("/", headers={"x-run": "two", "User-Agent": "mine"})
        visit.client.get("/", headers={"X-User": None})
        first, second = (request.fields for request in server.requests)
        assert (first["x-run"], first["user-agent"], first["accept"], first["x-user"]) == (
            "two",
            "mine",
            "text/html",
            "seven",
        )
        assert server.requests[0].raw.lower().count(b"x-run") == 1
        assert (second["x-run"], second["user-agent"], "x-user" in second) == ("one", "loadsim", False)
        for headers in ({"X": "a\r\nB: c"}, {"X\r\n": "a"}, {"": "a"}, {"X": "a\nb"}, {"X": "\0"}, {"X y": "z"}):
            with pytest.raises(ValueError, match="header"):
                visit.client.get("/", headers=headers)
        assert len(server.requests) == 2


def test_a_length_given_by_hand_cannot_contradict_the_body():
    with visiting(answering(ok())) as (visit, server):
        visit.client.post("/", data=b"abc", headers={"Content-Length": "1", "Transfer-Encoding": "chunked"})
        assert server.requests[0].body == b"abc"
        assert "transfer-encoding" not in server.requests[0].fields


def test_credentials_are_basic_or_bearer_and_may_stand_in_the_url():
    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    with RawServer(answering(ok())) as server, browsing(f"http://me:p%40ss@127.0.0.1:{server.port}") as visit:
        visit.client.get("/")
        visit.client.get("/", auth=("you", "word"))
        visit.client.get("/", auth="tok3n")
        visit.client.auth = ("u", "p")
        visit.client.get("/")
        visit.client.auth = None
        visit.client.get("/")
        assert "p@ss" not in visit.client.get("/").url
    sent = [request.fields["authorization"] for request in server.requests]
    assert sent[:4] == [basic("me:p@ss"), basic("you:word"), "Bearer tok3n", basic("u:p")]
    assert sent[4] == basic("me:p@ss")


def test_routes_are_names_or_paths_without_queries():
    with visiting(answering(ok())) as (visit, _):
        for n in range(3):
            visit.client.get(f"/items/{n}", name="/items/:id")
        visit.client.get("/search?token=secret")
        visit.client.post("/items/:id")
        assert visit.origin.routes.fresh() == ("GET /items/:id", "GET /search", "POST /items/:id")
        assert [sample.route for sample in visit.sink.samples] == [1, 1, 1, 2, 3]


def test_the_first_backend_header_of_the_list_names_the_backend():
    heads = [b"X-Served-By: cache-1", b"X-Served-By: cache-2\r\nx-BACKEND:  web-1 ", b"X-Other: web-9", b"X-Backend:"]
    body = b"\r\n\r\nX-Backend: from-the-body\r\n"
    with visiting(answering(*[ok(body, head) for head in heads])) as (visit, _):
        for _ in heads:
            visit.client.get("/")
        assert visit.origin.backends.fresh() == ("cache-1", "web-1")
        assert [sample.backend for sample in visit.sink.samples] == [1, 2, 0, 0]


def test_an_answer_in_error_still_names_its_backend():
    with visiting(answering(b"HTTP/1.1 500 Oh\r\nX-Backend: web-3\r\nContent-Length: 0\r\n\r\n")) as (visit, _):
        assert visit.client.get("/").outcome == "http_500"
        assert visit.origin.backends.fresh() == ("web-3",)
        assert visit.sink.samples[0].backend == 1


def test_where_the_target_says_its_time_went_is_told_with_when_the_request_was_due():
    with visiting(answering(ok(b"", b"Server-Timing: app;dur=3"), ok(b""))) as (visit, _):
        visit.user.due = 12.5
        visit.client.get("/")
        visit.client.get("/")
        assert visit.sink.timings == [(12.5, b" app;dur=3")]


def test_what_caches_say_is_told_with_its_route_and_when_the_request_was_due():
    with visiting(answering(ok(b"", b"Age: 3\r\nX-Cache: HIT"), ok(b""))) as (visit, _):
        visit.user.due = 12.5
        visit.client.get("/items/1")
        visit.client.get("/items/2")
        assert visit.sink.told_of_caches == [(12.5, visit.sink.samples[0].route, b"Age: 3\nX-Cache: HIT")]


def test_an_http_error_is_an_outcome_with_its_first_example():
    with visiting(answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")) as (visit, _):
        response = visit.client.get("/a")
        assert (response.status_code, response.text, response.reason) == (503, "busy", "Service Unavailable")
        assert not response
        assert visit.user.failed
        visit.client.get("/b")
        assert visit.sink.outcomes == ["http_503", "http_503"]
        assert visit.origin.errors == [("http_503", "GET /a: 503 Service Unavailable")]
        assert visit.origin.fresh_errors() == (("http_503", "GET /a: 503 Service Unavailable"),)
        assert visit.origin.fresh_errors() == ()


def test_the_first_request_is_due_when_its_arrival_is_and_later_ones_when_the_one_before_ended():
    with visiting(answering(ok())) as (visit, _):
        visit.client.get("/")  # before any arrival, as in on_start
        visit.user.due = arrival = time.perf_counter() - 1.0
        visit.client.get("/")
        visit.client.get("/")
        visit.user.due = thought = time.perf_counter() + 0.001
        visit.client.get("/")
        before, first, second, third = visit.sink.samples
        assert before.due == before.started
        assert first.due == arrival < first.started < first.ended
        assert second.due == first.ended <= second.started
        assert third.due == thought
        assert visit.user.due is None
        assert visit.user.last_ended == third.ended


def test_the_visitors_class_goes_into_the_sample():
    with visiting(answering(ok())) as (visit, _):
        visit.user.visitor_class = 3
        visit.client.get("/", name="x" * 300)
        assert visit.sink.samples[0].visitor_class == 3
        assert len(visit.origin.routes.fresh()[0]) <= 200


def test_a_user_killed_in_flight_leaves_an_aborted_request_and_no_connection():
    with visiting([Peer.wait_for_hang_up, answering(ok())]) as (visit, server):
        job = gevent.spawn(visit.client.get, "/")
        gevent.sleep(0.1)
        job.kill()
        assert visit.sink.outcomes == ["aborted"]
        assert visit.user.failed
        assert visit.client.get("/").ok
        assert server.connections == 2


def test_a_gevent_timeout_of_the_script_is_a_timeout():
    with visiting(Peer.wait_for_hang_up) as (visit, _):
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
            visit.client.get("/")
        assert visit.sink.outcomes == ["timeout"]


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_that_is_none_is_refused(timeout: float):
    with visiting(answering(ok())) as (visit, _), pytest.raises(ValueError, match="timeout"):
        visit.client.get("/", timeout=timeout)


@pytest.mark.parametrize("method", ["GET /", "", "G\r\nX", "CONNECT"])
def test_methods_that_are_none_are_refused(method: str):
    with visiting(answering(ok())) as (visit, _), pytest.raises(ValueError, match="not a request method"):
        visit.client.request(method, "/")


def test_what_cannot_be_a_body_is_refused_in_words():
    with visiting(answering(ok())) as (visit, _):
        with pytest.raises(TypeError, match="data: int cannot be sent: expected"):
            visit.client.post("/", data=7)
        with pytest.raises(TypeError, match="params: int"):
            visit.client.get("/", params=7)
        with pytest.raises(TypeError):
            visit.client.post("/", json=object())


def test_names_from_strangers_are_bounded():
    def script(peer: Peer) -> None:
        for n in range(100):
            peer.request()
            peer.send(ok(b"", b"X-Backend: pod-%d" % n))

    with visiting(script) as (visit, _):
        for n in range(100):
            visit.client.get(f"/{n}")
        names = visit.origin.backends.fresh()
        assert len(names) == 65
        assert names[-1] == "(other)"
        assert max(sample.backend for sample in visit.sink.samples) == 65
        assert visit.origin.backends.fresh() == ()


def test_two_users_share_names_but_neither_connection_nor_cookies():
    with visiting(answering(ok(b"", b"Set-Cookie: a=b"))) as (visit, server):
        other = visit.another()
        visit.client.get("/")
        other.client.get("/")
        visit.client.get("/")
        assert isinstance(other.client, Client)
        assert ["cookie" in request.fields for request in server.requests] == [False, False, True]
        assert server.connections == 2
        assert visit.origin.routes.fresh() == ("GET /",)
