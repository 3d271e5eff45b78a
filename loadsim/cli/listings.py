"""``loadsim scenarios`` and ``loadsim schema``: what there is."""

from __future__ import annotations

import json

from loadsim.cli import options


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


def schema() -> None:
    """Print the JSON schema of run.json."""
    from loadsim.record import record_schema
    from loadsim.report.terminal import open_console

    open_console().out(json.dumps(record_schema(), indent=2), highlight=False)
