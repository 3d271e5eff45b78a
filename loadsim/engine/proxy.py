"""Through an HTTP proxy: ``CONNECT`` for https targets (RFC 9110, 9.3.6); http ones only need another request line."""

from __future__ import annotations

import base64
from collections.abc import Callable

from loadsim.engine.address import TargetUrl

_MAX_ANSWER_BYTES = 1 << 14


class ProxyRefusedError(Exception):
    """The proxy answered ``CONNECT`` with something else than success."""


def authorization(proxy: TargetUrl) -> str | None:
    """Return the value of Proxy-Authorization for the user in the proxy's URL, None without one."""
    return None if proxy.userinfo is None else basic(*proxy.userinfo)


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization field (RFC 7617, in UTF-8)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def connect_request(target: TargetUrl, proxy: TargetUrl) -> bytes:
    """Return the request that asks ``proxy`` for a tunnel to ``target``."""
    place = f"{target.bracketed}:{target.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if credentials := authorization(proxy):
        lines.append(f"Proxy-Authorization: {credentials}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def open_tunnel(
    request: bytes,
    recv: Callable[[int], bytes],
    send: Callable[[bytes], int],
    wait_readable: Callable[[], None],
) -> None:
    """Send ``request`` and read the proxy's answer; raises ProxyRefusedError unless it is a success.

    The request is far smaller than an empty send buffer, and nothing can follow the answer's head: in TLS the client
    speaks first.
    """
    send(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        try:
            data = recv(4096)
        except BlockingIOError:
            wait_readable()
            continue
        answer += data
        if not data or len(answer) > _MAX_ANSWER_BYTES:
            raise ProxyRefusedError("the proxy did not answer CONNECT as HTTP does")
    status_line = answer.partition(b"\r\n")[0].decode("latin-1")
    fields = status_line.split(" ", 2)
    if len(fields) < 2 or not fields[0].startswith("HTTP/1.") or len(fields[1]) != 3 or fields[1][0] != "2":
        raise ProxyRefusedError(f"the proxy refused the tunnel: {status_line}")
