"""The bus on a real Redis: links that ask and workers that answer, each with a small WSGI application behind it."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from loadsim.deploy import redis
from loadsim.deploy.keeper_link import KeeperLink
from loadsim.deploy.plan import Plan, Stage
from target_app.bus import FROM_BUS
from target_app.bus.counts import COUNTS_KEY, DONE_KEY
from target_app.bus.link import Link
from target_app.bus.worker import Worker, taking_slots
from target_app.errors import DeadlinePassed, Unavailable

from ...deploy.test_keeper import eventually


@pytest.fixture(scope="module")
def unix_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    scratch = tmp_path_factory.mktemp("bus") / "private"
    keeper = KeeperLink(Plan(str(scratch), (Stage("starting Redis", (redis.server(scratch),)),)))
    try:
        keeper.wait_until_up(30, lambda _: None)
        yield str(redis.socket_path(scratch))
    finally:
        keeper.close()


@pytest.fixture
def store(unix_socket: str) -> Iterator[Redis]:
    with Redis(unix_socket_path=unix_socket) as client:
        client.flushall()
        yield client


@contextmanager
def linked(store: Redis, name: str = "web-1", capacity: int = 100) -> Iterator[Link]:
    link = Link(store.connection_pool.connection_kwargs["path"], capacity, name)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def working(link: Link, answer: Callable[[bytes], bytes], slots: threading.Semaphore | None = None) -> Iterator[Worker]:
    """Serve ``inventory`` with what ``answer`` makes of a body."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        assert environ[FROM_BUS]
        body = answer(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK", [("Server-Timing", "db;dur=2"), ("X-Seen", environ["HTTP_X_USER"])])
        return [body]

    worker = Worker(link, "inventory", application, slots or threading.Semaphore(2), 2)
    try:
        yield worker
    finally:
        worker.close()


def ask(link: Link, body: bytes = b"[]", within_s: float = 20) -> bytes:
    return link.ask("inventory", {"X-User": "7"}, body, time.monotonic() + within_s).body


def test_a_call_is_answered_as_over_http_with_status_headers_and_body(store: Redis) -> None:
    with linked(store) as asking, linked(store, "inventory-1") as serving, working(serving, bytes.upper):
        response = asking.ask("inventory", {"X-User": "7"}, b"abc", math.inf)
    assert (response.status, response.body) == (200, b"ABC")
    assert response.headers == {"Server-Timing": "db;dur=2", "X-Seen": "7"}
    assert (asking.counts.calls, asking.counts.answered) == (1, 1)
    assert (serving.counts.taken, serving.counts.served) == (1, 1)


def test_many_servers_take_from_one_queue_and_every_call_is_performed_once(store: Redis) -> None:
    performed: Counter[bytes] = Counter()

    def note(body: bytes) -> bytes:
        performed[body] += 1
        return body

    bodies = [str(number).encode() for number in range(150)]
    with ExitStack() as stack:
        for number in range(3):
            stack.enter_context(working(stack.enter_context(linked(store, f"inventory-{number}")), note))
        asking = stack.enter_context(linked(store))
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda body: ask(asking, body), bodies)) == bodies
    assert performed == Counter(bodies)


def test_a_full_queue_refuses_at_once_and_what_waited_too_long_is_counted_at_both_ends(store: Redis) -> None:
    with linked(store, capacity=2) as asking, linked(store, "inventory-1") as serving:
        for _ in range(2):
            with pytest.raises(DeadlinePassed, match="the service inventory did not answer in the 0"):
                ask(asking, within_s=0.2)
        with pytest.raises(Unavailable, match="the service inventory cannot be reached: its queue is full"):
            ask(asking)
        performed: list[bytes] = []
        with working(serving, lambda body: performed.append(body) or b""):  # type: ignore[func-returns-value]
            assert eventually(lambda: serving.counts.expired == 2)
    assert performed == []
    assert (asking.counts.calls, asking.counts.missing, asking.counts.full) == (3, 2, 1)


def test_a_reply_for_which_nobody_waits_any_more_is_counted_as_too_late(store: Redis) -> None:
    gate = threading.Event()
    with linked(store) as asking, linked(store, "inventory-1") as serving:
        with working(serving, lambda body: body if gate.wait(20) else b""):
            with pytest.raises(DeadlinePassed):
                ask(asking, within_s=0.5)
            gate.set()
            assert eventually(lambda: asking.counts.too_late == 1)
    assert (asking.counts.missing, serving.counts.served, serving.counts.expired) == (1, 1, 0)


def test_a_call_and_a_request_over_http_take_their_slots_from_the_same(store: Redis) -> None:
    slots, inside = threading.Semaphore(1), threading.Event()
    gate = threading.Event()

    def request(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        inside.set()
        gate.wait(20)
        return []

    with linked(store) as asking, linked(store, "inventory-1") as serving, working(serving, bytes.upper, slots):
        over_http = threading.Thread(target=taking_slots(request, slots), args=({}, lambda *_: None))
        over_http.start()
        assert inside.wait(20)
        with ThreadPoolExecutor(1) as threads:
            answer = threads.submit(ask, asking, b"abc")
            assert wait([answer], 0.3).not_done
            gate.set()
            assert answer.result(20) == b"ABC"
        over_http.join()


def test_a_server_that_ends_answers_what_it_has_begun_and_gives_back_what_has_no_slot(store: Redis) -> None:
    slots = threading.Semaphore(0)
    with linked(store) as asking, linked(store, "inventory-1") as serving:
        with working(serving, bytes.upper, slots) as worker:
            assert asking.tell("inventory", {"X-User": "7"}, b"later", time.monotonic())
            assert eventually(lambda: not store.zcard("asgijobs.inventory"))
            closing = threading.Thread(target=worker.close)
            closing.start()
            assert eventually(lambda: worker._is_closing)
            slots.release()
            closing.join()
        assert store.zcard("asgijobs.inventory") == 1
        assert serving.counts.jobs_taken == 0


def test_jobs_are_done_later_and_how_much_later_is_noted(store: Redis) -> None:
    with linked(store) as asking, linked(store, "inventory-1") as serving:
        assert asking.tell("inventory", {"X-User": "7"}, b"later", time.monotonic() - 5)
        with working(serving, bytes.upper):
            assert eventually(lambda: store.llen(DONE_KEY) == 1)
    assert 5 < float(store.lrange(DONE_KEY, 0, -1)[0]) < 60
    assert (asking.counts.jobs, serving.counts.jobs_taken, serving.counts.jobs_done) == (1, 1, 1)


def test_a_job_that_the_bus_has_no_room_for_is_refused_and_counted(store: Redis) -> None:
    with linked(store, capacity=1) as asking:
        assert [asking.tell("inventory", {}, b"", 0.0) for _ in range(3)] == [True, False, False]
    assert (asking.counts.jobs, asking.counts.jobs_refused) == (3, 2)


def test_the_counts_are_told_to_redis_by_process(store: Redis) -> None:
    with linked(store) as asking:
        asking.tell("inventory", {}, b"", 0.0)
        assert eventually(lambda: [store.hget(key, "jobs") for key in store.keys(f"{COUNTS_KEY}web-1:*")] == [b"1"])


def test_a_redis_that_is_not_there_is_said(tmp_path: Path) -> None:
    link = Link(str(tmp_path / "nowhere"), 100, "web-1")
    try:
        with pytest.raises(Unavailable, match="the service inventory cannot be reached: the bus failed"):
            ask(link)
        assert not link.tell("inventory", {}, b"", 0.0)
        assert (link.counts.unreachable, link.counts.jobs_refused) == (1, 1)
    finally:
        link.close()
