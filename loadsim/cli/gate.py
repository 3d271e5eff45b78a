"""``loadsim gate RUN...``: whether recorded runs hold, for a pipeline that goes on or stops."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadsim.cli import completion, options
from loadsim.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from loadsim.gate import GateRecord

_PIPELINE = "Pipeline"


def gate(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run directories, or directories of several.",
            autocompletion=completion.runs,
        ),
    ],
    objective: options.Objective = None,
    junit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write JUnit XML.", rich_help_panel=_PIPELINE, dir_okay=False),
    ] = None,
    github_summary: Annotated[
        bool,
        typer.Option(
            "--github-summary", help="For GitHub Actions: step summary, annotations.", rich_help_panel=_PIPELINE
        ),
    ] = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> int:
    """Hold recorded runs to objectives; the worst run counts.

    Objectives are those given here and in loadsim.toml; without any, those that each run was made with. Exit code: 0
    they hold, 1 one is broken, 4 a run is invalid or cannot tell.

    loadsim gate reports/candidate --objective 'p99 < 250ms'
    loadsim gate reports/candidate --junit gate.xml --github-summary
    """
    from loadsim import __version__
    from loadsim.gate import find_runs, to_json
    from loadsim.gate import gate as judge
    from loadsim.objectives import exit_code
    from loadsim.report.terminal import open_console
    from loadsim.settings.gate_settings import gate_settings

    settings = gate_settings(objective or (), config)
    summary = _summary_file() if github_summary else None
    record = judge(find_runs(runs), settings.objectives, __version__)
    if as_json:
        open_console().out(to_json(record), end="", highlight=False)
    _print(record, open_console(stderr=as_json), summary, quiet=as_json)
    if junit is not None:
        _write_junit(record, junit)
    return int(exit_code(record.verdict))


def _summary_file() -> Path:
    from loadsim.report.github import SUMMARY_VARIABLE

    given = os.environ.get(SUMMARY_VARIABLE)
    if not given:
        raise UsageError(
            f"--github-summary: {SUMMARY_VARIABLE} is not set, so there is no file to write the summary to",
            hint="GitHub Actions sets it in each step. Elsewhere, --junit and --json say the same.",
        )
    return Path(given)


def _print(record: GateRecord, console: Console, summary: Path | None, *, quiet: bool) -> None:
    from loadsim.report.github import append_summary, workflow_commands
    from loadsim.report.terminal.gate import print_gate

    if summary is None:
        if not quiet:
            print_gate(console, record)
        return
    token = secrets.token_hex(16)
    if not quiet:
        console.out(f"::stop-commands::{token}", highlight=False)
        print_gate(console, record)
        console.out(f"::{token}::", highlight=False)
    for line in workflow_commands(record):
        console.out(line, highlight=False)
    try:
        append_summary(record, summary)
    except OSError as error:
        raise UsageError(f"--github-summary: '{summary}' cannot be written: {error.strerror or error}") from None


def _write_junit(record: GateRecord, path: Path) -> None:
    from loadsim.report.junit import write_junit

    try:
        write_junit(record, path)
    except OSError as error:
        raise UsageError(
            f"--junit: '{path}' cannot be written: {error.strerror or error}", hint="Name another file."
        ) from None
