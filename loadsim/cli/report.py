"""``loadsim report RUN...``: render what was recorded again."""

from __future__ import annotations

import gc
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadsim.cli import completion
from loadsim.errors import ExitCode, UsageError, nearest

if TYPE_CHECKING:
    from loadsim.report.rundata import RunData

_FORMATS = ("html", "png", "svg", "csv", "md")
_DEFAULT_FORMATS = "html,png"
_SIZE = re.compile(r"(\d+)x(\d+)")


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Directories, as 'loadsim run' and 'compare' print them.",
            autocompletion=completion.runs,
        ),
    ],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAMES",
            help=f"Joined by commas: {', '.join(_FORMATS)}.",
            autocompletion=completion.one_of(*_FORMATS),
        ),
    ] = _DEFAULT_FORMATS,
    dark: Annotated[bool, typer.Option("--dark", help="Pictures on a dark ground.")] = False,
    size: Annotated[str, typer.Option(metavar="WxH", help="Pixels of the pictures.")] = "1600x900",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Default: into the run; of several: reports/TIME-overlay.",
            file_okay=False,
        ),
    ] = None,
) -> int:
    """Render recorded runs again; several are laid over each other.

    The page, the pictures, the numbers of the charts, a summary for a pull request.
    Of several runs one report is made, and how they differ from the first.

    loadsim report reports/20261124T190211Z-spiky-balanced --format png,md --dark
    loadsim report reports/before reports/after --out reports/both
    """
    from loadsim.report.rundata import load_run
    from loadsim.report.terminal import open_console
    from loadsim.report.write import write_formats, write_overlay

    console = open_console()
    compared = next((path for path in runs if (path / "compare.json").is_file()), None)
    if compared is not None:
        console.out(_write_comparison(compared, runs, formats, out), highlight=False)
        return int(ExitCode.OK)
    wanted = _parse_formats(formats)
    pixels = _parse_size(size)
    loaded = [load_run(path) for path in runs]
    gc.freeze()  # all of it stays until the end: the collector need not walk an hour's names with every chart
    directory = _directory(loaded, out)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        paths = (
            write_formats(loaded[0], directory, wanted, dark=dark, size=pixels)
            if len(loaded) == 1
            else write_overlay(loaded, directory, wanted, dark=dark, size=pixels)
        )
    except OSError as error:
        raise UsageError(
            f"cannot write to '{directory}': {error.strerror or error}", hint="--out names another directory."
        ) from None
    for path in paths:
        console.out(path, highlight=False)
    return int(ExitCode.OK)


def _write_comparison(compared: Path, given: Sequence[Path], formats: str, out: Path | None) -> Path:
    """Write the page of a comparison again; it has no other form, and belongs beside its rounds."""
    from loadsim.report.comparison.page import write_comparison_report

    if len(given) > 1:
        raise UsageError(f"'{compared}' is a comparison, which is reported alone", hint="Give its directory only.")
    if formats != _DEFAULT_FORMATS and formats.strip() != "html":
        raise UsageError(f"--format {formats}: a comparison is a page", hint="Leave --format out, or say html.")
    try:
        return write_comparison_report(compared, out or compared)
    except OSError as error:
        raise UsageError(
            f"cannot write to '{out or compared}': {error.strerror or error}", hint="--out names another directory."
        ) from None


def _directory(runs: Sequence[RunData], out: Path | None) -> Path:
    """Return where to write: into the one run, or beside the runs, where no run's own report is overwritten."""
    if len(runs) == 1:
        return out or runs[0].directory
    if out is not None and (out / "run.json").exists():
        raise UsageError(
            f"--out: '{out}' is a run, and its own report would be overwritten", hint="Name another directory."
        )
    return out or Path("reports") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-overlay"


def _parse_formats(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _FORMATS:
            raise UsageError(f"--format: there is no format '{name}'", hint=nearest(name, _FORMATS))
    if not names:
        raise UsageError("--format: nothing to write", hint=f"Known: {', '.join(_FORMATS)}.")
    return names


def _parse_size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (400 <= width <= 8000 and 250 <= height <= 8000):
        raise UsageError(
            f"--size: '{text}' cannot be taken",
            hint="Width and height in pixels, such as 1600x900; 400x250 to 8000x8000.",
        )
    return width, height
