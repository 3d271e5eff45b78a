"""A run's summary as Markdown, for a pull request."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from loadsim.report.figures import figures, verdict
from loadsim.report.html import repeat_command
from loadsim.report.rundata import RunData
from loadsim.report.seen import seen
from loadsim.report.tables import Table, objectives, routes
from loadsim.report.text import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~@&])")
_ROUTES = 10


def write_markdown(run: RunData, path: Path) -> Path:
    """Write the summary and return its path. Raises OSError."""
    path.write_text(markdown(run), encoding="utf-8", errors="replace")
    return path


def markdown(run: RunData) -> str:
    """Return verdict, figures, what was seen, objectives and the busiest routes."""
    manifest, judged = run.record.manifest, verdict(run.record)
    target = manifest.topology or manifest.target
    lines = [f"### {_safe(manifest.scenario)} on {_safe(target)}: {judged.word.lower()}", ""]
    lines += [f"- {_safe(reason)}" for reason in judged.why] + [""]
    shown = figures(run)
    lines += ["| " + " | ".join(_safe(f.name) for f in shown) + " |", "|" + " ---: |" * len(shown)]
    lines += ["| " + " | ".join(f"**{_safe(f.value)}** {_safe(f.beside)}" for f in shown) + " |", ""]
    found = seen(run)
    if found:
        lines += ["**What was seen**", "", *(f"- {_safe(finding.text)}" for finding in found), ""]
    for table in (objectives(run), routes(run)):
        lines += _table(table) if table.rows else []
    command = visible(shlex.join(repeat_command(manifest.argv, manifest.seed)), 4000)
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", command)), default=0) + 3)
    return "\n".join([*lines, f"{fence}\n{command}\n{fence}", ""])


def _table(table: Table) -> list[str]:
    rows = table.rows[:_ROUTES]
    left_out = len(table.rows) - len(rows)
    return [
        "| " + " | ".join(table.columns) + " |",
        "| " + " | ".join("---:" if numeric else "---" for numeric in table.numeric) + " |",
        *("| " + " | ".join(_safe(cell.text) for cell in row) + " |" for row in rows),
        *([f"\n{left_out} more in the report."] if left_out else []),
        "",
    ]


def _safe(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no mention, no link."""
    return _SPECIAL.sub(r"\\\1", visible(text))
