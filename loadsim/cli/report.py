"""``loadsim report RUN...``: render what was recorded again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from loadsim.cli import completion
from loadsim.errors import ExitCode, UsageError, nearest

_FORMATS = ("html", "png", "svg", "csv", "md")
_SIZE = re.compile(r"(\d+)x(\d+)")


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run directories, as 'loadsim run' prints them.",
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
    ] = "html,png",
    dark: Annotated[bool, typer.Option("--dark", help="Pictures on a dark ground.")] = False,
    size: Annotated[str, typer.Option(metavar="WxH", help="Pixels of the pictures.")] = "1600x900",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write; default: into the run.", file_okay=False)
    ] = None,
) -> int:
    """Render recorded runs again.

    The page, the pictures, the numbers of the charts, a summary for a pull request.

    loadsim report reports/20261124T190211Z-spiky-balanced
    loadsim report reports/20261124T190211Z-spiky-balanced --format png,md --dark
    """
    from loadsim.report.rundata import load_run
    from loadsim.report.terminal import open_console
    from loadsim.report.write import write_formats

    console = open_console()
    wanted = _parse_formats(formats)
    pixels = _parse_size(size)
    loaded = [load_run(path) for path in runs]
    if out is not None and len(loaded) > 1:
        raise UsageError("--out takes one run", hint="Without --out each run's report is written into the run itself.")
    for run in loaded:
        directory = out or run.directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
            paths = write_formats(run, directory, wanted, dark=dark, size=pixels)
        except OSError as error:
            raise UsageError(
                f"cannot write to '{directory}': {error.strerror or error}", hint="--out names another directory."
            ) from None
        for path in paths:
            console.out(path, highlight=False)
    return int(ExitCode.OK)


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
