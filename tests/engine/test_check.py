"""The look at the target before any traffic, and what can be known without one."""

from __future__ import annotations

import socket

import pytest

from loadsim.engine.address import TargetUrl
from loadsim.engine.origin import Origin
from loadsim.errors import TargetError, UsageError
from loadsim.wire import HttpSettings

from .browsing import Sink, browsing, visiting
from .raw_server import Peer, RawServer, answering, ok


def test_a_good_target_needs_no_remark_and_sees_its_own_url_only():
    with visiting(answering(ok()), "/start?x=1") as (visit, server):
        assert visit.origin.check() == ()
        assert [(request.method, request.target) for request in server.requests] == [("GET", "/start?x=1")]
        assert visit.sink.samples == []
        assert len(visit.origin.connections) == 1  # the client's own


def test_an_http_error_is_fine_and_said():
    with visiting(answering(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), "/a?b=c") as (visit, _):
        assert visit.origin.check() == ("GET /a answers 401",)


def test_a_redirect_to_another_origin_is_said():
    answer = b"HTTP/1.1 301 Moved\r\nLocation: https://shop.test/\r\nContent-Length: 0\r\n\r\n"
    with visiting(answering(answer)) as (visit, _):
        (remark,) = visit.origin.check()
        assert "GET / is redirected to another origin, https://shop.test" in remark


def test_a_body_beyond_the_bound_is_http_all_the_same():
    with visiting(answering(ok(b"x" * 1000)), max_body_bytes=100) as (visit, _):
        assert visit.origin.check() == ("GET /: a body of more than 100 bytes",)


def test_nobody_listening_is_a_target_error_with_what_to_check():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with browsing(f"http://me:secret@127.0.0.1:{port}") as visit:
        with pytest.raises(TargetError, match="cannot be reached: Connection refused") as caught:
            visit.origin.check()
        assert "secret" not in str(caught.value)
        assert "Is it running" in caught.value.hint


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"", b"\x15\x03\x01\x00\x02\x02\x16"])
def test_what_does_not_speak_http_is_a_target_error(answer: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with visiting(script) as (visit, _):
        with pytest.raises(TargetError, match="does not answer as an HTTP server does") as caught:
            visit.origin.check()
        assert "https://" in caught.value.hint


def test_a_target_that_never_answers_is_a_target_error_after_the_timeout():
    with visiting(Peer.wait_for_hang_up, timeout_s=0.2) as (visit, _):
        with pytest.raises(TargetError, match="no whole answer in time") as caught:
            visit.origin.check()
        assert "--timeout" in caught.value.hint


def test_addresses_where_nothing_listens_are_left_out():
    with RawServer(answering(ok())) as server:
        pairs = (("shop.test", "127.0.0.1"), ("shop.test", "::1"))
        with browsing(f"http://shop.test:{server.port}", resolve=pairs) as visit:
            assert len(visit.origin.addresses) == 2
            (remark,) = visit.origin.check()
            assert f"[::1]:{server.port} is left out" in remark
            assert visit.origin.addresses == (f"127.0.0.1:{server.port}",)
            other = visit.another()
            assert visit.client.get("/").ok
            assert other.client.get("/").ok


def test_a_name_that_does_not_resolve_is_a_target_error():
    with pytest.raises(TargetError, match=r"the name 'nowhere\.invalid' does not resolve") as caught:
        origin("http://nowhere.invalid/")
    assert "--resolve" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://a/", r"'ftp://a/' cannot be taken: expected http://HOST\[:PORT\] or https://"),
        ("localhost:8000", "cannot be taken"),
        ("http://", "cannot be taken"),
        ("http://a:99999/", "is not a URL"),
        ("http://a:0/", "cannot be taken"),
        ("http://[::1", "is not a URL"),
        ("http://a b/", "space or a control character"),
        ("http://a/\r\nX: y", "space or a control character"),
        ("ftp://me:secret@a/", r"'ftp://\*\*\*@a/'"),
    ],
)
def test_urls_that_cannot_be_taken_are_usage_errors(url: str, message: str):
    with pytest.raises(UsageError, match=message) as caught:
        origin(url)
    assert "secret" not in str(caught.value)


def test_a_url_without_scheme_is_helped():
    with pytest.raises(UsageError) as caught:
        origin("localhost:8000")
    assert caught.value.hint == "Did you mean 'http://localhost:8000'?"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"headers": (("X\r\n", "a"),)}, "--header: not a header name"),
        ({"headers": (("X", "a\r\nsecret: b"),)}, "--header: the value of header 'X' contains a line break"),
        ({"resolve": (("127.0.0.1", "nowhere"),)}, "'nowhere' is not an IP address"),
        ({"max_body_bytes": 0}, "expected 1 to"),
        ({"max_body_bytes": 1 << 33}, "expected 1 to"),
    ],
)
def test_settings_that_cannot_be_taken_are_usage_errors(settings: dict[str, object], message: str):
    with pytest.raises(UsageError, match=message) as caught:
        origin("http://127.0.0.1:1/", **settings)
    assert "secret" not in str(caught.value)


def test_a_url_is_taken_apart():
    url = TargetUrl.parse("https://me:p%40@Shop.Test:8443/a/b/?q=1#top")
    assert (url.host, url.port, url.base, url.path) == ("shop.test", 8443, "/a/b", "/a/b/?q=1")
    assert (url.userinfo, url.authority, url.origin) == (("me", "p@"), "shop.test:8443", "https://shop.test:8443")
    assert TargetUrl.parse("http://[::1]/").authority == "[::1]"
    assert TargetUrl.parse("http://bücher.example").host == "xn--bcher-kva.example"


def origin(url: str, **settings: object) -> Origin:
    return Origin(HttpSettings(url=url, **settings), Sink())  # type: ignore[arg-type]  # by name
