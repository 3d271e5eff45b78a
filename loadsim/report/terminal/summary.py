"""The end of a run on one screen: verdict and why, figures, what stands out, where the report is, what to do next.

Head, figures and foot are always there; the lists share what a screen leaves: each gets a line, then each in turn
another, so that none pushes the others out. What is cut is counted; the report has it all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from loadsim.record import RunRecord
from loadsim.report.terminal.figures import LABEL, figure_lines, head_lines, labelled
from loadsim.report.terminal.lists import Section, lists_of
from loadsim.report.terminal.next_step import next_step, shown_path
from loadsim.report.terminal.words import ACCENT, DIM, Glyphs, glyphs_for
from loadsim.report.text import visible

_LOG_HEIGHT = 60
"""Lines where there is no screen to fit."""
_WIDEST = 140


def print_summary(
    console: Console, record: RunRecord, directory: Path | None, report: Path | None, seen: Sequence[str] = ()
) -> None:
    """Print the summary; ``seen`` are sentences on what happened, ``report`` the page if one was written.

    ``directory`` is None if the record could not be written.
    """
    width = min(console.width, _WIDEST)
    foot = _foot(record, directory, report, linked=console.is_terminal)
    foot_height = sum(-(-cell_len(line.plain) // console.width) for line in foot)
    height = max(24, console.height) - 1 if console.is_terminal else _LOG_HEIGHT  # the prompt takes a line
    for line in summary_lines(record, width, height - foot_height, glyphs_for(console), seen):
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    for line in foot:
        console.print(line, soft_wrap=True)  # a command is copied whole


def summary_lines(record: RunRecord, width: int, height: int, glyphs: Glyphs, seen: Sequence[str] = ()) -> list[Text]:
    """Return everything but the foot in at most ``height`` lines (12 at least) of at most ``width`` cells."""
    head = head_lines(record, width, glyphs)
    figures = figure_lines(record, width)
    sections = lists_of(record, width - LABEL - 1, glyphs, seen)
    wanted = [len(section.lines) for section in sections]
    room = height - len(head) - len(figures) - 1
    air = [Text()] if room - sum(wanted) >= 2 else []
    counts = share_out(wanted, room - 2 * len(air))
    body = [*head, Text(), *figures]
    body += air if any(counts) else []
    for section, count in zip(sections, counts, strict=True):
        body += _section(section, count, width)
    body += air
    for line in body:
        line.truncate(width, overflow="ellipsis")
    return body


def share_out(wanted: Sequence[int], room: int) -> list[int]:
    """Share ``room`` lines among lists, one to each in turn, the first ones first."""
    given = [0] * len(wanted)
    while room > 0 and given != list(wanted):
        for index, most in enumerate(wanted):
            if given[index] < most and room > 0:
                given[index] += 1
                room -= 1
    return given


def _section(section: Section, count: int, width: int) -> list[Text]:
    lines = []
    for index, line in enumerate(section.lines[:count]):
        whole = labelled(section.label if index == 0 else "", line)
        missing = len(section.lines) - count
        if index == count - 1 and missing:
            more = " …" if section.running else f"  and {missing} more"
            whole.truncate(width - len(more), overflow="ellipsis")
            whole.append(more, DIM)
        lines.append(whole)
    return lines


def _foot(record: RunRecord, directory: Path | None, report: Path | None, *, linked: bool) -> list[Text]:
    why, command = next_step(record)
    again = labelled("next", Text().append(visible(f"{why}:"), DIM).append("  ").append(visible(command, 4000)))
    if directory is None:
        return [again]
    where = report or directory / "run.json"
    style = Style(color=ACCENT, link=where.resolve().as_uri() if linked else None)
    return [labelled("report" if report else "record", Text(visible(shown_path(where), 4000), style)), again]
