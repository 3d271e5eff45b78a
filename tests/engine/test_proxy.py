"""Through an HTTP proxy: another form of the request for http, a tunnel for https."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from loadsim.engine.origin import Origin
from loadsim.errors import TargetError, UsageError
from loadsim.wire import HttpSettings

from .browsing import Sink, browsing
from .certificates import Authority
from .raw_server import Peer, RawServer, answering, ok


def tunnelling(peer: Peer) -> None:
    """A proxy that does what CONNECT asks."""
    host, _, port = peer.request().target.rpartition(":")
    with socket.create_connection((host, int(port))) as onward:
        peer.send(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")

        def copy(source: socket.socket, sink: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)

        back = threading.Thread(target=copy, args=(onward, peer.sock))
        back.start()
        copy(peer.sock, onward)
        back.join(10)


def test_a_plain_target_is_asked_for_in_absolute_form():
    with RawServer(answering(ok())) as proxy:
        with browsing("http://shop.test:8000/base", proxy=f"http://127.0.0.1:{proxy.port}") as visit:
            assert visit.client.get("/a?b=c").ok
            assert visit.client.post("/a", data=b"x").ok
            assert visit.origin.addresses == (f"127.0.0.1:{proxy.port}",)
    targets = [request.target for request in proxy.requests]
    assert targets == ["http://shop.test:8000/base/a?b=c", "http://shop.test:8000/base/a"]
    assert {request.fields["host"] for request in proxy.requests} == {"shop.test:8000"}
    assert proxy.connections == 1


def test_the_proxys_user_is_sent_to_it_and_shown_to_nobody():
    with RawServer(answering(ok(), b"HTTP/1.1 407 wrong-password hunter22\r\nContent-Length: 0\r\n\r\n")) as proxy:
        with browsing("http://shop.test", proxy=f"http://me:hunter22@127.0.0.1:{proxy.port}") as visit:
            visit.client.get("/")
            visit.client.get("/")
            assert "hunter22" not in visit.error
    expected = "Basic " + base64.b64encode(b"me:hunter22").decode()
    assert proxy.requests[0].fields["proxy-authorization"] == expected


def test_an_https_target_is_reached_through_a_tunnel(tmp_path: Path):
    authority = Authority(tmp_path)
    context = authority.server_context("127.0.0.1")
    with RawServer(answering(ok(b"inside")), context=context) as target, RawServer(tunnelling) as proxy:
        settings = {"proxy": f"http://me:secret99@127.0.0.1:{proxy.port}", "cacert": str(authority.path)}
        with browsing(f"https://127.0.0.1:{target.port}", **settings) as visit:
            assert visit.client.get("/a").content == b"inside"
            assert visit.client.get("/b").content == b"inside"
            for connection in list(visit.origin.connections):
                connection.discard()
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert "proxy-authorization" in proxy.requests[0].fields
    assert [request.target for request in target.requests] == ["/a", "/b"]
    assert "proxy-authorization" not in target.requests[0].fields


def test_a_proxy_that_refuses_the_tunnel_is_a_refused_connection():
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with RawServer(answering(refusal)) as proxy:
        with browsing("https://shop.test", proxy=f"http://127.0.0.1:{proxy.port}") as visit:
            assert visit.client.get("/").outcome == "connect_refused"
            assert "the proxy refused the tunnel: HTTP/1.1 403 Forbidden" in visit.error
            with pytest.raises(TargetError, match="refused the tunnel.*the proxy at 127.0.0.1"):
                visit.origin.check()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"x" * 100_000])
def test_a_proxy_that_answers_nonsense_is_a_refused_connection(answer: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with RawServer(script) as proxy, browsing("https://shop.test", proxy=f"http://127.0.0.1:{proxy.port}") as visit:
        assert visit.client.get("/").outcome == "connect_refused"


def test_a_proxy_that_never_answers_is_a_connect_timeout():
    with RawServer(Peer.wait_for_hang_up) as proxy:
        settings = {"proxy": f"http://127.0.0.1:{proxy.port}", "connect_timeout_s": 0.2}
        with browsing("https://shop.test", **settings) as visit:
            assert visit.client.get("/").outcome == "connect_timeout"


def test_other_kinds_of_proxy_are_refused_in_words():
    with pytest.raises(UsageError, match="the proxy: 'socks5://127.0.0.1:1080' cannot be taken: expected http://HOST"):
        Origin(HttpSettings(url="http://shop.test", proxy="socks5://127.0.0.1:1080"), Sink())
