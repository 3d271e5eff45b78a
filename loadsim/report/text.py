"""Words and numbers as every page, picture and table of a report writes them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

from loadsim.units import format_duration, format_share

_BREAKS = "\t\n\r\x0b\x0c\x85\u2028\u2029"
UNKNOWN = "–"
_NUMBER = re.compile(r"([0-9]+)")
_ZEROS = re.compile(r"\.0+(?= )| 00 [ms]")


def visible(text: str, limit: int = 400) -> str:
    """Return a stranger's text as one line in which everything is to be seen.

    Line breaks become spaces; control, format (bidirectional overrides among them), surrogate and private characters
    become U+FFFD; more than ``limit`` characters are cut with an ellipsis. Escaping for HTML is the template's.
    """
    seen = "".join(_seen(character) for character in text[:limit])
    return seen + "…" if len(text) > limit else seen


def _seen(character: str) -> str:
    if character in _BREAKS:
        return " "
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts web-2 before web-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(name)]


def amount(value: float | None) -> str:
    """Write a count or a rate's number: ``'12,345'``, ``'48.2'``, ``'0.40'``."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def seconds(value: float | None) -> str:
    """Write a measured time."""
    return UNKNOWN if value is None or not math.isfinite(value) else format_duration(value).replace(" us", " µs")


def length(value: float) -> str:
    """Write a time that was chosen, not measured: ``'45 s'``, ``'2 m'``."""
    return _ZEROS.sub("", seconds(value))


def share(value: float | None) -> str:
    """Write a share as per cent."""
    return UNKNOWN if value is None or not math.isfinite(value) else format_share(value)


def rate(value: float | None) -> str:
    """Write a rate."""
    return UNKNOWN if value is None else f"{amount(value)}/s"


def age(value_s: float | None) -> str:
    """Write an age that is known in whole seconds, rounded down: ``'under 1 s'``, ``'12 s'``."""
    if value_s is None:
        return UNKNOWN
    return f"{value_s:,.0f} s" if value_s >= 1 else "under 1 s"


def clock(time_s: float, *, hours_too: bool = False) -> str:
    """Write a moment of the run: ``'0:05'``, ``'12:30'``, ``'1:02:05'``; ``hours_too`` also where there are none."""
    whole = round(time_s)
    hours, rest = divmod(abs(whole), 3600)
    sign = "-" if whole < 0 else ""
    return (
        f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
        if hours or hours_too
        else f"{sign}{rest // 60}:{rest % 60:02d}"
    )


def times(factor: float) -> str:
    """Write how many times as much: ``'2.4 times'``, ``'13 times'``."""
    return f"{factor:.0f} times" if factor >= 9.95 else f"{factor:.1f} times".replace(".0 ", " ")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: ``'1 request'``, ``'2,000 requests'``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """Join words as a sentence does: ``'a, b and c'``."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""
