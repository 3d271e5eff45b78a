"""Redirects within the origin are followed as browsers do; others are an outcome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.address import TargetUrl
from loadsim.engine.redirects import RedirectError, redirected_method, redirected_path

from .browsing import visiting
from .raw_server import Peer, answering, ok, routed

URL = TargetUrl.parse("http://shop.test:8000/app")


def moved(location: str, status: int = 302, *fields: bytes) -> bytes:
    extra = b"".join(field + b"\r\n" for field in fields)
    return b"HTTP/1.1 %d Moved\r\nLocation: %b\r\n%bContent-Length: 4\r\n\r\nover" % (status, location.encode(), extra)


def test_a_chain_is_one_sample_with_the_bytes_of_all():
    routes = {"/a": moved("/b?x=1"), "/b": moved("c"), "/c": ok(b"there", b"X-Backend: web-2")}
    with visiting(routed(routes)) as (visit, server):
        response = visit.client.get("/a")
        assert (response.status_code, response.text) == (200, "there")
        assert response.url.endswith("/c")
        assert [one.status_code for one in response.history] == [302, 302]
        assert [request.target for request in server.requests] == ["/a", "/b?x=1", "/c"]
        (sample,) = visit.sink.samples
        assert (sample.outcome, sample.route, sample.backend) == ("ok", 1, 1)
        assert sample.received == sum(map(len, routes.values()))
        assert sample.sent == sum(len(request.raw) + 4 for request in server.requests)
        assert server.connections == 1
        assert visit.origin.routes.fresh() == ("GET /a",)


def test_cookies_set_on_the_way_are_sent_on():
    routes = {"/login": moved("/home", 303, b"Set-Cookie: s=1; Path=/"), "/home": ok()}
    with visiting(routed(routes)) as (visit, server):
        visit.client.post("/login", data={"user": "me"})
        login, home = server.requests
        assert (login.method, home.method, home.body) == ("POST", "GET", b"")
        assert home.fields["cookie"] == "s=1"
        assert "content-type" not in home.fields
        assert "content-length" not in home.fields


@pytest.mark.parametrize(
    ("status", "method", "body"), [(307, "POST", b"x"), (308, "POST", b"x"), (301, "GET", b""), (302, "GET", b"")]
)
def test_the_method_is_kept_where_browsers_keep_it(status: int, method: str, body: bytes):
    with visiting(routed({"/a": moved("/b", status), "/b": ok()})) as (visit, server):
        visit.client.post("/a", data=b"x", headers={"X-Mine": "1"})
        assert (server.requests[1].method, server.requests[1].body) == (method, body)
        assert server.requests[1].fields["x-mine"] == "1"


def test_methods_change_as_the_fetch_standard_says():
    assert redirected_method(301, "PUT") == "PUT"
    assert redirected_method(303, "DELETE") == "GET"
    assert redirected_method(303, "HEAD") == "HEAD"
    assert redirected_method(308, "POST") == "POST"


@pytest.mark.parametrize(
    "location", ["http://elsewhere.test/", "https://127.0.0.1/", "//elsewhere.test/x", "ftp://a/", "http://["]
)
def test_another_origin_is_the_outcome_redirect(location: str):
    with visiting(routed({"/a": moved(location)})) as (visit, server):
        response = visit.client.get("/a")
        assert (response.status_code, response.outcome, bool(response)) == (302, "redirect", False)
        assert visit.sink.outcomes == ["redirect"]
        assert visit.user.failed
        assert len(server.requests) == 1


def test_the_text_names_the_origin_and_hides_the_rest():
    with visiting(routed({"/a": moved("https://me:pw123@other.test/x?token=abc")})) as (visit, _):
        visit.client.get("/a")
        assert "https://other.test" in visit.error
        assert "pw123" not in visit.error
        assert "abc" not in visit.error


def test_a_circle_ends_after_ten():
    with visiting(routed({"/a": moved("/a")})) as (visit, server):
        response = visit.client.get("/a")
        assert response.outcome == "redirect"
        assert len(server.requests) == 11
        assert "more than 10 redirects" in visit.error


def test_scripts_can_look_at_a_redirect_instead():
    with visiting(routed({"/a": moved("http://elsewhere.test/")})) as (visit, _):
        response = visit.client.get("/a", allow_redirects=False)
        assert (response.status_code, response.ok) == (302, True)
        assert response.headers["location"] == "http://elsewhere.test/"
        assert visit.sink.outcomes == ["ok"]
        assert visit.client.head("/a").status_code == 302


def test_a_redirect_without_location_is_an_answer_like_any():
    with visiting(answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as (visit, _):
        assert visit.client.get("/").status_code == 302
        assert visit.sink.outcomes == ["ok"]


def test_the_timeout_is_for_the_whole_chain():
    def slow(peer: Peer) -> None:
        peer.request()
        peer.send(moved("/next"))
        peer.wait_for_hang_up()

    with visiting(slow) as (visit, server):
        response = visit.client.get("/", timeout=0.2)
        assert response.outcome == "timeout"
        assert len(response.history) == 1
        assert visit.sink.samples[0].received == len(moved("/next"))
        assert len(server.requests) == 1


def test_a_connection_closed_after_a_redirect_is_opened_again():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(moved("/b", 302, b"Connection: close"))

    with visiting([script, answering(ok(b"there"))]) as (visit, server):
        assert visit.client.get("/a").content == b"there"
        assert server.connections == 2


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/x", "/x"),
        ("x", "/app/x"),
        ("../x", "/x"),
        ("/a/../x", "/x"),
        ("?q=1", "/app/page?q=1"),
        ("http://shop.test:8000", "/"),
        ("HTTP://SHOP.test:8000/y#z", "/y"),
        ("/with space", "/with%20space"),
        ("/\xc3\xbc", "/%C3%BC"),
    ],
)
def test_locations_are_resolved(location: str, path: str):
    assert redirected_path(URL, "/app/page", location) == path


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_location_can_break_a_line_or_leave_the_origin(location: str):
    try:
        path = redirected_path(URL, "/app/page", location)
    except RedirectError:
        return
    assert path.startswith("/")
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
