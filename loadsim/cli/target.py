"""``loadsim target up|down|status``: the bundled target, standing until it is taken down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from loadsim.cli import options
from loadsim.cli.help import HelpCommand, HelpGroup
from loadsim.errors import ExitCode, TargetError, UsageError

if TYPE_CHECKING:
    from loadsim.deploy.state import StandingTarget

app = typer.Typer(
    cls=HelpGroup,
    help="""Bring the bundled Django target up, or take it down.

loadsim target up --topology monolith
loadsim target status
loadsim target down""",
)


@app.command(cls=HelpCommand)
def up(
    topology: options.Topology = None,
    servers: options.Servers = None,
    slots: options.Slots = None,
    policy: options.Policy = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port of 127.0.0.1; drawn if not given.", rich_help_panel="Target")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring the target up and leave it standing."""
    from loadsim.deploy import bring_up
    from loadsim.deploy import topology as named
    from loadsim.deploy.state import standing_target, state_path
    from loadsim.settings.options import convert

    given = {"servers": servers, "slots": slots, "policy": policy}
    overrides = {name: convert(name, value, f"--{name}") for name, value in given.items() if value is not None}
    shape = named(topology or "balanced", **overrides)
    already = standing_target()
    if already:
        raise UsageError(f"a target is up already: {already.url} ({already.topology})", hint="loadsim target down")
    with bring_up(shape, port=port, on_step=lambda text: typer.echo(text, err=True)) as deployment:
        deployment.detach(state_path())
    target = standing_target()
    if target is None:
        raise TargetError(
            "the target ended as soon as it was up", hint="loadsim target up tells why, if it happens again."
        )
    _show(target, as_json)


@app.command(cls=HelpCommand)
def down() -> None:
    """Take down the target that stands; without one, do nothing."""
    from loadsim.deploy.state import standing_target

    target = standing_target()
    if target is None:
        typer.echo("no target is up")
        return
    target.stop()
    typer.echo(f"took down {target.url} ({target.topology})")


@app.command(cls=HelpCommand)
def status(as_json: options.AsJson = False) -> None:
    """Say what stands.

    Exit code 3 if nothing does, or if a part of it has ended.
    """
    from loadsim.deploy.state import standing_target

    target = standing_target()
    if target is None:
        typer.echo(json.dumps({"up": False}) if as_json else "no target is up: loadsim target up")
        raise typer.Exit(ExitCode.TARGET)
    _show(target, as_json)
    if target.gone():
        raise typer.Exit(ExitCode.TARGET)


def _show(target: StandingTarget, as_json: bool) -> None:
    from loadsim.deploy.usage import process_table, usage

    gone = target.gone()
    used = usage(
        [(each["name"], each["pid"]) for each in target.processes if each["name"] not in gone], process_table()
    )
    if as_json:
        processes = [
            {"name": each.name, "pid": each.pid, "cpu_s": each.cpu_s, "rss_bytes": each.rss_bytes} for each in used
        ]
        facts = {"up": True, "url": target.url, "topology": target.topology, "pools": target.pools}
        typer.echo(json.dumps({**facts, "processes": processes, "gone": gone, "keeper_pid": target.pid}))
        return
    typer.echo(f"{target.url}  {target.topology}: {target.description}")
    for each in used:
        typer.echo(
            f"  {each.name:<10} process {each.pid:<8} {each.cpu_s:8.2f} s CPU  {each.rss_bytes / 2**20:6.1f} MiB"
        )
    for name in gone:
        typer.echo(f"  {name:<10} has ended; its log: {target.scratch}/{name}.log")
