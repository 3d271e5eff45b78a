"""How answers are framed, and what happens to the connection afterwards."""

from __future__ import annotations

import errno
import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import gevent
import pytest

from .browsing import browsing, visiting
from .raw_server import Peer, RawServer, answering, ok


def test_one_connection_serves_one_request_after_another():
    with visiting(answering(ok(b"one"), ok(b"two"))) as (visit, server):
        assert [visit.client.get("/").content for _ in range(3)] == [b"one", b"two", b"two"]
        assert server.connections == 1
        assert visit.sink.outcomes == ["ok"] * 3
        assert not visit.user.failed


def test_bytes_are_counted_as_on_the_wire():
    answer = ok(b"x" * 1000)
    with visiting(answering(answer)) as (visit, server):
        visit.client.post("/a", data=b"y" * 500)
        (sample,) = visit.sink.samples
        assert sample.received == len(answer)
        assert sample.sent == len(server.requests[0].raw) + 4 + 500


def test_a_chunked_body_is_put_together_whatever_its_extensions_and_trailers():
    body = b'5;name="a;b"\r\nhello\r\n6\r\n world\r\n0\r\nDigest: x\r\n\r\n'
    with visiting(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)) as (visit, server):
        assert visit.client.get("/").content == b"hello world"
        assert visit.client.get("/").content == b"hello world"
        assert server.connections == 1


def test_a_body_without_length_ends_with_the_connection():
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of ", b"it", pause_s=0.02)

    with visiting(script) as (visit, server):
        assert visit.client.get("/").content == b"all of it"
        assert visit.client.get("/").content == b"all of it"
        assert server.connections == 2
        assert visit.sink.outcomes == ["ok", "ok"]


def test_an_answer_with_connection_close_is_good_and_the_next_request_connects_anew():
    with visiting(answering(ok(b"bye", b"Connection: close"))) as (visit, server):
        assert visit.client.get("/").ok
        assert visit.client.get("/").ok
        assert server.connections == 2


