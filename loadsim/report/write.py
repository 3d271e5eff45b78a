"""The report of a run directory, written into it: the page and the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadsim.report.rundata import RunData, load_run

REPORT = "report.html"


def write_report(directory: Path) -> Path:
    """Write ``report.html`` and the PNGs beside it, and return the page's path. UsageError, OSError."""
    run = load_run(directory)
    return write_formats(run, run.directory, ("html", "png"))[0]


def write_formats(
    run: RunData, directory: Path, formats: Sequence[str], *, dark: bool = False, size: tuple[int, int] = (1600, 900)
) -> list[Path]:
    """Write the report in these formats (html, png, svg, csv, md) and return the paths. Raises OSError."""
    from loadsim.report.charts import charts
    from loadsim.report.html import write_html
    from loadsim.report.markdown import write_markdown
    from loadsim.report.numbers import write_numbers
    from loadsim.report.png import write_pngs

    paths: list[Path] = []
    drawn = charts(run)
    if "html" in formats:
        paths.append(write_html(run, directory / REPORT, drawn))
    if "png" in formats:
        paths += write_pngs(run, directory, dark=dark, size=size, drawn=drawn)
    if "svg" in formats:
        paths += write_pngs(run, directory, dark=dark, size=size, kind="svg", drawn=drawn)
    if "csv" in formats:
        paths += write_numbers(drawn, directory)
    if "md" in formats:
        paths.append(write_markdown(run, directory / "report.md"))
    return paths


def sentences(run: RunData) -> list[str]:
    """Return what was seen as plain sentences, for a terminal."""
    from loadsim.report.seen import seen

    return [finding.text for finding in seen(run)]
