"""From the options of a call to what is sent: one value that can be sent again to where a redirect leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from loadsim.engine.bodies import encode_body
from loadsim.engine.compose import (
    Auth,
    RequestHead,
    authorization_value,
    field_line,
    plain_path,
    request_target,
    with_params,
)
from loadsim.engine.cookies import CookieJar
from loadsim.engine.origin import Origin
from loadsim.engine.redirects import redirected_method, redirected_path, same_origin_path


class Options(TypedDict, total=False):
    """What every call takes beside path, name, data and json; the meaning is that of requests."""

    params: Any
    files: Any
    headers: Mapping[str, str | bytes | None] | None
    cookies: dict[str, str] | None
    auth: Auth | None
    """(user, password), or a bearer token."""
    timeout: float | tuple[float, float] | None
    """Seconds for the whole request, redirects included; of a pair the sum."""
    allow_redirects: bool
    catch_response: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request without its cookies.

    ``target`` is a path from the root, safe to send; ``lines`` are header lines by lower-case name.
    """

    method: str
    target: str
    lines: dict[str, bytes] = field(default_factory=dict)
    body: bytes | None = None
    extra_cookies: bytes = b""
    follow: bool = True

    def wire(self, head: RequestHead, jar: CookieJar) -> bytes:
        """Return the bytes to send. A Cookie header of the script's own stands instead of the jar's."""
        cookie = self.extra_cookies
        if jar.jar and "cookie" not in self.lines:
            kept = jar.header(self.target)
            cookie = b"; ".join((kept, cookie)) if kept and cookie else kept or cookie
        return head.compose(f"{self.method} {head.root}{self.target}", self.lines, cookie, self.body)

    def redirected(self, origin: Origin, status: int, location: str) -> Prepared:
        """Return the request that follows an answer with ``status`` and ``location``. Raises RedirectError."""
        target = redirected_path(origin.url, self.target, location)
        method = redirected_method(status, self.method)
        if method == self.method:
            return Prepared(method, target, self.lines, self.body, self.extra_cookies)
        lines = {name: line for name, line in self.lines.items() if not name.startswith("content-")}
        return Prepared(method, target, lines, None, self.extra_cookies)


def prepare(
    origin: Origin,
    method: str,
    path: str,
    defaults: Mapping[str, str],
    data: object,
    json: object,
    options: Options,
) -> Prepared:
    """Return the request of a call. Raises ValueError or TypeError for what cannot be sent."""
    method = method.upper()
    lines: dict[str, bytes] = {}
    given: Mapping[str, str | bytes | None] = options.get("headers") or {}
    for name, value in (*defaults.items(), *given.items()) if defaults else given.items():
        if value is None:  # as in requests: takes a default back
            lines.pop(name.lower(), None)
        else:
            lower, line = field_line(name, value)
            lines[lower] = line
    auth = options.get("auth")
    if auth is not None:
        lines["authorization"] = field_line("Authorization", authorization_value(auth))[1]
    files = options.get("files")
    body: bytes | None = None
    if data is not None or json is not None or files:
        body, kind = encode_body(data, json, files)
        if kind is not None and ("content-type" not in lines or files):
            lines["content-type"] = field_line("Content-Type", kind)[1]
    elif method in ("POST", "PUT", "PATCH"):
        body = b""  # RFC 9110, 8.6: these announce that there is none
    lines.pop("content-length", None)
    lines.pop("transfer-encoding", None)
    cookies = options.get("cookies")
    extra = cookie_pairs(cookies) if cookies else b""
    return Prepared(
        method,
        full_target(origin, path, options.get("params")),
        lines,
        body,
        extra,
        options.get("allow_redirects", True),
    )


def full_target(origin: Origin, path: str, params: object) -> str:
    """Return the path from the root for a path relative to the target's URL, or for a URL of the same origin.

    ``""`` is the target's URL itself. Raises ValueError for another origin.
    """
    if path.startswith("/"):
        target = origin.url.base + path
    elif "://" in path.partition("?")[0]:
        target = same_origin_path(origin.url, path)
    else:
        target = f"{origin.url.base}/{path}" if path else origin.url.path
    if params:
        target = with_params(target, params)
    return target if plain_path(target) else request_target(target)


def cookie_pairs(cookies: dict[str, str]) -> bytes:
    """Return the value of a Cookie field for cookies that go with one request only."""
    jar = CookieJar("", secure=True)
    for name, value in cookies.items():
        jar.set(name, value)
    return jar.header("/")


def timeout_s(timeout: float | tuple[float, float] | None, default_s: float) -> float:
    """Return the seconds one request may take. Raises ValueError unless there are some."""
    if timeout is None:
        return default_s
    seconds = float(sum(timeout) if isinstance(timeout, tuple) else timeout)
    if not seconds > 0:
        raise ValueError(f"timeout: {timeout!r} is not a number of seconds above 0")
    return seconds
