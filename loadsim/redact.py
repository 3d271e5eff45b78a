"""Secrets out of everything that is kept or shown: headers, cookies, tokens in queries, passwords in URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"(?i)(auth|token|secret|passw|passphrase|api[-_]?key|access[-_]?key|private|credential|session|cookie|signature|^sig$|^key$|^jwt$|^code$)"
)
_PLAIN_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "cache-control", "content-type", "host", "origin", "user-agent"}
)
_QUERY_PAIR = re.compile(r"([?&;])([^=&;#\s]+)=([^&;#\s'\"]*)")
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic|digest|token)\s+[A-Za-z0-9._~+/=-]{6,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*")
_HEADER_FLAGS = frozenset({"--header", "-H"})
_ENV_FLAGS = frozenset({"--env"})


def is_secret_name(name: str) -> bool:
    """Whether a header, query parameter or variable of this name is taken to hold a secret."""
    return _SECRET_NAME.search(name) is not None


def redact_url(url: str) -> str:
    """Return ``url`` without user information, and with the values of telling query parameters hidden."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    shown = f"{HIDDEN}@{place}" if "@" in parts.netloc else place
    return redact_text(urlunsplit(parts._replace(netloc=shown)))


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Hide every value but those of headers that never hold a secret: whoever sets a header may have a reason."""
    return [(name, value if name.lower() in _PLAIN_HEADERS else HIDDEN) for name, value in headers]


def redact_text(text: str) -> str:
    """Hide what looks like a secret in free text: URL passwords, telling query values, bearer tokens, JWTs."""
    text = _USERINFO.sub(f"{HIDDEN}@", text)
    text = _QUERY_PAIR.sub(_hide_pair, text)
    text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
    return _JWT.sub(HIDDEN, text)


def redact_argv(argv: Sequence[str]) -> list[str]:
    """Return the command line without the values of headers, variables and whatever :func:`redact_text` finds."""
    shown: list[str] = []
    flag = ""
    for argument in argv:
        name, equals, value = argument.partition("=")
        if flag in _HEADER_FLAGS:
            shown.append(_hide_after(argument, ":"))
        elif flag in _ENV_FLAGS:
            shown.append(_hide_after(argument, "="))
        elif equals and name in _HEADER_FLAGS:
            shown.append(f"{name}={_hide_after(value, ':')}")
        elif equals and name in _ENV_FLAGS:
            shown.append(f"{name}={_hide_after(value, '=')}")
        elif argument.startswith("-H") and len(argument) > 2:
            shown.append(f"-H{_hide_after(argument[2:], ':')}")
        else:
            shown.append(redact_text(argument))
        flag = argument if not flag and argument in _HEADER_FLAGS | _ENV_FLAGS else ""
    return shown


def _hide_after(text: str, separator: str) -> str:
    name, found, value = text.partition(separator)
    if not found:
        return HIDDEN
    if separator == ":" and name.strip().lower() in _PLAIN_HEADERS:
        return f"{name}:{value}"
    return f"{name}{separator}{' ' if separator == ':' else ''}{HIDDEN}"


def _hide_pair(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}={HIDDEN}" if is_secret_name(match[2]) and match[3] else match[0]
