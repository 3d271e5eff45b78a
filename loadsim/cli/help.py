"""Help on one screen: options in their groups, a line each, examples as one types them.

A command with more options than a screen has lines explains the everyday ones, and names the others group by group;
``--help-all`` explains those too. Plain text on purpose: it is instant, reads the same in a log, a pager and a narrow
terminal, and needs no colour.
"""

from __future__ import annotations

import inspect
from textwrap import wrap
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from loadsim.errors import ExitCode

WIDTH = 100
FOLDED = ("Arrivals", "Limits", "HTTP", "WebSockets")
"""The groups of options that --help only names."""
_OTHERS = "Options"
_HELP_ALL = "--help-all"


class HelpCommand(TyperCommand):
    """A command whose options stand under the headings of their ``rich_help_panel``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the whole help where it is asked for."""
        if _HELP_ALL in args and not ctx.resilient_parsing:
            ctx.meta[_HELP_ALL] = True
            typer.echo(ctx.get_help())
            raise typer.Exit
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name arguments as the help below does."""
        names = [param.metavar if param.required else f"[{param.metavar}]" for param in _arguments(self, ctx)]
        return [str(self.options_metavar), *names]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description."""
        del ctx
        _write_description(self.help, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options."""
        _write_parameters(self, ctx, formatter)


class HelpGroup(TyperGroup):
    """A group of commands, which come first: they are what one looks for. Without a command it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help where no command is given."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(ExitCode.USAGE)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description."""
        del ctx
        _write_description(self.help, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _write_parameters(self, ctx, formatter)


def _write_description(text: str | None, formatter: Any) -> None:
    """Write paragraphs; the lines of one that begins with a command are commands, and stay as they are."""
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        formatter.write_paragraph()
        with formatter.indentation():
            if paragraph.startswith("loadsim "):
                formatter.write("".join(f"  {line}\n" for line in paragraph.splitlines()))
            else:
                formatter.write_text(paragraph)


def _write_parameters(command: Any, ctx: Any, formatter: Any) -> None:
    """Write every group under its heading, in the order of their first options; one column for all.

    That there is --help needs no line: whoever reads this has found it.
    """
    whole = ctx.meta.get(_HELP_ALL, False)
    groups: dict[str, list[tuple[str, str]]] = {}
    folded: dict[str, list[str]] = {}
    arguments = [(str(param.metavar), param.help or "") for param in _arguments(command, ctx)]
    if arguments:
        groups["Arguments"] = arguments
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is None or param.param_type_name != "option" or param.name == "help":
            continue
        if _group(param) in FOLDED and not whole:
            folded.setdefault(_group(param), []).append(param.opts[0])
        else:
            groups.setdefault(_group(param), []).append(record)
    column = max((len(name) for rows in groups.values() for name, _ in rows), default=0)
    for heading, rows in groups.items():
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(column), help_text) for name, help_text in rows])
    if folded:
        with formatter.section(f"More, explained by {_HELP_ALL}"):
            for name, flags in folded.items():
                head, below = f"  {name:{column}}  ", " " * (column + 4)
                lines = wrap(
                    " ".join(flags),
                    formatter.width,
                    initial_indent=head,
                    subsequent_indent=below,
                    break_on_hyphens=False,
                )
                formatter.write("\n".join([*lines, ""]))


def _group(param: Any) -> str:
    return str(getattr(param, "rich_help_panel", None) or _OTHERS)


def _arguments(command: Any, ctx: Any) -> list[Any]:
    return [param for param in command.get_params(ctx) if param.param_type_name == "argument"]
