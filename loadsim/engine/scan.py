"""What the client must know of every answer's head, found in one pass: who answered, cookies, what it tells of itself.

A regular expression that begins with one byte is the cheapest search CPython has over some hundred bytes (it runs on
``memchr``): each ``bytes.find`` costs as much as all of this. The empty line is one of the alternatives, so the body is
never looked into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from loadsim.engine.names import Backends
from loadsim.measure.caching import FIELDS

_COOKIES, _TIMING, _CACHE, _PREFERRED = 1, 2, 3, 4
"""Numbers of groups: Set-Cookie, Server-Timing, fields of caches, then the backend headers in order of preference."""
Findings = tuple[int, Sequence[bytes], bytes, bytes]
"""The backend's number, shifted as in a key, the Set-Cookie values, the Server-Timing values, joined, and the fields of
caches, a line each."""


class HeadScanner:
    """``search(raw)`` matches the first thing of interest; its ``lastindex`` is None when that is the end of the head.

    ``header_names`` are the headers that may name a backend, the preferred one first.
    """

    def __init__(self, header_names: tuple[str, ...], backends: Backends) -> None:
        named = "".join(rf"|{re.escape(name)}:([^\r]*)" for name in header_names)
        # Most fields are of no interest: their first letter tells that sooner than each of the alternatives would.
        first = re.escape("".join(sorted({"a", "c", "s", "x", *(name[0] for name in header_names)})))
        told = rf"set-cookie:([^\r]*)|server-timing:([^\r]*)|({FIELDS}){named}"
        self.search = re.compile(rf"\n(?:\r\n|(?=(?i:[{first}]))(?i:{told}))".encode("latin-1")).search
        self._backends = backends

    def read(self, raw: bytes, match: re.Match[bytes] | None) -> Findings:
        """Return what there is in ``raw`` from ``match`` on."""
        if match is not None and match.lastindex == _PREFERRED:
            rest = self.search(raw, match.end())
            if rest is not None and rest.lastindex is None:  # the usual case: it names itself, and there is no more
                return self._backends[match[_PREFERRED]], (), b"", b""
        best, value = 1 << 16, b""
        cookies: list[bytes] = []
        timing = caches = b""
        found = match
        while found is not None and (index := found.lastindex) is not None:
            if index == _COOKIES:
                cookies.append(found[index])
            elif index == _TIMING:
                timing = timing + b"," + found[index] if timing else found[index]
            elif index == _CACHE:
                caches = caches + b"\n" + found[index] if caches else found[index]
            elif index < best:
                best, value = index, found[index]
            found = self.search(raw, found.end())
        return (self._backends[value] if value else 0), cookies, timing, caches
