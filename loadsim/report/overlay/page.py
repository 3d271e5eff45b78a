"""What the page and the Markdown of several runs show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadsim.report.chart import Chart
from loadsim.report.charts import SECTIONS
from loadsim.report.html import Page, command_of
from loadsim.report.markdown import fenced, safe, table_lines
from loadsim.report.overlay import tables
from loadsim.report.overlay.runs import Laid
from loadsim.report.text import counted, listed, visible


def overlay_page(laid: Sequence[Laid], drawn: Sequence[Chart]) -> Page:
    """Return the page of several runs: the runs, their charts on the same axes, and how they differ."""
    labels = listed([one.label for one in laid])
    return Page(
        title=f"{labels} · loadsim",
        subject=counted(len(laid), "run"),
        beside="on the same axes",
        charts=drawn,
        tables=tables.overlay_tables(laid),
        sections={"differences": "Differences"} | SECTIONS,
        commands=[(one.label, command_of(one.run.record)) for one in laid],
        warnings=cautions(laid),
        lead=[tables.runs(laid)],
    )


def cautions(laid: Sequence[Laid]) -> list[str]:
    """Return what makes a run a poor one to hold others against, each with the run's name."""
    found = []
    if any(one.run.service_only and one.run.record.response_time_s is not None for one in laid):
        found.append("One of the runs is a closed loop, in which nothing is due: all times here are service times.")
    for one in laid:
        record = one.run.record
        if record.verdict == "invalid":
            found += [f"{one.label} is invalid: {visible(reason)}" for reason in record.reasons]
        if not record.complete:
            found.append(f"{one.label} was cut short: its figures are of what had happened until then.")
        if not record.requests.count:
            found.append(f"{one.label} made no request.")
        found += [f"{one.label}: {visible(note)}" for note in one.run.notes]
    return found


def overlay_markdown(laid: Sequence[Laid]) -> str:
    """Return the runs, their differences and the busiest routes as Markdown."""
    lines = [f"### {safe(listed([one.label for one in laid]))} on the same axes", ""]
    lines += [f"- {safe(caution)}" for caution in cautions(laid)] + [""]
    for table in (tables.runs(laid), *tables.overlay_tables(laid)):
        lines += [f"**{safe(table.title)}**", "", *table_lines(table)]
    lines += [safe(tables.PLAINLY), ""]
    for one in laid:
        lines += [f"{safe(one.label)}:", "", fenced(command_of(one.run.record)), ""]
    return "\n".join(lines)


def write_overlay_markdown(laid: Sequence[Laid], path: Path) -> Path:
    """Write the Markdown and return its path. Raises OSError."""
    path.write_text(overlay_markdown(laid), encoding="utf-8", errors="replace")
    return path
