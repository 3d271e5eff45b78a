"""``loadsim try SCENARIO``: one iteration, every request and answer printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Text = str | None
Texts = list[str] | None


def try_scenario(
    scenario: Annotated[str, typer.Argument(help="A built-in name, a name in loadsim.toml, or a Python file.")],
    target: Annotated[Text, typer.Option(metavar="URL", help="Your system; without it the bundled one.")] = None,
    topology: Annotated[Text, typer.Option(help="Shape of the bundled target; default monolith.")] = None,
    request: Annotated[Texts, typer.Option(help="'GET /a weight=3': a route of your target; repeatable.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed is another visitor.")] = None,
    timeout: Annotated[Text, typer.Option(help="Of a request; default 30s.")] = None,
    header: Annotated[Texts, typer.Option("--header", "-H", help="'Name: value' on every request.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify certificates.")] = False,
    cacert: Annotated[Text, typer.Option(help="File of certificate authorities.")] = None,
    cert: Annotated[Text, typer.Option(help="Client certificate.")] = None,
    key: Annotated[Text, typer.Option(help="Its private key.")] = None,
    resolve: Annotated[Texts, typer.Option(metavar="HOST:ADDR", help="Address of a host, before look-ups.")] = None,
    env: Annotated[Texts, typer.Option(metavar="K=V", help="Variable for the scenario's process.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings; default loadsim.toml, found upward.")] = None,
) -> int:
    """Play one iteration and print every request and answer; secrets are hidden.

    loadsim try spiky

    loadsim try read-heavy --target http://127.0.0.1:8000 --request 'GET /a'
    """
    given: dict[str, Any] = dict(locals())
    flags = {name: value for name, value in given.items() if name not in ("scenario", "request", "config")}
    from loadsim.experiment import try_once
    from loadsim.report.terminal.console import open_console
    from loadsim.settings import load_settings

    settings = load_settings(scenario, flags, requests=request or (), config=config)
    return int(try_once(settings, open_console()))
