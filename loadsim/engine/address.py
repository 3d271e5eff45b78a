"""The URL of the target taken apart, and host names turned into addresses: once, before any traffic."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from loadsim.errors import TargetError, UsageError

SocketAddress = tuple[int, tuple[str, int] | tuple[str, int, int, int]]
"""Address family, and what ``connect`` takes."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class TargetUrl:
    """An http:// or https:// URL."""

    scheme: str
    host: str
    port: int
    base: str
    """The path without a slash at its end, to which request paths are appended."""
    path: str
    """The path and query as given: what a request for ``""`` asks for."""
    userinfo: tuple[str, str] | None
    """User and password, percent-decoded."""

    @classmethod
    def parse(cls, text: str, *, what: str = "the target", schemes: tuple[str, ...] = ("http", "https")) -> TargetUrl:
        """Return the parts of ``text``; raises UsageError that shows what was given without its password."""
        expected = f"expected {' or '.join(f'{scheme}://HOST[:PORT]' for scheme in schemes)}"
        if not text.isprintable() or " " in text:
            raise UsageError(f"{what}: {text!r} contains a space or a control character: {expected}")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"{what}: '{_without_userinfo(text)}' is not a URL ({error}): {expected}") from None
        if parts.scheme not in schemes or not parts.hostname or port == 0:
            given = _without_userinfo(text)
            hint = f"Did you mean '{schemes[0]}://{given}'?" if "://" not in text else ""
            raise UsageError(f"{what}: '{given}' cannot be taken: {expected}", hint=hint)
        user = None
        if parts.username is not None:
            user = (unquote(parts.username), unquote(parts.password or ""))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = _ascii_host(parts.hostname, what)
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], parts.path.rstrip("/"), path, user)

    @property
    def bracketed(self) -> str:
        """The host as it stands in a URL: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """Host and port, the port only where it is not the scheme's own: the value of the Host header."""
        return self.bracketed if self.port == _PORTS[self.scheme] else f"{self.bracketed}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority: ``'http://127.0.0.1:8000'``."""
        return f"{self.scheme}://{self.authority}"


def resolve(host: str, port: int, overrides: Iterable[tuple[str, str]] = ()) -> tuple[SocketAddress, ...]:
    """Return every address of ``host``, in the resolver's order.

    ``overrides`` are pairs (host name, address) that stand before any look-up. Raises UsageError for one that is no IP
    address, TargetError when the name does not resolve.
    """
    pinned = [address.strip("[]") for name, address in overrides if name.lower() == host.lower()]
    for address in pinned:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise UsageError(f"--resolve {host}:{address}: '{address}' is not an IP address") from None
    found: dict[SocketAddress, None] = {}
    for name in pinned or [host]:
        try:
            answers = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise TargetError(
                f"the name '{host}' does not resolve: {getattr(error, 'strerror', None) or error}",
                hint="Check the spelling and the network, or give its address: --resolve HOST:ADDRESS.",
            ) from None
        for family, _, _, _, place in answers:
            if family in (socket.AF_INET, socket.AF_INET6):
                found[(int(family), place)] = None  # type: ignore[index]  # typeshed allows for builds without IPv6
    if not found:
        raise TargetError(f"the name '{host}' has no IPv4 or IPv6 address")
    return tuple(found)


def address_text(address: SocketAddress) -> str:
    """Write an address for people: ``'127.0.0.1:8000'``, ``'[::1]:8000'``."""
    host, port = address[1][0], address[1][1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ascii_host(host: str, what: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{what}: '{host}' is not a host name") from None


def _without_userinfo(text: str) -> str:
    head, at, tail = text.partition("@")
    return f"{head.partition('//')[0]}//***@{tail}" if at and "//" in head else text
