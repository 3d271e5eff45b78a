"""The bytes of a request: its target made safe, its fields checked, the constant part written once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, urlencode

from loadsim.engine.address import TargetUrl
from loadsim.engine.proxy import authorization, basic
from loadsim.errors import UsageError

Auth = tuple[str, str] | str
"""User and password (basic), or a token (bearer)."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
plain_path = re.compile(r"/[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z|~]*").fullmatch
"""Whether a path can be sent as it is."""
is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
"""Whether a text can be a method or the name of a header (RFC 9110, 5.6.2)."""
_SAFE_IN_TARGET = "!$&'()*+,;=:@/?%[]~-._|"
_DEFAULTS = (("User-Agent", "loadsim"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate, br"))


def request_target(path: str) -> str:
    """Return ``path`` as it may stand in a request line: spaces and non-ASCII percent-encoded, the fragment left out.

    Raises ValueError for a control character: a line break would begin another request.
    """
    for character in path:
        if character < " " or character == "\x7f":
            raise ValueError(f"not a request path: {path!r} contains the control character {character!r}")
    return quote(path.partition("#")[0], safe=_SAFE_IN_TARGET)


def with_params(path: str, params: object) -> str:
    """Return ``path`` with ``params`` (mapping, pairs or text) added to its query; None is left out, lists repeat."""
    if isinstance(params, (str, bytes)):
        query = params if isinstance(params, str) else params.decode("ascii")
    elif isinstance(params, (Mapping, list, tuple)):
        pairs = params.items() if isinstance(params, Mapping) else params
        query = urlencode([(key, value) for key, value in pairs if value is not None], doseq=True)
    else:
        raise TypeError(f"params: {type(params).__name__} given, expected a mapping, a list of pairs or text")
    if not query:
        return path
    path = path.partition("#")[0]
    return f"{path}{'&' if '?' in path else '?'}{query}"


@lru_cache(maxsize=1024)
def field_line(name: str, value: str | bytes) -> tuple[str, bytes]:
    """Return (name in lower case, whole line) of a header field.

    Raises ValueError, which never shows the value (it may be a secret), for what could not be one field on the wire.
    """
    if not is_token(name):
        raise ValueError(f"not a header name: {name!r}")
    content = value if isinstance(value, bytes) else _field_bytes(str(value))
    if b"\r" in content or b"\n" in content or b"\0" in content:
        raise ValueError(f"the value of header '{name}' contains a line break or NUL")
    return name.lower(), b"%b: %b\r\n" % (name.encode("ascii"), content.strip())


def _field_bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # what servers that take more than the standard allows expect
        return text.encode()


def authorization_value(auth: Auth) -> str:
    """Return the value of the Authorization field for (user, password) or for a bearer token."""
    return f"Bearer {auth}" if isinstance(auth, str) else basic(*auth)


class RequestHead:
    """What is the same in every request to one origin. ``leads[method] + path``, then ``plain``, is a whole request."""

    def __init__(self, url: TargetUrl, headers: Iterable[tuple[str, str]], proxy: TargetUrl | None) -> None:
        constant: list[tuple[str, str]] = [("Host", url.authority), *_DEFAULTS]
        if url.userinfo is not None:
            constant.append(("Authorization", basic(*url.userinfo)))
        absolute = proxy is not None and url.scheme == "http"
        if proxy is not None and absolute and (credentials := authorization(proxy)):
            constant.append(("Proxy-Authorization", credentials))
        self._lines: dict[str, bytes] = {}
        for name, value in [*constant, *headers]:
            try:
                lower, line = field_line(name, value)
            except ValueError as error:
                raise UsageError(f"--header: {error}") from None
            self._lines[lower] = line
        self._without: dict[frozenset[str], bytes] = {}
        self._fields = b" HTTP/1.1\r\n" + b"".join(self._lines.values())
        self.root = url.origin if absolute else ""
        """What stands before the path in a request line: the origin for a proxy, else nothing."""
        self.leads = {method: f"{method} {self.root}{url.base}" for method in METHODS}
        self.plain = self._fields + b"\r\n"

    def compose(self, lead: str, lines: Mapping[str, bytes], cookie: bytes, body: bytes | None) -> bytes:
        """Return a request. ``lead`` is method and target; ``lines`` (by lower-case name) replace constant ones."""
        replaced = self._lines.keys() & lines.keys()
        fields = self._fields_without(frozenset(replaced)) if replaced else self._fields
        parts = [lead.encode("ascii"), fields, *lines.values()]
        if cookie:
            parts.append(b"Cookie: %b\r\n" % cookie)
        if body is None:
            parts.append(b"\r\n")
        else:
            parts.append(b"Content-Length: %d\r\n\r\n" % len(body))
            parts.append(body)
        return b"".join(parts)

    def _fields_without(self, names: frozenset[str]) -> bytes:
        fields = self._without.get(names)
        if fields is None:  # as many as there are subsets of the constant fields that scripts replace: few
            kept = (line for name, line in self._lines.items() if name not in names)
            fields = self._without[names] = b" HTTP/1.1\r\n" + b"".join(kept)
        return fields
