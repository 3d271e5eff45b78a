"""TLS on the armed watcher, against servers whose certificates a test's own authority signed."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
import pytest

from loadsim.engine.origin import Origin
from loadsim.errors import TargetError, UsageError
from loadsim.wire import HttpSettings

from .browsing import Browsing, Sink, browsing
from .certificates import Authority
from .raw_server import Peer, RawServer, Script, answering, ok


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@contextmanager
def secure(
    authority: Authority, script: Script, *, context: ssl.SSLContext | None = None, **settings: Any
) -> Iterator[tuple[Browsing, RawServer]]:
    context = context or authority.server_context("127.0.0.1")
    settings = {"cacert": str(authority.path), **settings}
    with RawServer(script, context=context) as server:
        with browsing(f"https://127.0.0.1:{server.port}", **settings) as visit:
            yield visit, server


def test_a_connection_is_kept_over_tls(authority: Authority):
    with secure(authority, answering(ok(b"one"), ok(b"two"))) as (visit, server):
        assert [visit.client.get("/").content for _ in range(3)] == [b"one", b"two", b"two"], visit.origin.errors
        assert server.connections == 1
        assert visit.sink.samples[0].received == len(ok(b"one"))


def test_large_bodies_pass_both_ways(authority: Authority):
    body = bytes(range(256)) * 20_000
    with secure(authority, answering(ok(body))) as (visit, server):
        for _ in range(2):
            assert visit.client.post("/", data=body).content == body
        assert server.requests[1].body == body


def test_a_slow_reader_does_not_garble_an_upload(authority: Authority):
    body = bytes(range(251)) * 40_000

    def script(peer: Peer) -> None:
        time.sleep(0.2)
        peer.request()
        peer.send(ok())

    with secure(authority, script) as (visit, server):
        assert visit.client.post("/", data=body).ok
        assert server.requests[0].body == body


def test_an_answer_cut_into_records_is_put_together(authority: Authority):
    def script(peer: Peer) -> None:
        while True:
            peer.request()
            peer.send(*(bytes([byte]) for byte in ok(b"piece by piece")), pause_s=0.001)

    with secure(authority, script) as (visit, _):
        assert visit.client.get("/").content == b"piece by piece"
        assert visit.client.get("/").content == b"piece by piece"


def test_a_body_without_length_ends_with_tls_goodbye(authority: Authority):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        peer.sock = peer.sock.unwrap()  # type: ignore[attr-defined]  # it is an SSLSocket
        peer.wait_for_hang_up()

    with secure(authority, script) as (visit, _):
        assert visit.client.get("/").content == b"all of it"


def test_truncation_is_closed_early_over_tls_too(authority: Authority):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")

    with secure(authority, script) as (visit, _):
        assert visit.client.get("/").outcome == "closed_early"


def test_an_idle_connection_closed_by_the_server_is_noticed(authority: Authority):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(ok())

    with secure(authority, script) as (visit, server):
        for _ in range(2):
            assert visit.client.get("/").ok
            gevent.sleep(0.1)
        assert server.connections == 2


def test_an_unknown_authority_is_a_tls_outcome_and_a_target_error_before_traffic(authority: Authority):
    with secure(authority, answering(ok()), cacert=None) as (visit, _):
        assert visit.client.get("/").outcome == "tls"
        assert "certificate does not verify" in visit.error
        with pytest.raises(TargetError, match="does not verify") as caught:
            visit.origin.check()
        assert "--cacert" in caught.value.hint


def test_insecure_takes_any_certificate(authority: Authority):
    with secure(authority, answering(ok()), cacert=None, insecure=True) as (visit, _):
        assert visit.client.get("/").ok


@pytest.mark.parametrize(("host", "days"), [("wrong.test", 2), ("127.0.0.1", -1)])
def test_a_wrong_name_and_an_expired_certificate_are_refused(authority: Authority, host: str, days: int):
    with secure(authority, answering(ok()), context=authority.server_context(host, days=days)) as (visit, _):
        assert visit.client.get("/").outcome == "tls"


def test_the_name_is_checked_when_the_address_is_given(authority: Authority):
    with (
        RawServer(answering(ok()), context=authority.server_context("shop.test")) as server,
        browsing(
            f"https://shop.test:{server.port}", cacert=str(authority.path), resolve=(("shop.test", "127.0.0.1"),)
        ) as visit,
    ):
        assert visit.client.get("/").ok
        assert server.requests[0].fields["host"] == f"shop.test:{server.port}"


def test_a_client_certificate_is_shown(authority: Authority):
    context = authority.server_context("127.0.0.1", ask_client=True)
    certificate, key = authority.issue("client.test")
    with secure(authority, answering(ok()), context=context, cert=str(certificate), key=str(key)) as (visit, _):
        assert visit.client.get("/").ok
    with secure(authority, answering(ok()), context=context) as (visit, _):
        assert visit.client.get("/").outcome in (
            "tls",
            "reset",
            "closed_early",
        )  # TLS 1.3 tells only after the handshake


def test_plain_http_in_the_handshake_is_a_tls_outcome():
    def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.wait_for_hang_up()

    with RawServer(script) as server, browsing(f"https://127.0.0.1:{server.port}") as visit:
        assert visit.client.get("/").outcome == "tls"
        with pytest.raises(TargetError) as caught:
            visit.origin.check()
        assert "http:// URL" in caught.value.hint


def test_a_handshake_that_is_not_answered_is_a_connect_timeout():
    with RawServer(Peer.wait_for_hang_up) as server:
        with browsing(f"https://127.0.0.1:{server.port}", connect_timeout_s=0.2) as visit:
            assert visit.client.get("/").outcome == "connect_timeout"


def test_a_server_that_hangs_up_in_the_handshake_is_a_tls_outcome():
    with RawServer(lambda peer: peer.sock.recv(1000)) as server, browsing(f"https://127.0.0.1:{server.port}") as visit:
        assert visit.client.get("/").outcome == "tls"


@pytest.mark.parametrize("flag", ["cacert", "cert"])
def test_files_that_cannot_be_read_are_usage_errors(flag: str, tmp_path: Path):
    with pytest.raises(UsageError, match=f"--{flag} .*missing.pem: No such file"):
        _origin(**{flag: str(tmp_path / "missing.pem")})


@pytest.mark.parametrize("flag", ["cacert", "cert"])
def test_files_of_another_kind_are_usage_errors(flag: str, tmp_path: Path):
    path = tmp_path / "poem.pem"
    path.write_text("not a certificate")
    with pytest.raises(UsageError, match=f"--{flag} .*poem.pem: .*PEM"):
        _origin(**{flag: str(path)})


def test_a_key_without_its_certificate_is_a_usage_error(authority: Authority):
    _, key = authority.issue("client.test")
    with pytest.raises(UsageError, match="without --cert"):
        _origin(key=str(key))


def _origin(**settings: str) -> Origin:
    return Origin(HttpSettings(url="https://127.0.0.1:1", **settings), Sink())  # type: ignore[arg-type]  # by name
