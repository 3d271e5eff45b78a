"""``loadsim scenarios``, ``topologies`` and ``schema``: what there is."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from loadsim.cli import options
from loadsim.errors import UsageError, nearest


def scenarios(as_json: options.AsJson = False) -> None:
    """List the built-in scenarios, and the traffic each makes."""
    from loadsim.report.terminal import open_console, print_scenarios
    from loadsim.scenarios import SCENARIOS

    console = open_console()
    if not as_json:
        print_scenarios(console, list(SCENARIOS.values()))
        return
    rows = [
        {
            "name": scenario.name,
            "summary": scenario.summary,
            "profile": scenario.profile,
            "duration_s": scenario.duration_s,
            "warmup_s": scenario.warmup_s,
            "sources": scenario.sources,
        }
        for scenario in SCENARIOS.values()
    ]
    console.out(json.dumps(rows, indent=2), highlight=False)


def topologies(config: options.Config = None, as_json: options.AsJson = False) -> None:
    """List the shapes of the bundled target, yours first.

    loadsim run spiky --topology split
    loadsim run spiky --topology 'split(servers=8, slots=2, calls=serial)'
    """
    from loadsim.deploy.topology import SUMMARIES, TOPOLOGIES, topology
    from loadsim.report.terminal import open_console, print_topologies
    from loadsim.settings.toml_file import find_config, read_config

    own = read_config(find_config(config)).topologies
    shapes = [topology(name, own) for name in (*own, *TOPOLOGIES)]
    told = SUMMARIES | {name: f"Yours, on {settings['base']}." for name, settings in own.items()}
    console = open_console()
    if not as_json:
        print_topologies(console, [(shape.name, told[shape.name], shape.describe()) for shape in shapes])
        return
    rows = [
        {
            "name": shape.name,
            "summary": told[shape.name],
            "pools": {pool.name: pool.server_names for pool in shape.pools},
            **shape.settings(),
        }
        for shape in shapes
    ]
    console.out(json.dumps(rows, indent=2), highlight=False)


def schema(
    of: Annotated[str, typer.Argument(metavar="FILE", help="run (default), rounds, compare or gate.")] = "run",
) -> None:
    """Print the JSON schema of what loadsim writes."""
    from loadsim.compare.record import comparison_schema
    from loadsim.gate import gate_schema
    from loadsim.record import record_schema
    from loadsim.report.terminal import open_console
    from loadsim.rounds import rounds_schema

    known = {"run": record_schema, "rounds": rounds_schema, "compare": comparison_schema, "gate": gate_schema}
    name = of.removesuffix(".json")
    if name not in known:
        raise UsageError(f"there is no file '{of}' with a schema", hint=nearest(name, known))
    open_console().out(json.dumps(known[name](), indent=2), highlight=False)
