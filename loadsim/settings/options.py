"""Every option of a run: what it is called, and how its text or TOML value becomes a typed one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadsim.distributions import parse_distribution
from loadsim.errors import LoadsimError, UsageError, nearest
from loadsim.faults import Fault, parse_fault
from loadsim.redact import redact_text, redact_url
from loadsim.units import parse_age, parse_duration, parse_rate, parse_share

Convert = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{value!r} is not a text")
    return value


def _one_of(*choices: str) -> Convert:
    def convert(value: Any) -> str:
        if value not in choices:
            raise UsageError(f"'{value}' is not one of {', '.join(choices)}", hint=nearest(str(value), choices))
        return str(value)

    return convert


def _duration(*, above_zero: bool) -> Convert:
    def convert(value: Any) -> float:
        seconds = parse_duration(_text(value))
        if above_zero and seconds <= 0:
            raise UsageError(f"'{value}' is no time to speak of: expected more than 0, such as '30s'")
        return seconds

    return convert


def _rate(value: Any) -> float:
    """Take '500/s', or a plain number a second."""
    has_unit = isinstance(value, str) and not re.fullmatch(r"\s*[\d.]+\s*", value)
    rate = parse_rate(value) if has_unit else _number(value)
    if not 0 < rate <= 1e9:
        raise UsageError(f"the rate is {value}: expected more than 0, such as '500/s'")
    return rate


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"{value!r} is not a number") from None


def _whole(least: int) -> Convert:
    def convert(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise UsageError(f"{value!r} is not a whole number from {least} on")
        return number

    return convert


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{value!r} is neither true nor false")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(item, str) for item in values):
        raise UsageError(f"{value!r} is not a list of texts")
    return tuple(values)


def _pairs(separator: str, example: str) -> Convert:
    """Take a table, or texts such as 'Name: value'."""

    def convert(value: Any) -> tuple[tuple[str, str], ...]:
        if isinstance(value, Mapping):
            return tuple((str(name), _text(text)) for name, text in value.items())
        pairs = []
        for text in _texts(value):
            name, found, rest = text.partition(separator)
            if not found or not name.strip():
                shown = "what was given" if found else f"'{redact_text(text)}'"
                raise UsageError(f"{shown} names nothing before a '{separator}': expected for example '{example}'")
            pairs.append((name.strip(), rest.strip()))
        return tuple(pairs)

    return convert


def _url(value: Any) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https", "ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number
        good = False
    if not good:
        raise UsageError(f"'{redact_url(text)}' is no URL of a target: expected for example http://127.0.0.1:8000")
    return text


def _connections(value: Any) -> str | int:
    """Take how connections are used, or how many sockets are held open."""
    if value in ("reuse", "visitor"):
        return str(value)
    try:
        return int(_whole(1)(value))
    except UsageError:
        raise UsageError(
            f"'{value}' is not one of reuse, visitor, or a number of sockets to hold open",
            hint=nearest(str(value), ("reuse", "visitor")),
        ) from None


def _above_zero(value: Any) -> float:
    number = _number(value)
    if not 0 < number < math.inf:
        raise UsageError(f"{value!r} is no factor: expected a number above 0")
    return number


def _distribution(value: Any) -> str:
    return parse_distribution(_text(value)).spec()


def _age(value: Any) -> tuple[float, float]:
    return parse_age(_text(value))


_resolve = _pairs(":", "shop.example:127.0.0.1")


def _whole_by_name(example: str) -> Convert:
    """Take a table, or texts such as 'web-1:3, web-2:1'."""
    texts = _pairs(":", example)

    def convert(value: Any) -> dict[str, int]:
        pairs = value.items() if isinstance(value, Mapping) else texts(_text(value).split(","))
        return {str(name).strip(): _whole(1)(number) for name, number in pairs}

    return convert


def _shares(value: Any) -> dict[str, float]:
    """Take a table, or a text such as 'heavy=10%, light=90%'."""
    pairs = value.items() if isinstance(value, Mapping) else _pairs("=", "heavy=10%")(_text(value).split(","))
    shares = {str(name).strip(): parse_share(str(share)) for name, share in pairs}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise UsageError(f"'{name}' has a share of {share:g}: expected 0 to 1, or 0% to 100%")
    return shares


def _ages(value: Any) -> dict[str, str]:
    """Take a table, or texts such as '/items/:id=5s, /=1m': a route, and how old its answers may be."""
    pairs = value if isinstance(value, Mapping) else _text(value).split(",")
    return dict(_pairs("=", "/items/:id=5s")(pairs))


def _faults(value: Any) -> tuple[Fault, ...]:
    return tuple(parse_fault(text) for text in _texts(value))


def _path(value: Any) -> Path:
    return Path(_text(str(value)))


SHAPE: dict[str, Convert] = {
    "servers": _whole(1),
    "slots": _whole(1),
    "policy": _text,
    "balancer": _text,
    "services": _whole(1),
    "heavy": _text,
    "heavy_hold": _text,
    "heavy_cpu": _text,
    "transport": _text,
    "calls": _text,
    "confirmation": _text,
    "bus_capacity": _whole(1),
    "sizes": _whole_by_name("heavy:2"),
    "weights": _whole_by_name("web-1:3"),
    "databases": _text,
    "replicas": _whole(1),
    "lag": _text,
    "sticky": _text,
    "prefers": _text,
    "shards": _whole(2),
    "cache": _ages,
    "writes": _text,
    "updates": _text,
    "socket_max_age": _text,
    "feed": _text,
    "serves": _text,
}
"""Settings of a topology; what each may be, and what they may be together, ``deploy`` knows. They stand in
``[target]``, in ``[topology.NAME]``, and in brackets after a topology's name."""

