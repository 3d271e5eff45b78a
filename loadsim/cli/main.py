"""The command ``loadsim``: its verbs, and the one place that turns errors into messages and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.main import get_command

from loadsim import __version__
from loadsim.cli import compare, gate, listings, profiles, report, target, try_
from loadsim.cli import run as run_verb
from loadsim.cli.help import WIDTH, HelpCommand, HelpGroup
from loadsim.errors import ExitCode, LoadsimError, UsageError

NAME = "loadsim"
COMPLETING = "_LOADSIM_COMPLETE"
"""What the shell's completion script sets when it asks what could be typed."""

app = typer.Typer(
    cls=HelpGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
    help="""What does the shape of your traffic do to the shape of your system?

loadsim run spiky                                          the bundled system
loadsim run read-heavy --target http://127.0.0.1:8000      a system of yours
loadsim run --help""",
)
app.command("run", cls=HelpCommand)(run_verb.run)
app.command("try", cls=HelpCommand)(try_.try_scenario)
app.command("compare", cls=HelpCommand)(compare.compare)
app.command("gate", cls=gate.GateCommand)(gate.gate)
app.command("report", cls=HelpCommand)(report.report)
app.command("scenarios", cls=HelpCommand)(listings.scenarios)
app.command("topologies", cls=HelpCommand)(listings.topologies)
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
    code = _run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _go_silent()
    sys.exit(int(code))


def _run() -> int:
    if COMPLETING in os.environ:
        app(prog_name=NAME)
    try:
        # Not app(): it ends with 1 when whoever reads its output has had enough, which here means a broken objective.
        command = get_command(app)
        with command.make_context(NAME, sys.argv[1:]) as context:
            code = command.invoke(context)
    except LoadsimError as error:
        _say(error)
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _go_silent()
        return ExitCode.OK
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own errors, whose class is another in each of its versions
            _say(_usage(error))
            return ExitCode.USAGE
        _internal(error)
        return ExitCode.INTERNAL
    return code if isinstance(code, int) else ExitCode.OK


def _go_silent() -> None:
    """Whoever read our output has had enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(error: LoadsimError) -> None:
    from loadsim.report.terminal import open_console, print_error

    print_error(open_console(stderr=True), error)


def _usage(error: Any) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else NAME
    return UsageError(error.format_message().replace("\n", " "), hint=f"{command} --help says what it takes.")


def _internal(error: Exception) -> None:
    """Say in a line that this is a bug; the traceback goes to whoever asks for it."""
    sys.stderr.write(f"loadsim: internal error: {type(error).__name__}: {error}\n")
    if os.environ.get("LOADSIM_TRACEBACK"):
        traceback.print_exc()
    else:
        sys.stderr.write("This is a bug in loadsim. LOADSIM_TRACEBACK=1 shows where; please report it with that.\n")
