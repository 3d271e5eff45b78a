"""The report of a run directory, written into it, and that of several runs, written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadsim.report.chart import Chart
from loadsim.report.rundata import RunData, load_run

REPORT, SUMMARY = "report.html", "report.md"
Size = tuple[int, int]
_SUBJECT = 90
"""As many characters as stand in the corner of a picture."""


def write_report(directory: Path) -> Path:
    """Write ``report.html`` and the PNGs beside it, and return the page's path. UsageError, OSError."""
    run = load_run(directory)
    return write_formats(run, run.directory, ("html", "png"))[0]


def write_formats(
    run: RunData, directory: Path, formats: Sequence[str], *, dark: bool = False, size: Size = (1600, 900)
) -> list[Path]:
    """Write the report in these formats (html, png, svg, csv, md) and return the paths. Raises OSError."""
    from loadsim.report.charts import charts
    from loadsim.report.html import write_html
    from loadsim.report.markdown import write_markdown
    from loadsim.report.png import subject_of

    drawn = charts(run)
    paths = [write_html(run, directory / REPORT, drawn)] if "html" in formats else []
    paths += _write_charts(drawn, directory, formats, subject_of(run), dark=dark, size=size)
    return [*paths, write_markdown(run, directory / SUMMARY)] if "md" in formats else paths


def write_overlay(
    runs: Sequence[RunData], directory: Path, formats: Sequence[str], *, dark: bool = False, size: Size = (1600, 900)
) -> list[Path]:
    """Write one report of several runs on the same axes and return the paths. Raises UsageError, OSError."""
    from loadsim.report.html import write_page
    from loadsim.report.overlay.charts import overlay_charts
    from loadsim.report.overlay.page import overlay_page, write_overlay_markdown
    from loadsim.report.overlay.runs import lay_out

    laid = lay_out(runs)
    drawn = overlay_charts(laid)
    paths = [write_page(overlay_page(laid, drawn), directory / REPORT)] if "html" in formats else []
    names = " · ".join(one.label for one in laid)
    subject = names if len(names) <= _SUBJECT else f"{len(laid)} runs"
    paths += _write_charts(drawn, directory, formats, subject, dark=dark, size=size)
    return [*paths, write_overlay_markdown(laid, directory / SUMMARY)] if "md" in formats else paths


def _write_charts(
    drawn: Sequence[Chart], directory: Path, formats: Sequence[str], subject: str, *, dark: bool, size: Size
) -> list[Path]:
    from loadsim.report.numbers import write_numbers
    from loadsim.report.png import write_charts

    paths: list[Path] = []
    if "png" in formats:
        paths += write_charts(drawn, directory, subject=subject, dark=dark, size=size)
    if "svg" in formats:
        paths += write_charts(drawn, directory, subject=subject, dark=dark, size=size, kind="svg")
    if "csv" in formats:
        paths += write_numbers(drawn, directory)
    return paths


def sentences(run: RunData) -> list[str]:
    """Return what was seen as plain sentences, for a terminal."""
    from loadsim.report.seen import seen

    return [finding.text for finding in seen(run)]