SOCKETS: dict[str, Convert] = {
    "lifetime": _distribution,
    "message": _text,
    "message_rate": _rate,
    "heartbeat": _duration(above_zero=True),
    "max_age": _age,
    "reconnect": _one_of("none", "now", "backoff"),
    "resume": _one_of("none", "socket", "http"),
    "over": _one_of("sockets", "long-polls"),
    "time_scale": _above_zero,
}
"""Options of the ``sockets`` scenario only."""

OPTIONS: dict[str, Convert] = {
    **SOCKETS,
    "target": _url,
    "topology": _text,
    **{name: SHAPE[name] for name in ("servers", "slots", "policy")},
    "profile": _text,
    "rate": _rate,
    "duration": _duration(above_zero=True),
    "warmup": _duration(above_zero=False),
    "arrivals": _one_of("poisson", "uniform"),
    "seed": _whole(0),
    "max_in_flight": _whole(1),
    "give_up": _duration(above_zero=True),
    "timeout": _duration(above_zero=True),
    "drain": _duration(above_zero=False),
    "connections": _connections,
    "iterations": _whole(1),
    "model": _one_of("open", "closed"),
    "users": _whole(1),
    "visitors": _shares,
    "backend_header": _texts,
    "header": _pairs(":", "Name: value"),
    "cacert": _text,
    "cert": _text,
    "key": _text,
    "insecure": _flag,
    "resolve": _resolve,
    "env": _pairs("=", "NAME=value"),
    "objective": _texts,
    "fault": _faults,
    "out": _path,
}
"""Name of an option, as in ``[run]`` and, with dashes, as a flag: how to read its value."""


def convert(name: str, value: Any, where: str) -> Any:
    """Return the typed value of an option, or of a topology's setting. UsageError says where the value stood."""
    try:
        return (OPTIONS | SHAPE)[name](value)
    except LoadsimError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None


def check_names(names: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...], where: str) -> None:
    """Raise UsageError for the first name that is not known."""
    for name in names:
        if name not in known:
            raise UsageError(f"{where}: unknown key '{name}'", hint=nearest(name, known))
