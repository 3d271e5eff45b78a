"""One look at the target before any traffic: every address, its certificate, and whether it speaks HTTP."""

from __future__ import annotations

from time import perf_counter as now
from typing import TYPE_CHECKING

import gevent
from gevent import get_hub

from loadsim.engine.address import SocketAddress, address_text
from loadsim.engine.compose import request_target
from loadsim.engine.connection import Connection
from loadsim.engine.failures import describe
from loadsim.engine.headers import Headers
from loadsim.engine.redirects import CODES, RedirectError, redirected_path
from loadsim.errors import TargetError
from loadsim.measure.sample import Outcome

if TYPE_CHECKING:
    from loadsim.engine.origin import Origin

SWEEP_S = 0.05
_NOT_HTTP = "Is it an HTTP/1.1 server, and is it https:// rather than http:// (or the other way round)?"
_HINTS = {
    Outcome.CONNECT_REFUSED: "Is it running, and is the port right?",
    Outcome.CONNECT_TIMEOUT: "Is the address right, and does a firewall drop the packets?",
    Outcome.TLS: "Give the authority's certificate (--cacert FILE), or --insecure if any certificate will do. "
    "A server that speaks plain HTTP on this port wants an http:// URL.",
    Outcome.TIMEOUT: "It took the connection but did not answer: is it overloaded, or does it need a longer --timeout?",
    Outcome.BAD_RESPONSE: _NOT_HTTP,
    Outcome.RESET: _NOT_HTTP,
    Outcome.CLOSED_EARLY: _NOT_HTTP,
}


def check(origin: Origin, *, get: bool = True) -> tuple[str, ...]:
    """Connect to every address and, if so told, GET the target's URL once. Return remarks; raise TargetError.

    An HTTP error status is fine: it is HTTP. Addresses that do not connect while others do are left out from now on,
    and that is a remark (``localhost`` often resolves to ``::1`` too, where nothing listens). The caller's sweep need
    not run yet.
    """
    timer = get_hub().loop.timer(SWEEP_S, SWEEP_S)
    timer.start(lambda: origin.sweep(now()))
    try:
        jobs = [gevent.spawn(_probe, origin, address) for address in origin.socket_addresses]
        gevent.joinall(jobs, raise_error=True)
        connections: list[Connection] = [job.value for job in jobs]
        try:
            remarks = _leave_out_bad(origin, connections)
            return (*remarks, *_get(origin, connections)) if get else remarks
        finally:
            for connection in connections:
                connection.discard()
    finally:
        timer.stop()
        timer.close()


def _probe(origin: Origin, address: SocketAddress) -> Connection:
    connection = Connection(origin)
    connection.address = address
    connection.exchange(b"", now() + origin.timeout_s)
    return connection


def _leave_out_bad(origin: Origin, connections: list[Connection]) -> tuple[str, ...]:
    good = [connection for connection in connections if not connection.outcome]
    if not good:
        raise _error(origin, connections[0], "cannot be reached")
    remarks = []
    for connection in connections:
        if connection.outcome and connection.address is not None:
            text = origin.notes.clean(_problem(connection))
            remarks.append(f"{address_text(connection.address)} is left out: {text}")
    origin.use(tuple(connection.address for connection in good if connection.address is not None))
    return tuple(remarks)


def _get(origin: Origin, connections: list[Connection]) -> tuple[str, ...]:
    first = next(connection for connection in connections if not connection.outcome)
    path = origin.url.path
    first.exchange(
        origin.head.compose(f"GET {origin.head.root}{request_target(path)}", {}, b"", None), now() + origin.timeout_s
    )
    if not first.status and first.outcome:
        raise _error(origin, first, "does not answer as an HTTP server does")
    return tuple(_remarks_on_answer(origin, first))


def _remarks_on_answer(origin: Origin, connection: Connection) -> list[str]:
    status, path = connection.status, origin.url.path
    if connection.outcome:
        return [f"GET {path.partition('?')[0]}: {origin.notes.clean(_problem(connection))}"]
    if status in CODES:
        location = Headers.parse(connection.raw.partition(b"\r\n\r\n")[0]).get("location", "")
        try:
            redirected_path(origin.url, path, location)
        except RedirectError as error:
            return [origin.notes.clean(f"GET {path.partition('?')[0]} is {error}")]
    return [f"GET {path.partition('?')[0]} answers {status}"] if status >= 400 else []


def _problem(connection: Connection) -> str:
    problem = connection.problem
    return describe(problem) if isinstance(problem, OSError) else str(problem)


def _error(origin: Origin, connection: Connection, what: str) -> TargetError:
    place = address_text(connection.address) if connection.address else "?"
    via = "the proxy at " if origin.proxy else ""
    outcome = Outcome(connection.outcome)
    problem = origin.notes.clean(_problem(connection))
    return TargetError(
        f"{origin.url.origin} {what}: {problem} ({via}{place}, {outcome.name.lower()})", hint=_HINTS.get(outcome, "")
    )
