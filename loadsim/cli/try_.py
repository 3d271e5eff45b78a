"""``loadsim try SCENARIO``: one iteration, every request and answer printed."""

from __future__ import annotations

from typing import Any

from loadsim.cli import options
from loadsim.cli.posix import require_posix


def try_scenario(
    scenario: options.Scenario,
    target: options.Target = None,
    request: options.Request = None,
    topology: options.Topology = None,
    seed: options.Seed = None,
    header: options.Header = None,
    timeout: options.Timeout = None,
    insecure: options.Insecure = False,
    cacert: options.Cacert = None,
    cert: options.Cert = None,
    key: options.Key = None,
    resolve: options.Resolve = None,
    env: options.Env = None,
    config: options.Config = None,
) -> int:
    """Play one iteration, and print every request and answer.

    Secrets are hidden. Without --target the bundled target is brought up, as a monolith.

    loadsim try spiky
    loadsim try read-heavy --target http://127.0.0.1:8000 --request 'GET /a'
    """
    given: dict[str, Any] = dict(locals())
    flags = {name: value for name, value in given.items() if name not in ("scenario", "request", "config")}
    require_posix()
    from loadsim.experiment import try_once
    from loadsim.report.terminal.console import open_console
    from loadsim.settings import load_settings

    settings = load_settings(scenario, flags, requests=request or (), config=config)
    return int(try_once(settings, open_console()))
