"""The command ``loadsim``: its verbs, and the one place that turns errors into messages and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from loadsim import __version__
from loadsim.cli import listings, profiles, report, target, try_
from loadsim.cli import run as run_verb
from loadsim.cli.help import WIDTH, HelpCommand, HelpGroup
from loadsim.errors import ExitCode, LoadsimError

app = typer.Typer(
    cls=HelpGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
    help="""What does the shape of your traffic do to the shape of your system?

loadsim run spiky                                             the bundled system
loadsim run read-heavy --target http://127.0.0.1:8000         a system of yours
loadsim run --help""",
)
app.command("run", cls=HelpCommand)(run_verb.run)
app.command("try", cls=HelpCommand)(try_.try_scenario)
app.command("report", cls=HelpCommand)(report.report)
app.command("scenarios", cls=HelpCommand)(listings.scenarios)
app.command("profiles", cls=HelpCommand)(profiles.profiles)
app.command("schema", cls=HelpCommand)(listings.schema)
app.add_typer(target.app, name="target")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"loadsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line and exit with a code of ``errors.ExitCode``."""
    try:
        code = app(standalone_mode=False)
    except LoadsimError as error:
        _say(error)
        sys.exit(int(error.exit_code))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(int(ExitCode.INTERRUPTED))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has had enough
        sys.exit(int(ExitCode.OK))
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own usage errors
            _usage(error)
            sys.exit(int(ExitCode.USAGE))
        _internal(error)
        sys.exit(int(ExitCode.INTERNAL))
    sys.exit(code if isinstance(code, int) else int(ExitCode.OK))


def _say(error: LoadsimError) -> None:
    from rich.console import Console

    from loadsim.report.terminal.words import print_error

    print_error(Console(stderr=True), error)


def _usage(error: Exception) -> None:
    show = getattr(error, "show", None)
    if show is not None:
        show()
    else:
        sys.stderr.write(f"{error}\n")


def _internal(error: Exception) -> None:
    """Say in a line that this is a bug; the traceback goes to whoever asks for it."""
    sys.stderr.write(f"loadsim: internal error: {type(error).__name__}: {error}\n")
    if os.environ.get("LOADSIM_TRACEBACK"):
        traceback.print_exc()
    else:
        sys.stderr.write("This is a bug in loadsim. LOADSIM_TRACEBACK=1 shows where; please report it with that.\n")
