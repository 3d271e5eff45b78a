"""``loadsim gate RUN...``: whether recorded runs hold, for a pipeline that goes on or stops."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loadsim.cli import completion, options
from loadsim.cli.help import HelpCommand
from loadsim.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from loadsim.gate import Baseline, GateRecord

_PIPELINE, _COMPARING = "Pipeline", "Comparing"
_BASELINE = "--baseline"


class GateCommand(HelpCommand):
    """Takes all words after ``--baseline``, up to the next option, as runs of it: ``gate NEW... --baseline OLD...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Spell ``--baseline a b`` out as ``--baseline a --baseline b``, which is what click can read."""
        spelt: list[str] = []
        taking = False
        for place, word in enumerate(args):
            taking = taking and not word.startswith("-")
            spelt += [_BASELINE, word] if taking and args[place - 1] != _BASELINE else [word]
            taking = taking or word == _BASELINE
        return super().parse_args(ctx, spelt)


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
    baseline: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN...",
            help="Earlier rounds, not to be worse than; the last option, or repeated.",
            rich_help_panel=_COMPARING,
            autocompletion=completion.runs,
        ),
    ] = None,
    primary: options.Primary = None,
    min_effect: options.MinEffect = None,
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
    badge: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the verdict as a small PNG.", rich_help_panel=_PIPELINE, dir_okay=False
        ),
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> int:
    """Hold recorded runs to objectives, and to a baseline.

    The worst run counts. Objectives are those given here and in loadsim.toml; without any, those that each run was made
    with. Rounds of 'loadsim run --repeat' can be held against earlier ones, 4 at least on each side. Exit code: 0 they
    hold, 1 one is broken or these are worse, 4 a run is invalid or cannot tell.

    loadsim gate reports/candidate --objective 'p99 < 250ms'
    loadsim gate reports/candidate --junit gate.xml --github-summary
    loadsim gate reports/now --baseline reports/before
    """
    from loadsim import __version__
    from loadsim.gate import find_runs, to_json
    from loadsim.gate import gate as judge
    from loadsim.objectives import exit_code
    from loadsim.report.badge import write_badge
    from loadsim.report.junit import write_junit
    from loadsim.report.terminal import open_console
    from loadsim.settings.gate_settings import gate_settings

    settings = gate_settings(objective or (), config)
    summary = _summary_file() if github_summary else None
    against = _baseline(baseline, primary, min_effect)
    record = judge(find_runs(runs), settings.objectives, __version__, against)
    if as_json:
        open_console().out(to_json(record), end="", highlight=False)
    _print(record, open_console(stderr=as_json), summary, quiet=as_json)
    if junit is not None:
        _write(junit, "--junit", lambda path: write_junit(record, path))
    if badge is not None:
        _write(badge, "--badge", lambda path: write_badge(record.verdict, path))
    return int(exit_code(record.verdict))


def _baseline(given: list[Path] | None, primary: str | None, min_effect: list[str] | None) -> Baseline | None:
    """Read the rounds to hold these against, and what decides. UsageError names what cannot be taken."""
    from loadsim.gate import Baseline, find_runs
    from loadsim.settings import compare_settings

    settings = compare_settings(primary=primary, min_effects=min_effect or ())
    if given:
        return Baseline(find_runs(given), settings.primary, settings.margins)
    if primary or min_effect:
        flag = "--primary" if primary else "--min-effect"
        raise UsageError(f"{flag} goes with --baseline: objectives have bounds of their own")
    return None


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


def _write(path: Path, flag: str, write: Callable[[Path], None]) -> None:
    try:
        write(path)
    except OSError as error:
        raise UsageError(
            f"{flag}: '{path}' cannot be written: {error.strerror or error}", hint="Name another file."
        ) from None
