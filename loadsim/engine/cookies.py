"""The cookies of one user, as a browser that only ever visits one origin keeps them: RFC 6265, and name prefixes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_COOKIES = 100
MAX_COOKIE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie. ``expires_s`` is Unix time, None for the end of the visit."""

    name: str
    value: str
    path: str = "/"
    domain: str = ""
    secure: bool = False
    expires_s: float | None = None

    def matches(self, path: str) -> bool:
        """Tell whether a request for ``path`` takes it along (RFC 6265, 5.1.4)."""
        own = self.path
        return path == own or (path.startswith(own) and (own.endswith("/") or path[len(own)] == "/"))


class CookieJar(MutableMapping[str, str]):
    """Cookies by name; where two paths have one of the same name, the longer path's counts.

    ``jar`` is the plain dictionary inside: ask it whether there are any at no cost.
    """

    def __init__(self, host: str, *, secure: bool, clock: Callable[[], float] = time.time) -> None:
        self.jar: dict[tuple[str, str, str], Cookie] = {}
        self._host = host.lower()
        self._secure = secure
        self._clock = clock
        self._everywhere: bytes | None = None
        self.changed = False
        """Set by every change; whoever restores a state clears it."""

    # -- what scripts use

    def __getitem__(self, name: str) -> str:
        found = [cookie for cookie in self.jar.values() if cookie.name == name]
        if not found:
            raise KeyError(name)
        return max(found, key=lambda cookie: len(cookie.path)).value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        keys = [key for key, cookie in self.jar.items() if cookie.name == name]
        if not keys:
            raise KeyError(name)
        for key in keys:
            self._drop(key)

    def __iter__(self) -> Iterator[str]:
        return iter({cookie.name: None for cookie in self.jar.values()})

    def __len__(self) -> int:
        return len({cookie.name for cookie in self.jar.values()})

    def __bool__(self) -> bool:
        return bool(self.jar)

    def set(self, name: str, value: str, *, path: str = "/", domain: str = "") -> None:
        """Set a cookie from a script. ``domain`` is taken for compatibility: there is one origin."""
        text = f"{name}={value}"
        if not name or any(character in text for character in "\r\n\0;") or "=" in name:
            raise ValueError(f"not a cookie: name {name!r} (its value is not shown)")
        self._put(Cookie(name, str(value), path, domain.lower().lstrip(".")))

    def clear(self) -> None:
        """Forget all cookies."""
        self.restore({})
        self.changed = True

    # -- what the client uses

    def restore(self, jar: dict[tuple[str, str, str], Cookie]) -> None:
        """Go back to an earlier state, a copy of ``jar``."""
        self.jar.clear()
        self.jar.update(jar)
        self._everywhere = None
        self.changed = False

    def header(self, path: str) -> bytes:
        """Return the value of the Cookie field for a request to ``path`` (with or without query), ``b""`` for none."""
        if self._everywhere is not None:
            return self._everywhere
        path, now = path.partition("?")[0], self._clock()
        for key in [
            key for key, cookie in self.jar.items() if cookie.expires_s is not None and cookie.expires_s <= now
        ]:
            self._drop(key)
        chosen = [
            cookie for cookie in self.jar.values() if cookie.matches(path) and (self._secure or not cookie.secure)
        ]
        chosen.sort(key=lambda cookie: -len(cookie.path))  # stable: of equal paths the older cookie comes first
        value = "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in chosen)
        try:
            field = value.encode("latin-1")
        except UnicodeEncodeError:
            field = value.encode()
        if all(cookie.path == "/" and cookie.expires_s is None for cookie in self.jar.values()):
            self._everywhere = field
        return field

    def keep(self, set_cookie: str, path: str) -> None:
        """Take the value of a Set-Cookie field in an answer to a request for ``path``, unless it may not be kept."""
        cookie = self._parse(set_cookie, path.partition("?")[0])
        if cookie is None:
            return
        if cookie.expires_s is not None and cookie.expires_s <= self._clock():
            self._drop((cookie.name, cookie.domain, cookie.path))
        else:
            self._put(cookie)

    def _put(self, cookie: Cookie) -> None:
        key = (cookie.name, cookie.domain, cookie.path)
        if self.jar.get(key) == cookie:
            return
        if len(self.jar) >= MAX_COOKIES and key not in self.jar:
            self._drop(next(iter(self.jar)))
        self.jar[key] = cookie
        self._everywhere = None
        self.changed = True

    def _drop(self, key: tuple[str, str, str]) -> None:
        if self.jar.pop(key, None) is not None:
            self._everywhere = None
            self.changed = True

    def _parse(self, text: str, request_path: str) -> Cookie | None:
        pair, *attributes = text.split(";")
        name, equals, value = pair.partition("=")
        if not equals:
            name, value = "", name
        name, value = name.strip(" \t"), value.strip(" \t")
        if not (name or value) or len(name) + len(value) > MAX_COOKIE_BYTES or "\0" in text:
            return None
        given: dict[str, str] = {}
        for attribute in attributes:
            key, _, content = attribute.partition("=")
            given[key.strip(" \t").lower()] = content.strip(" \t")
        domain = given.get("domain", "").lower().removeprefix(".")
        secure = "secure" in given
        if domain and not self._covers(domain):
            return None
        if (secure or name.startswith("__Secure-")) and not (secure and self._secure):
            return None
        path = given.get("path", "")
        if not path.startswith("/"):
            path = request_path.rpartition("/")[0] or "/"
        if name.startswith("__Host-") and not (secure and self._secure and not domain and path == "/"):
            return None
        return Cookie(name, value, path, domain, secure, self._expiry(given))

    def _covers(self, domain: str) -> bool:
        """Whether a cookie for ``domain`` is one for this host (RFC 6265, 5.1.3): never by suffix for an IP address."""
        by_name = not self._host.rpartition(".")[2].isdigit() and ":" not in self._host
        return self._host == domain or (by_name and self._host.endswith("." + domain))

    def _expiry(self, given: dict[str, str]) -> float | None:
        age = given.get("max-age", "")
        if age.removeprefix("-").isdecimal() and age.isascii():
            return self._clock() + min(int(age[:12]), 10**10) if age[0] != "-" else 0.0
        if "expires" not in given:
            return None
        return _date(given["expires"])


def _date(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text.replace("-", " ", 2) if text.count("-") == 2 else text)  # 09-Jun-21 is common
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
