"""Secrets taken out of what is kept or shown, and a stranger's text made harmless.

Two rules, each on the safe side: a header's value is hidden unless its name is known to carry no secret, and a value is
hidden where its name (``access_token=``, ``"password":``) or its form (a JSON web token, ``Bearer ...``) says secret.
What is taken for a secret in error is a nuisance; what is missed is a leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

HIDDEN = "***"

OPEN_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "origin",
        "pragma",
        "referer",
        "user-agent",
    }
)
"""Headers whose values may be shown (redacted as texts are); every other value is taken for a secret."""

_SECRET_PARTS = (
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "sessid",
    "session",
    "signature",
    "token",
)
_SECRET_LAST_WORDS = frozenset(
    {"auth", "csrf", "hmac", "key", "otp", "pass", "pin", "psk", "pw", "pwd", "sid", "sig", "xsrf"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_QUERY_ONLY = frozenset({"code"})
"""Secret as an OAuth parameter of a query, and a plain word everywhere else."""
_WORD_BREAK = r"[^\s&;\"'<>]"

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_USERINFO = re.compile(r"(://)[^\s/?#]*@")
_BROKEN_USERINFO = re.compile(r"(://)(?!\[)[^\s/?#@:]*:(?!\d*(?:[\s/?#]|$))\S*@")
"""A password with a bare ``/``, ``?`` or ``#`` ends the authority early; what is left of it is no port number."""
_LINE = re.compile(r"(?im)\b((?:proxy-)?authorization|(?:set-)?cookie2?)(['\"]?\s*:\s*).+$")
_NAME = re.compile(r"(?<![\w.%\[\]-])([\w.%\[\]-]+)(['\"]?\s*[=:]\s*)")
_VALUE = re.compile(rf"""\[?(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|{_WORD_BREAK}+)""")
_QUERY_VALUE = re.compile(r"[^\s&\"<>]+")
"""In a URL a single quote and a semicolon may stand bare (RFC 3986, section 2.2)."""
_SCHEME = re.compile(
    r"(?i)\b(?:bearer\s+[a-z0-9+/=._~-]{4,}|(?:basic|digest|negotiate|token)\s+(?!(?-i:[a-z]+)\b)[a-z0-9+/=._~-]{6,})"
)
"""``Bearer abcdef``; after the other schemes a plain word in lower case is taken for English: 'token expired'."""
_TOKENS = re.compile(
    r"""(?x)
      \beyJ[\w-]{4,}(?:\.[\w-]*){1,4}                                   # a JSON web token: base64url of '{"'
    | \b(?:gh[pousr]_|github_pat_|glpat-|sk-|[sr]k_live_|xox[abeoprs]-|pypi-)[\w-]{10,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """
)

_HEADER_FLAGS = frozenset({"--header", "-H"})
_PAIR_FLAGS = frozenset({"--env"})
_OPEN_FLAGS = frozenset({"--key", "--cert", "--cacert", "--backend-header"})
"""Flags whose values are paths or names, whatever they sound like."""


def is_secret_name(name: str) -> bool:
    """Return whether a parameter or field of this name holds a secret: ``access_token``, ``X-Api-Key``, ``sig``."""
    plain = _ENCODED.sub(lambda match: chr(int(match[1], 16)), name)
    words = [word.lower() for word in _WORD.findall(plain)]
    joined = "".join(words)
    return any(part in joined for part in _SECRET_PARTS) or bool(words and words[-1] in _SECRET_LAST_WORDS)


def redact_text(text: str) -> str:
    """Return ``text`` without the secrets its form gives away: URL passwords, tokens, ``key=value``, header lines."""
    text = _TOKENS.sub(HIDDEN, text)
    text = _LINE.sub(rf"\1\2{HIDDEN}", text)
    text = _BROKEN_USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _SCHEME.sub(lambda match: f"{match[0].split()[0]} {HIDDEN}", text)
    return _redact_pairs(text)


def _redact_pairs(text: str) -> str:
    kept: list[str] = []
    done = 0
    for pair in _NAME.finditer(text):
        if pair.start() < done or not _names_secret(text, pair):
            continue
        value = (_QUERY_VALUE if _in_query(text, pair) else _VALUE).match(text, pair.end())
        if value:
            quote = value[0][0] if value[0][0] in "\"'" else ""
            kept += (text[done : pair.end()], f"{quote}{HIDDEN}{quote}")
            done = value.end()
    return "".join((*kept, text[done:]))


def _names_secret(text: str, pair: re.Match[str]) -> bool:
    return is_secret_name(pair[1]) or (pair[1].lower() in _QUERY_ONLY and _in_query(text, pair))


def _in_query(text: str, pair: re.Match[str]) -> bool:
    return pair[2] == "=" and text[max(0, pair.start() - 1) : pair.start()] in tuple("?&;#")


def redact_url(url: str) -> str:
    """Return ``url`` without user and password, and without secrets in its query or fragment."""
    return redact_text(url)


def redact_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields in order, with every value hidden that is not known to be harmless (``OPEN_HEADERS``)."""
    fields = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, redact_text(value) if name.lower() in OPEN_HEADERS else HIDDEN) for name, value in fields]


def redact_argv(argv: Sequence[str]) -> list[str]:
    """Return the command line, fit to be kept: the same arguments in the same order, secrets replaced by ``***``."""
    kept: list[str] = []
    flag = ""
    for argument in argv:
        name, equals, value = argument.partition("=")
        if flag:
            kept.append(_flag_value(flag, argument))
            flag = ""
        elif equals and name.startswith("--"):
            kept.append(f"{name}={_flag_value(name, value)}")
        elif argument.startswith("-H") and len(argument) > 2:
            kept.append(f"-H{_flag_value('-H', argument[2:])}")
        else:
            flag = argument if argument.startswith("-") and _hides(argument) else ""
            kept.append(redact_text(argument))
    return kept


def _hides(flag: str) -> bool:
    return flag in _HEADER_FLAGS or flag in _PAIR_FLAGS or (flag not in _OPEN_FLAGS and is_secret_name(flag))


def _flag_value(flag: str, value: str) -> str:
    if flag in _OPEN_FLAGS or not _hides(flag):
        return redact_text(value)
    if flag in _HEADER_FLAGS and ":" in value:
        name, _, field = value.partition(":")
        return ": ".join(redact_headers([(name.strip(), field.strip())])[0])
    if flag in _PAIR_FLAGS and "=" in value:
        return f"{value.partition('=')[0]}={HIDDEN}"
    return HIDDEN


def redact_tree(value: object) -> object:
    """Return a tree of plain values (dict, list, text, number) with secret fields hidden and every text redacted."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if is_secret_name(str(key)) and isinstance(item, str) else redact_tree(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_tree(item) for item in value]
    return value


def plain_text(text: str, limit: int = 500) -> str:
    r"""Return ``text`` on one line of at most ``limit`` characters, fit for a terminal and, once escaped, for HTML.

    Everything that is not printable stands as its escape (``\x1b``, ``\n``, ``\u202e``): control characters of C0 and
    C1, and so every terminal sequence; bidirectional overrides, zero-width characters, lone surrogates.
    """
    shown: list[str] = []
    length = 0
    for character in text[: limit + 1]:
        piece = character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        length += len(piece)
        if length > limit:
            return _cut("".join(shown), limit)
        shown.append(piece)
    return "".join(shown)


def _cut(text: str, limit: int) -> str:
    return text[: max(0, limit - 1)] + "…" if limit > 0 else ""