def test_http_1_0_without_keep_alive_closes():
    with visiting(answering(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi")) as (visit, server):
        assert visit.client.get("/").content == b"hi"
        assert visit.client.get("/").content == b"hi"
        assert server.connections == 2


def test_the_answer_to_head_has_no_body_whatever_it_announces():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    announced = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    bare = b"HTTP/1.1 204 No Content\r\n\r\n"
    with visiting(answering(announced, chunked, bare, ok(b"body"))) as (visit, server):
        for _ in range(3):
            response = visit.client.head("/")
            assert response.ok
            assert response.content == b""
        assert visit.client.get("/").content == b"body"
        assert server.connections == 1
        assert [request.method for request in server.requests] == ["HEAD"] * 3 + ["GET"]


def test_a_body_sent_after_all_to_head_does_not_reach_the_next_request():
    with visiting(answering(ok(b"surplus"), ok(b"second"))) as (visit, server):
        assert visit.client.head("/").ok
        assert visit.client.get("/").content == b"surplus"  # from a connection of its own
        assert server.connections == 2


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_204_and_304_have_no_body(status: bytes):
    with visiting(answering(b"HTTP/1.1 %b\r\nContent-Length: 5\r\n\r\n" % status, ok())) as (visit, server):
        assert visit.client.get("/").content == b""
        assert visit.client.get("/").content == b"hello"
        assert server.connections == 1
        assert visit.sink.outcomes == ["ok", "ok"]


def test_interim_answers_are_passed_over():
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Backend: early\r\nLink: </a>\r\n\r\n"
    with visiting(answering(interim + ok(b"final", b"X-Backend: late"))) as (visit, _):
        response = visit.client.get("/")
        assert (response.status_code, response.content) == (200, b"final")
        assert "link" not in response.headers
        assert visit.origin.backends.fresh() == ("late",)


def test_an_answer_before_the_request_is_whole_counts_and_the_connection_is_given_up():
    def script(peer: Peer) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sock.recv(1000)
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        peer.wait_for_hang_up()

    with visiting([script, answering(ok())]) as (visit, server):
        response = visit.client.post("/", data=b"x" * (64 << 20))
        assert (response.status_code, response.content) == (413, b"big")
        assert visit.sink.samples[0].sent < 64 << 20
        assert visit.client.get("/").ok
        assert server.connections == 2


def test_an_answer_followed_by_a_reset_while_the_body_is_sent_still_counts():
    def script(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        time.sleep(0.05)
        peer.sock.close()  # with unread bytes: the kernel sends a reset

    with visiting(script) as (visit, _):
        assert visit.client.post("/", data=b"x" * (64 << 20)).status_code == 413


def test_a_server_that_closes_an_idle_connection_is_noticed_before_the_next_request():
    def once(peer: Peer) -> None:
        peer.request()
        peer.send(ok())

    with visiting(once) as (visit, server):
        for _ in range(3):
            assert visit.client.get("/").ok
            gevent.sleep(0.1)
        assert server.connections == 3
        assert visit.sink.outcomes == ["ok"] * 3


def test_bytes_on_an_idle_connection_close_it():
    def chatty(peer: Peer) -> None:
        peer.request()
        peer.send(ok())
        time.sleep(0.05)
        peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        peer.wait_for_hang_up()

    with visiting([chatty, answering(ok(b"second"))]) as (visit, server):
        assert visit.client.get("/").ok
        gevent.sleep(0.2)
        assert visit.client.get("/").content == b"second"
        assert server.connections == 2


def test_a_large_upload_arrives_whole():
    body = bytes(range(256)) * 40_000
    with visiting(answering(ok())) as (visit, server):
        assert visit.client.post("/", data=body).ok
        assert server.requests[0].body == body


def test_each_visitor_can_have_a_connection_of_its_own():
    with visiting(answering(ok()), connections="visitor") as (visit, server):
        for _ in range(3):
            visit.client.begin()
            assert visit.client.get("/").ok
            assert visit.client.get("/").ok
        assert server.connections == 3


def test_several_greenlets_of_one_user_ask_at_the_same_time():
    def slow(peer: Peer) -> None:
        while True:
            target = peer.request().target
            time.sleep(0.1)
            peer.send(ok(target.encode()))

    with visiting(slow) as (visit, server):
        jobs = [gevent.spawn(visit.client.get, f"/{n}") for n in range(4)]
        gevent.joinall(jobs, timeout=10, raise_error=True)
        assert [job.value.content for job in jobs] == [b"/0", b"/1", b"/2", b"/3"]
        assert server.connections == 4
        visit.client.close()
        assert not visit.origin.connections


def test_connections_are_spread_over_all_addresses():
    with RawServer(answering(ok())) as server:
        pairs = tuple(("target.test", f"127.0.0.{n}") for n in (1, 2, 3))
        with browsing(f"http://target.test:{server.port}", resolve=pairs) as visit:
            assert visit.origin.addresses == tuple(f"127.0.0.{n}:{server.port}" for n in (1, 2, 3))
            picked = [visit.origin.next_address()[1][0] for _ in range(6)]
            assert picked == ["127.0.0.1", "127.0.0.2", "127.0.0.3"] * 2


def test_it_speaks_ipv6():
    try:
        server = RawServer(answering(ok(b"six")), host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with server, browsing(f"http://[::1]:{server.port}") as visit:
        assert visit.client.get("/").content == b"six"
        assert server.requests[0].fields["host"] == f"[::1]:{server.port}"


def test_it_works_above_file_descriptor_1024():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 1300:
        pytest.skip("not enough file descriptors allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit[0], 1300), limit[1]))
    try:
        with ExitStack() as files, visiting(answering(ok())) as (visit, server):
            while files.enter_context(Path("/dev/null").open("rb")).fileno() < 1100:
                pass
            assert [visit.client.get("/").content for _ in range(3)] == [b"hello"] * 3
            assert visit.client._connection._sock.fileno() > 1024
            assert server.connections == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)


def test_running_out_of_file_descriptors_is_the_generators_own_exception():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    with visiting(answering(ok())) as (visit, _):
        probe = socket.socket()
        lowest = probe.fileno()
        probe.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limit[1]))
        try:
            response = visit.client.get("/")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
        assert response.outcome == "exception"
        assert f"at most {lowest} in this process" in visit.error
        assert "--max-in-flight" in visit.error
        assert visit.client.get("/").ok


def test_running_out_of_ports_names_the_limit():
    from loadsim.engine.failures import describe, outcome_of

    error = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    assert outcome_of(error, opening=True).name == "EXCEPTION"
    assert "ip_local_port_range" in describe(error)


def test_a_connection_dropped_by_its_user_leaves_nothing_behind():
    with visiting(answering(ok())) as (visit, _):
        visit.client.get("/")
        assert len(visit.origin.connections) == 1
        visit.client.close()
        assert not visit.origin.connections
