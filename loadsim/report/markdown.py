"""A run's summary as Markdown, for a pull request."""

from __future__ import annotations

import re
from pathlib import Path

from loadsim.report.figures import figures, verdict
from loadsim.report.html import command_of
from loadsim.report.rundata import RunData
from loadsim.report.seen import seen
from loadsim.report.tables import Table, objectives, routes
from loadsim.report.text import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~@&])")
_ROWS = 15


def write_markdown(run: RunData, path: Path) -> Path:
    """Write the summary and return its path. Raises OSError."""
    path.write_text(markdown(run), encoding="utf-8", errors="replace")
    return path


def markdown(run: RunData) -> str:
    """Return verdict, figures, what was seen, objectives and the busiest routes."""
    manifest, judged = run.record.manifest, verdict(run.record)
    target = manifest.topology or manifest.target
    lines = [f"### {safe(manifest.scenario)} on {safe(target)}: {judged.word.lower()}", ""]
    lines += [f"- {safe(reason)}" for reason in judged.why] + [""]
    shown = figures(run)
    lines += ["| " + " | ".join(safe(f.name) for f in shown) + " |", "|" + " ---: |" * len(shown)]
    lines += ["| " + " | ".join(f"**{safe(f.value)}** {safe(f.beside)}" for f in shown) + " |", ""]
    found = seen(run)
    if found:
        lines += ["**What was seen**", "", *(f"- {safe(finding.text)}" for finding in found), ""]
    for table in (objectives(run), routes(run)):
        lines += table_lines(table) if table.rows else []
    return "\n".join([*lines, fenced(command_of(run.record)), ""])


def fenced(command: str) -> str:
    """Return a command as a block of code, whatever is in it."""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", command)), default=0) + 3)
    return f"{fence}\n{command}\n{fence}"


def table_lines(table: Table) -> list[str]:
    """Return the lines of a table, the first rows of a long one."""
    rows = table.rows[:_ROWS]
    left_out = len(table.rows) - len(rows)
    return [
        "| " + " | ".join(safe(column) for column in table.columns) + " |",
        "| " + " | ".join("---:" if numeric else "---" for numeric in table.numeric) + " |",
        *("| " + " | ".join(safe(cell.text) for cell in row) + " |" for row in rows),
        *([f"\n{left_out} more in the report."] if left_out else []),
        "",
    ]


def safe(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no mention, no link."""
    return _SPECIAL.sub(r"\\\1", visible(text))
