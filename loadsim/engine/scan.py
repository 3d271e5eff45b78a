"""What the client must know of every answer's head, found in one pass: who answered, and whether there are cookies.

A regular expression that begins with one byte is the cheapest search CPython has over some hundred bytes (it runs on ``memchr``); each
``bytes.find`` costs as much as all of this. The empty line is one of the alternatives, so the body is never looked into.
"""

from __future__ import annotations

import re

from loadsim.engine.names import Backends

_COOKIES = 1
"""Number of the group that stands for Set-Cookie; those for the backend headers follow in the order of preference."""


class HeadScanner:
    """``search(raw)`` matches the first thing of interest; its ``lastindex`` is None when that is the end of the head.

    ``header_names`` are the headers that may name a backend, the preferred one first.
    """

    def __init__(self, header_names: tuple[str, ...], backends: Backends) -> None:
        named = "".join(rf"|{re.escape(name)}:([^\r]*)" for name in header_names)
        self.search = re.compile(rf"\n(?:\r\n|(?i:set-cookie:(){named}))".encode("latin-1")).search
        self._backends = backends

    def read(self, raw: bytes, match: re.Match[bytes]) -> tuple[int, bool]:
        """Return (backend number shifted as in a key, whether cookies are set) from the first ``match`` in ``raw`` on."""
        best, value, cookies = 1 << 16, b"", False
        found: re.Match[bytes] | None = match
        while found is not None and (index := found.lastindex) is not None:
            if index == _COOKIES:
                cookies = True
            elif index < best:
                best, value = index, found[index]
            found = self.search(raw, found.end())
        return (self._backends[value] if value else 0), cookies
