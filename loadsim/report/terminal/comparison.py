"""The end of a comparison on one screen: conclusion, forest of effects, why, where the report is, what to do next.

Primary metrics are always there, exploratory ones as far as there is room, those first that differ.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from loadsim.compare import CompareRecord
from loadsim.compare.looks import MAX_ROUNDS
from loadsim.profiles import parse_profile
from loadsim.report.terminal.effects import STYLES, effect_lines, interest, undecided
from loadsim.report.terminal.figures import labelled
from loadsim.report.terminal.forest import marks_for
from loadsim.report.terminal.next_step import shown_path
from loadsim.report.terminal.rates import round_up
from loadsim.report.terminal.words import ACCENT, BAD, DIM, GOOD, HEADING, WARN, Glyphs, glyphs_for, wrapped
from loadsim.report.text import visible

_LOG_HEIGHT = 60
_WIDEST = 130
_MOST = 12
"""Exploratory metrics, of which a screen shows no more even where it has room."""
_STYLES = {**STYLES, "invalid": BAD}


def print_comparison(console: Console, record: CompareRecord, directory: Path, report: Path | None) -> None:
    """Print the summary."""
    width = min(console.width, _WIDEST)
    height = max(24, console.height) - 1 if console.is_terminal else _LOG_HEIGHT
    for line in comparison_lines(record, width, height - 3, console):
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    where = report or directory / "compare.json"
    link = where.resolve().as_uri() if console.is_terminal else None
    console.print(
        labelled(
            "report" if report else "record", Text(visible(shown_path(where), 4000), Style(color=ACCENT, link=link))
        ),
        soft_wrap=True,
    )
    why, command = next_step(record)
    console.print(
        labelled("next", Text().append(f"{why}:", DIM).append("  ").append(visible(command, 4000))), soft_wrap=True
    )


def comparison_lines(record: CompareRecord, width: int, height: int, console: Console) -> list[Text]:
    """Return everything but the foot in at most ``height`` lines where the primary metrics leave room for it."""
    glyphs = glyphs_for(console)
    head = _head(record, width, glyphs)
    why = _why(record, width, glyphs)
    primary = [effect for effect in record.effects if effect.primary]
    others = sorted((effect for effect in record.effects if not effect.primary), key=interest)
    room = max(0, height - len(head) - len(why) - len(primary) - 5)
    telling = [effect for effect in others if effect.verdict in ("better", "worse")]
    shown = telling[: min(room, _MOST)]
    body = [Text(), *effect_lines(primary, shown, width, marks_for(console))] if record.effects else []
    left = len(others) - len(shown)
    if left:
        undecided = left - (len(telling) - len(shown))
        text = f"{left} more metrics in the report, {undecided} of them equivalent or not decided"
        body.append(labelled("", Text(text, DIM)))
    return [*head, *body, *([Text(), *why] if why else []), Text()]


def next_step(record: CompareRecord) -> tuple[str, str]:
    """Return (what for, command)."""
    manifest = record.manifest
    argv = ["loadsim", *manifest.argv[1:]]
    if record.conclusion.verdict == "invalid":
        peak = parse_profile(manifest.profile).peak(manifest.duration_s)
        slower = f"{round_up(peak / 2):.12g}/s"
        return "within what the generator can", shlex.join([*_without(argv, "--rate", "--out"), "--rate", slower])
    if record.conclusion.verdict == "inconclusive" and manifest.design == "interleaved" and len(manifest.looks) == 1:
        if record.complete:
            argv = [*_without(argv, "--rounds", "--out"), "--rounds", "auto"]
            return f"until it is known, in {MAX_ROUNDS} rounds at most", shlex.join(argv)
        return "the whole of it again", shlex.join(argv)
    if manifest.seed is None:
        return _interleaved(record)
    again = _without(argv, "--seed", "--out")
    return "the same traffic in the same order again", shlex.join([*again, "--seed", str(manifest.seed)])


def _interleaved(record: CompareRecord) -> tuple[str, str]:
    """Return the command that makes rounds which a drift of the machine cannot fool."""
    m = record.manifest
    sides = [side.topology or side.target for side in (m.a, m.b)]
    length = ["--profile", m.profile, "--duration", f"{m.duration_s:.12g}s"]
    return "in interleaved rounds", shlex.join(["loadsim", "compare", *sides, "--scenario", m.scenario, *length])


def _without(argv: Sequence[str], *options: str) -> list[str]:
    """Return the command without these options and their values."""
    kept, skip = [], False
    for part in argv:
        named = not skip and part.partition("=")[0] in options
        if not skip and not named:
            kept.append(part)
        skip = named and "=" not in part
    return kept


def _head(record: CompareRecord, width: int, glyphs: Glyphs) -> list[Text]:
    conclusion = record.conclusion
    style = _STYLES[conclusion.verdict]
    mark = {GOOD: glyphs.ok, BAD: glyphs.bad, WARN: glyphs.warn}[style]
    first = conclusion.sentences[0] if conclusion.sentences else conclusion.verdict
    lines = wrapped(first, width - 4)
    head = [Text().append(f"{mark} ", f"bold {style}").append(lines[0], HEADING)]
    return [*head, *(Text(f"  {line}", HEADING) for line in lines[1:])]


def _why(record: CompareRecord, width: int, glyphs: Glyphs) -> list[Text]:
    texts = list(record.conclusion.reasons)
    if record.conclusion.verdict != "invalid":
        texts += undecided([effect for effect in record.effects if effect.primary and effect.verdict == "inconclusive"])
    if record.manifest.design != "interleaved":
        texts += record.notes
    lines = []
    for text in texts:
        for index, line in enumerate(wrapped(text, width - 4)):
            lines.append(Text().append("  " if index else f"{glyphs.warn} ", WARN).append(line))
    return lines
