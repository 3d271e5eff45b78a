"""``loadsim run SCENARIO``: make the traffic, measure, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_TARGET, _TRAFFIC, _LIMITS, _HTTP, _RESULT = "Target", "Traffic", "Limits", "HTTP", "Result"
Text = str | None
Texts = list[str] | None
Whole = int | None


def run(
    scenario: Annotated[str, typer.Argument(help="A built-in name, a name in loadsim.toml, or a Python file.")],
    target: Annotated[Text, typer.Option(metavar="URL", help="Your system; without it the bundled one.")] = None,
    topology: Annotated[Text, typer.Option(help="Shape of the bundled target: monolith, balanced.")] = None,
    servers: Annotated[Whole, typer.Option(help="Servers of the bundled target.")] = None,
    slots: Annotated[Whole, typer.Option(help="Requests each server works on at once.")] = None,
    policy: Annotated[Text, typer.Option(help="round_robin, least_request, random or ring_hash.")] = None,
    request: Annotated[Texts, typer.Option(help="'GET /a weight=3': a route of your target; repeatable.")] = None,
    profile: Annotated[Text, typer.Option(help="Rate over time; see 'loadsim profiles'.")] = None,
    rate: Annotated[Text, typer.Option(help="Constant rate, or the peak to scale the scenario to: 200/s.")] = None,
    duration: Annotated[Text, typer.Option(help="Measured time: 30s, 5m.")] = None,
    warmup: Annotated[Text, typer.Option(help="Time before it, at the first rate, not measured.")] = None,
    arrivals: Annotated[Text, typer.Option(help="poisson (default) or uniform.")] = None,
    seed: Annotated[Whole, typer.Option(help="Same seed, same traffic; drawn if not given.")] = None,
    iterations: Annotated[Whole, typer.Option(help="End after so many arrivals.")] = None,
    model: Annotated[Text, typer.Option(help="open (default) or closed, Locust's own loop.")] = None,
    users: Annotated[Whole, typer.Option(help="Users of the closed model; default 10.")] = None,
    max_in_flight: Annotated[Whole, typer.Option(help="Arrivals served at once; default 1000.")] = None,
    give_up: Annotated[Text, typer.Option(help="Drop an arrival that waited longer; default 30s.")] = None,
    timeout: Annotated[Text, typer.Option(help="Of a request; default 30s.")] = None,
    drain: Annotated[Text, typer.Option(help="Wait at the end; default 30s.")] = None,
    connections: Annotated[Text, typer.Option(help="reuse (default), or visitor: a fresh one an arrival.")] = None,
    header: Annotated[Texts, typer.Option("--header", "-H", help="'Name: value' on every request.")] = None,
    backend_header: Annotated[Texts, typer.Option(help="Response header that names the backend.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify certificates.")] = False,
    cacert: Annotated[Text, typer.Option(help="File of certificate authorities.")] = None,
    cert: Annotated[Text, typer.Option(help="Client certificate.")] = None,
    key: Annotated[Text, typer.Option(help="Its private key.")] = None,
    resolve: Annotated[Texts, typer.Option(metavar="HOST:ADDR", help="Address of a host, before look-ups.")] = None,
    env: Annotated[Texts, typer.Option(metavar="K=V", help="Variable for the scenario's process.")] = None,
    objective: Annotated[Texts, typer.Option(help="'p99 < 250ms': what must hold; repeatable.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings; default loadsim.toml, found upward.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory; default reports/TIME-SCENARIO.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print run.json on standard output.")] = False,
) -> int:
    """Make the traffic, measure, report.

    loadsim run spiky

    loadsim run read-heavy --target http://127.0.0.1:8000 --request 'GET /a' --rate 200/s

    loadsim run spiky --objective 'p99 < 500ms' --objective 'error_rate < 1%'
    """
    given: dict[str, Any] = dict(locals())
    flags = {name: value for name, value in given.items() if name not in _NOT_SETTINGS}
    from loadsim.experiment import run as experiment_run
    from loadsim.report.terminal.console import open_console
    from loadsim.settings import load_settings

    settings = load_settings(scenario, flags, requests=request or (), config=config)
    console = open_console(stderr=as_json)
    result = experiment_run(settings, console, quiet=quiet)
    if as_json:
        typer.echo((result.directory / "run.json").read_text(encoding="utf-8"), nl=False)
    else:
        result.print_summary(console)
    return int(result.exit_code)


_NOT_SETTINGS = frozenset({"scenario", "request", "config", "quiet", "as_json"})
