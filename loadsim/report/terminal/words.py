"""What every terminal output says in the same way: safe text, numbers of one width, marks that need no colour."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from loadsim.units import format_duration

DIM = "bright_black"
HEADING = "bold"
GOOD = "green"
WARN = "yellow"
BAD = "red"
ACCENT = "cyan"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters a terminal can show; meaning never hangs on colour, so each differs in shape."""

    eighths: str
    """Nine levels, from empty to a full cell."""
    halves: str
    """Nine widths, from empty to a full cell."""
    gap: str
    rule: str
    done: str
    corner: str
    wall: str
    tick: str
    now: str
    ok: str
    bad: str
    warn: str
    braille: bool


UNICODE = Glyphs(" ▁▂▃▄▅▆▇█", " ▏▎▍▌▋▊▉█", "▒", "─", "━", "└", "│", "┤", "▲", "✔", "✘", "▲", True)
ASCII = Glyphs("  ...::##", "     ####", "%", "-", "=", "+", "|", "|", "^", "+", "x", "!", False)


def glyphs_for(console: Console) -> Glyphs:
    """Return block characters where the encoding has them, ASCII elsewhere."""
    return UNICODE if console.encoding.lower().startswith("utf") else ASCII


def safe(text: str, limit: int = 400) -> str:
    """Return one line that no terminal obeys: no control, format or surrogate characters, at most ``limit`` of them.

    Line breaks and tabs become spaces; everything else that is not a character to look at (C0, C1, bidirectional
    overrides, lone surrogates, private use) becomes a replacement character: it is seen that something was there.
    """
    cut = text[:limit]
    seen = "".join(_visible(character) for character in cut)
    return seen + "…" if len(text) > limit else seen


def _visible(character: str) -> str:
    if character in "\t\n\r\x0b\x0c\x85\u2028\u2029":
        return " "
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} else character


def fit(text: str, width: int) -> str:
    """Return ``text`` made safe in exactly ``width`` cells, cut with an ellipsis."""
    line = Text(safe(text))
    line.truncate(max(0, width), overflow="ellipsis", pad=True)
    return line.plain


def width_of(text: str) -> int:
    """Cells that ``text`` takes once it is safe."""
    return cell_len(safe(text))


def amount(value: float | None, unknown: str = "-") -> str:
    """Write a count or a rate's number: ``'12,345'``, ``'0.40'``; None is ``unknown``."""
    if value is None:
        return unknown
    if isinstance(value, int) or abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def rate(value: float | None) -> str:
    """Write a rate; None is ``'-'``."""
    return "-" if value is None else f"{amount(value)}/s"


def duration(seconds: float | None, unknown: str = "-") -> str:
    """Write a measured time; None is ``unknown``."""
    return unknown if seconds is None else format_duration(seconds)


def clock(seconds: float) -> str:
    """Write a position in a run: ``'0:12'``, ``'2:05'``, ``'1:02:05'``."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def short_clock(seconds: float) -> str:
    """Write a position in a run so that it says its units in a log: ``'12s'``, ``'2m05s'``, ``'1h02m05s'``."""
    whole = round(max(0.0, seconds))
    return f"{whole}s" if whole < 60 else format_duration(float(whole)).replace(" ", "")


def share(value: float | None, digits: int = 1) -> str:
    """Write a share as per cent; None is ``'-'``."""
    return "-" if value is None else f"{value * 100:.{digits}f} %"


def bar(value: float, width: int, glyphs: Glyphs) -> str:
    """Return a horizontal bar of ``value`` (0..1) in exactly ``width`` cells, fine to an eighth of a cell."""
    eighths = round(min(1.0, max(0.0, value)) * width * 8)
    if value > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return (glyphs.halves[8] * full + (glyphs.halves[rest] if rest else "")).ljust(width)
