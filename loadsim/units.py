"""Quantities as people write them ("30s", "500/s", "250ms", "1%"), read and written.

Every parser takes the whole text, and raises :class:`~loadsim.errors.SpecError` that points at what it could not take.
"""

from __future__ import annotations

import math
import re

from loadsim.errors import SpecError

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_PART = re.compile(r"\d+\.?\d*[a-zµ]+")
_SECONDS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PER_SECOND = {"/s": 1.0, "/m": 1 / 60, "/min": 1 / 60, "/h": 1 / 3600}
_BYTES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def _quantity(text: str, units: dict[str, float] | dict[str, int], kind: str, example: str) -> float:
    expected = f"expected {kind} such as '{example}' (units: {', '.join(units)})"
    match = _NUMBER.match(text)
    if not match:
        raise SpecError(text, len(text) - len(text.lstrip()), f"'{text}' is not {kind}: {expected}")
    unit = text[match.end() :].strip()
    if unit not in units:
        what = f"unknown unit '{unit}'" if unit else "no unit"
        raise SpecError(text, min(match.end(), len(text)), f"{what}: {expected}")
    value = float(match[1]) * units[unit]
    if not math.isfinite(value) or value < 0:
        raise SpecError(text, match.start(1), f"'{text}' is out of range: {expected}, not negative and finite")
    return value


def parse_duration(text: str) -> float:
    """Return seconds: ``'1.5s'`` -> 1.5, ``'250ms'`` -> 0.25, ``'1h30m'`` -> 5400.0, ``'2m'`` -> 120.0."""
    parts = list(_PART.finditer(text))
    if (
        len(parts) < 2
        or _NUMBER.sub("", text, count=1).strip() in _SECONDS
        or "".join(m[0] for m in parts) != text.strip()
    ):
        return _quantity(text, _SECONDS, "a duration", "30s")
    seconds = []
    for part in parts:
        try:
            seconds.append(_quantity(part[0], _SECONDS, "a duration", "30s"))
        except SpecError as error:
            raise SpecError(text, part.start() + error.position, error.problem) from None
    return math.fsum(seconds)


def parse_age(text: str) -> tuple[float, float]:
    """Read ``60s``, or ``60s~20s``: give or take."""
    age, around, jitter = text.partition("~")
    age_s, jitter_s = parse_duration(age), parse_duration(jitter) if around else 0.0
    if age_s <= 0:
        raise SpecError(text, 0, f"'{text}': expected an age above 0s")
    if jitter_s > age_s:
        raise SpecError(text, len(age), f"'{text}': the jitter is more than the age itself")
    return age_s, jitter_s


def parse_rate(text: str) -> float:
    """Return events a second: ``'500/s'`` -> 500.0, ``'90/m'`` -> 1.5."""
    return _quantity(text, _PER_SECOND, "a rate", "500/s")


def parse_share(text: str) -> float:
    """Return a share of one: ``'1%'`` -> 0.01, ``'0.25'`` -> 0.25."""
    return _quantity(text, {"%": 0.01, "": 1.0}, "a share", "1%")


def parse_size(text: str) -> int:
    """Return bytes: ``'64KiB'`` -> 65536."""
    return round(_quantity(text, _BYTES, "a size", "10MB"))


def format_duration(seconds: float) -> str:
    """Write seconds with three significant digits in the unit that suits: ``'1.23 ms'``, ``'2 m 05 s'``."""
    if not math.isfinite(seconds):
        return "-"
    size = abs(seconds)
    if float(f"{size:.3g}") >= 60:  # as it would be shown
        minutes, rest = divmod(round(size), 60)
        hours, minutes = divmod(minutes, 60)
        sign = "-" if seconds < 0 else ""
        return sign + (f"{hours} h {minutes:02d} m {rest:02d} s" if hours else f"{minutes} m {rest:02d} s")
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if float(f"{size * scale:.3g}") >= 1 or unit == "us":
            return f"{_three_digits(seconds * scale)} {unit}"
    raise AssertionError("unreachable")


def format_rate(per_second: float) -> str:
    """Write a rate: ``'12,500/s'``, ``'3.25/s'``."""
    return f"{_three_digits(per_second)}/s"


def format_share(share: float) -> str:
    """Write a share as per cent: ``'0.25 %'``, ``'33.3 %'``."""
    return f"{_three_digits(share * 100)} %"


def format_size(size_bytes: float) -> str:
    """Write bytes with binary prefixes: ``'1.50 MiB'``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size_bytes) < 1024 or unit == "GiB":
            return f"{size_bytes:.0f} B" if unit == "B" else f"{_three_digits(size_bytes)} {unit}"
        size_bytes /= 1024
    raise AssertionError("unreachable")


def spell_duration(seconds: float) -> str:
    """Write seconds so that :func:`parse_duration` reads the same value back: ``'30s'``, ``'0.25s'``."""
    return f"{seconds:.12g}s"


def spell_rate(per_second: float) -> str:
    """Write a rate so that :func:`parse_rate` reads the same value back: ``'500/s'``."""
    return f"{per_second:.12g}/s"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    exponent = int(f"{value:.2e}".partition("e")[2])  # of the rounded value: 99.99 has the digits of 100
    return f"{value:,.{min(max(0, 2 - exponent), 3)}f}"
