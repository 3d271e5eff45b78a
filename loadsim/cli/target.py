"""``loadsim target up|down|status``: the bundled target, standing until it is taken down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from loadsim.cli import options
from loadsim.cli.help import HelpCommand, HelpGroup
from loadsim.cli.posix import require_posix
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
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring the target up and leave it standing."""
    require_posix()
    from loadsim.deploy import bring_up
    from loadsim.deploy import topology as named
    from loadsim.deploy.state import standing_target, state_path
    from loadsim.report.terminal import Steps, open_console
    from loadsim.settings.options import convert
    from loadsim.settings.toml_file import find_config, read_config
    from loadsim.settings.topologies import parse_topology

    given = {"servers": servers, "slots": slots, "policy": policy}
    overrides = {name: convert(name, value, f"--{name}") for name, value in given.items() if value is not None}
    name, changed = parse_topology(topology or "balanced", "--topology")
    shape = named(name, read_config(find_config(config)).topologies, **(changed | overrides))
    already = standing_target()
    if already:
        raise UsageError(
            f"a target is up already: {already.url} ({already.topology})", hint="'loadsim target down' takes it down."
        )
    steps = Steps(open_console(stderr=True))
    with (
        steps.step(f"bringing up the bundled target ({shape.describe()})") as step,
        bring_up(shape, port=port, on_step=step.say) as deployment,
    ):
        deployment.detach(state_path())
        step.say(f"up at {deployment.url}")
    target = standing_target()
    if target is None:
        raise TargetError("the target ended as soon as it was up", hint="Try again; 'loadsim target up' says why.")
    _show(target, as_json)


@app.command(cls=HelpCommand)
def down() -> None:
    """Take down the target that stands; without one, do nothing."""
    require_posix()
    from loadsim.deploy.state import standing_target
    from loadsim.report.terminal import open_console

    target = standing_target()
    if target is not None:
        target.stop()
    said = f"took down {target.url} ({target.topology})" if target else "no target is up"
    open_console().out(said, highlight=False)


@app.command(cls=HelpCommand)
def status(as_json: options.AsJson = False) -> int:
    """Say what stands.

    Exit code 3 if nothing does, or if a part of it has ended.
    """
    require_posix()
    from loadsim.deploy.state import standing_target
    from loadsim.report.terminal import open_console

    target = standing_target()
    if target is None:
        none = json.dumps({"up": False}) if as_json else "no target is up; 'loadsim target up' brings one up"
        open_console().out(none, highlight=False)
        return ExitCode.TARGET
    _show(target, as_json)
    return ExitCode.TARGET if target.gone() else ExitCode.OK


def _show(target: StandingTarget, as_json: bool) -> None:
    from loadsim.deploy.usage import process_table, usage
    from loadsim.report.terminal import open_console

    gone = target.gone()
    used = usage(
        [(each["name"], each["pid"]) for each in target.processes if each["name"] not in gone], process_table()
    )
    if as_json:
        processes = [
            {"name": each.name, "pid": each.pid, "cpu_s": each.cpu_s, "rss_bytes": each.rss_bytes} for each in used
        ]
        facts = {"up": True, "url": target.url, "topology": target.topology, "pools": target.pools}
        lines = [json.dumps({**facts, "processes": processes, "gone": gone, "keeper_pid": target.pid})]
    else:
        width = max(len(each["name"]) for each in target.processes)
        mib = 2**20
        lines = [
            f"{target.url}  {target.topology}: {target.description}",
            *(
                f"  {each.name:<{width}} process {each.pid:<8} {each.cpu_s:8.2f} s CPU {each.rss_bytes / mib:7.1f} MiB"
                for each in used
            ),
            *(f"  {name:<{width}} has ended; its log: {target.scratch}/{name}.log" for name in gone),
        ]
    open_console().out("\n".join(lines), highlight=False)
