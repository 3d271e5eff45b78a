"""What every terminal output says in the same way: safe text, numbers of one width, marks that need no colour."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from loadsim.errors import LoadsimError
from loadsim.report.text import UNKNOWN, seconds, visible
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


def fit(text: str, width: int) -> str:
    """Return ``text`` made safe in exactly ``width`` cells, cut with an ellipsis."""
    line = Text(visible(text))
    line.truncate(max(0, width), overflow="ellipsis", pad=True)
    return line.plain


def wrapped(text: str, width: int) -> list[str]:
    """Return ``text`` made safe in lines of at most ``width`` characters, broken between words where it can be."""
    return textwrap.wrap(visible(text, 2000), max(10, width))


def width_of(text: str) -> int:
    """Cells that ``text`` takes once it is safe."""
    return cell_len(visible(text))


def duration(value_s: float | None, unknown: str = UNKNOWN) -> str:
    """Write a measured time; None is ``unknown``."""
    return unknown if value_s is None else seconds(value_s)


def short_clock(elapsed_s: float) -> str:
    """Write a position in a run so that it says its units in a log: ``'12s'``, ``'2m05s'``, ``'1h02m05s'``."""
    whole = round(max(0.0, elapsed_s))
    return f"{whole}s" if whole < 60 else format_duration(float(whole)).replace(" ", "")


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as per cent with so many decimals, so that columns align."""
    return UNKNOWN if value is None else f"{value * 100:.{digits}f} %"


def bar(value: float, width: int, glyphs: Glyphs) -> str:
    """Return a horizontal bar of ``value`` (0..1) in exactly ``width`` cells, fine to an eighth of a cell."""
    eighths = round(min(1.0, max(0.0, value)) * width * 8)
    if value > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return (glyphs.halves[8] * full + (glyphs.halves[rest] if rest else "")).ljust(width)


def print_error(console: Console, error: LoadsimError) -> None:
    """Print the message and the hint. Lines are kept as they are: a caret must stay under its character."""
    first, *rest = error.message.splitlines() or [""]
    console.print(Text().append("error: ", f"bold {BAD}").append(visible(first, 2000)), soft_wrap=True)
    for line in rest:
        console.print(Text(visible(line, 2000)), soft_wrap=True)
    for line in error.hint.splitlines():
        console.print(Text(visible(line, 2000), DIM), soft_wrap=True)
