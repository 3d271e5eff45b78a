"""``loadsim scenarios`` and ``loadsim schema``: what there is."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def scenarios(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False) -> None:
    """List the built-in scenarios: what visitors do, and how many come when."""
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
    from rich.console import Console

    from loadsim.report.terminal.listings import print_scenarios

    print_scenarios(Console(), list(SCENARIOS.values()))


def schema() -> None:
    """Print the JSON schema of run.json."""
    from loadsim.record import record_schema

    typer.echo(json.dumps(record_schema(), indent=2))
