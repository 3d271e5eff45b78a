"""What a script reads of an answer, and what it says about it."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import timedelta

import brotli
import pytest

from loadsim.engine.decoding import BodyDamagedError, BodyTooLargeError
from loadsim.engine.response import RequestFailedError

from .browsing import visiting
from .raw_server import answering, ok

MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def test_an_answer_reads_like_one_of_requests():
    fields = (b"Content-Type: application/json", b"Server-Timing: db;dur=2.5", b"Set-Cookie: a=b; Path=/")
    with visiting(answering(ok(b'{"a": 1}', *fields))) as (visit, server):
        response = visit.client.get("/x?y=z")
        assert response.status_code == 200
        assert response.ok
        assert bool(response)
        assert response.json() == {"a": 1}
        assert response.text == '{"a": 1}'
        assert response.headers["server-TIMING"] == "db;dur=2.5"
        assert response.headers.get("nothing") is None
        assert dict(response.cookies) == {"a": "b"}
        assert response.url == f"http://127.0.0.1:{server.port}/x?y=z"
        assert timedelta(0) < response.elapsed < timedelta(seconds=20)
        assert (response.outcome, response.reason, response.history) == ("ok", "OK", ())
        assert repr(response) == "<Response [200]>"
        response.raise_for_status()
        with response as same:
            assert same is response


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        (b"text/html; charset=ISO-8859-1", b"\xfc", "ü"),
        (b"text/html", "ü".encode(), "ü"),
        (b'text/html; Charset="utf-16-le"', "ü".encode("utf-16-le"), "ü"),
        (b"text/html; charset=klingon", "ü".encode(), "ü"),
        (b"text/html; charset=hex", b"ab", "ab"),
        (b"text/html", b"\xff", "\ufffd"),
    ],
)
def test_text_is_decoded_as_the_answer_says_and_never_raises(kind: bytes, body: bytes, text: str):
    with visiting(answering(ok(body, b"Content-Type: " + kind))) as (visit, _):
        assert visit.client.get("/").text == text


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":'])
def test_a_body_that_is_no_json_raises_what_scripts_expect(body: bytes):
    with visiting(answering(ok(body))) as (visit, _), pytest.raises(json.JSONDecodeError):
        visit.client.get("/").json()


def test_compressed_bodies_are_undone_when_read():
    plain = b"some text " * 1000
    packed = {
        b"gzip": gzip.compress(plain),
        b"deflate": zlib.compress(plain),
        b"br": brotli.compress(plain),
        b"gzip, br": brotli.compress(gzip.compress(plain)),
    }
    answers = [ok(body, b"Content-Encoding: " + coding) for coding, body in packed.items()]
    with visiting(answering(*answers)) as (visit, _):
        for answer in answers:
            response = visit.client.get("/")
            assert response.content == plain
            assert response.content is response.content
            assert visit.sink.samples[-1].received == len(answer)


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        (b"gzip", gzip.compress(b"\0" * (1 << 24))),
        (b"br", brotli.compress(b"\0" * (1 << 24))),
        (b"deflate", zlib.compress(b"\0" * (1 << 24))),
    ],
)
def test_a_bomb_is_too_large_when_it_is_read(coding: bytes, bomb: bytes):
    with visiting(answering(ok(bomb, b"Content-Encoding: " + coding)), max_body_bytes=1 << 20) as (visit, _):
        response = visit.client.get("/")
        with pytest.raises(BodyTooLargeError, match="1048576"):
            _ = response.content
        with pytest.raises(BodyTooLargeError), visit.client.get("/", catch_response=True) as caught:
            _ = caught.content
        assert visit.sink.outcomes == ["ok", "too_large"]


def test_a_body_that_is_not_what_it_says_is_a_bad_response_to_the_script_that_reads_it():
    with visiting(answering(ok(b"plain", b"Content-Encoding: gzip"))) as (visit, _):
        with pytest.raises(BodyDamagedError), visit.client.get("/", catch_response=True) as caught:
            _ = caught.text
        assert visit.sink.outcomes == ["bad_response"]


def test_raise_for_status_raises_on_errors_and_on_missing_answers():
    with visiting([answering(MISSING), lambda peer: None]) as (visit, _):
        with pytest.raises(RequestFailedError, match="404 Not Found for http://127") as caught:
            visit.client.get("/a").raise_for_status()
        assert caught.value.response.status_code == 404
        visit.client.begin()
        visit.client._connection.close()
        with pytest.raises(RequestFailedError, match="closed_early|reset"):
            visit.client.get("/a").raise_for_status()


def test_a_script_can_call_an_error_a_success_and_an_answer_a_failure():
    with visiting(answering(MISSING, ok(b"no stock"))) as (visit, _):
        with visit.client.get("/", catch_response=True) as response:
            assert visit.sink.samples == []
            response.success()
        assert not visit.user.failed
        with visit.client.get("/", catch_response=True) as response:
            response.failure(f"sold out: {response.text}")
        assert visit.user.failed
        assert visit.sink.outcomes == ["ok", "check_failed"]
        assert visit.error == "GET /: sold out: no stock"


def test_without_a_verdict_the_status_decides():
    with visiting(answering(MISSING, ok())) as (visit, _):
        for _ in range(2):
            with visit.client.get("/", catch_response=True):
                pass
        assert visit.sink.outcomes == ["http_404", "ok"]


def test_an_exception_in_the_block_is_a_failed_check_and_goes_on():
    with visiting(answering(ok(b"{}"))) as (visit, _):
        with pytest.raises(KeyError), visit.client.get("/", catch_response=True) as response:
            response.json()["stock"]
        assert visit.sink.outcomes == ["check_failed"]
        assert visit.error == "GET /: KeyError: 'stock'"


def test_a_user_ended_in_the_block_does_not_fail_the_request():
    with visiting(answering(ok())) as (visit, _):
        with pytest.raises(SystemExit), visit.client.get("/", catch_response=True):
            raise SystemExit
        assert visit.sink.outcomes == ["ok"]


def test_a_verdict_outside_of_a_block_and_none_at_all_are_recorded_when_the_response_is_let_go():
    with visiting(answering(ok())) as (visit, _):
        response = visit.client.get("/", catch_response=True)
        response.failure(ValueError("no"))
        assert visit.sink.outcomes == []
        del response
        assert visit.sink.outcomes == ["check_failed"]
        visit.client.get("/", catch_response=True)
        assert visit.sink.outcomes == ["check_failed", "ok"]


def test_each_request_is_recorded_once_however_it_is_judged():
    with visiting(answering(ok())) as (visit, _):
        with visit.client.get("/", catch_response=True) as response:
            response.failure("one")
            response.success()
        del response
        assert visit.sink.outcomes == ["ok"]
