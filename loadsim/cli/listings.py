"""``loadsim scenarios`` and ``loadsim schema``: what there is."""

from __future__ import annotations

import json

import typer

from loadsim.cli import options


def scenarios(as_json: options.AsJson = False) -> None:
    """List the built-in scenarios, and the traffic each makes."""
    from loadsim.scenarios import SCENARIOS

    if as_json:
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
        typer.echo(json.dumps(rows, indent=2))
        return
    from loadsim.report.terminal import open_console, print_scenarios

    print_scenarios(open_console(), list(SCENARIOS.values()))


def schema() -> None:
    """Print the JSON schema of run.json."""
    from loadsim.record import record_schema

    typer.echo(json.dumps(record_schema(), indent=2))
