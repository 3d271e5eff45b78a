"""``loadsim run SCENARIO``: make the traffic, measure, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from loadsim.cli import options
from loadsim.cli.posix import require_posix
from loadsim.errors import LoadsimError


def run(
    scenario: options.Scenario,
    target: options.Target = None,
    request: options.Request = None,
    topology: options.Topology = None,
    servers: options.Servers = None,
    slots: options.Slots = None,
    policy: options.Policy = None,
    fault: options.Fault = None,
    profile: options.Profile = None,
    rate: options.Rate = None,
    duration: options.Duration = None,
    warmup: options.Warmup = None,
    arrivals: options.Arrivals = None,
    seed: options.Seed = None,
    iterations: options.Iterations = None,
    model: options.Model = None,
    users: options.Users = None,
    visitors: options.Visitors = None,
    max_in_flight: options.MaxInFlight = None,
    give_up: options.GiveUp = None,
    timeout: options.Timeout = None,
    drain: options.Drain = None,
    connections: options.Connections = None,
    lifetime: options.Lifetime = None,
    heartbeat: options.Heartbeat = None,
    max_age: options.MaxAge = None,
    reconnect: options.Reconnect = None,
    message: options.Message = None,
    message_rate: options.MessageRate = None,
    time_scale: options.TimeScale = None,
    header: options.Header = None,
    insecure: options.Insecure = False,
    cacert: options.Cacert = None,
    cert: options.Cert = None,
    key: options.Key = None,
    resolve: options.Resolve = None,
    env: options.Env = None,
    objective: options.Objective = None,
    backend_header: options.BackendHeader = None,
    config: options.Config = None,
    out: options.Out = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> int:
    """Make the traffic, measure, report.

    loadsim run spiky
    loadsim run read-heavy --target http://127.0.0.1:8000 --rate 200/s
    loadsim run spiky --objective 'p99 < 500ms' --objective 'error_rate < 1%'
    """
    given: dict[str, Any] = dict(locals())
    flags = {name: value for name, value in given.items() if name not in _NOT_SETTINGS}
    require_posix()
    from loadsim.experiment import run as experiment_run
    from loadsim.record import to_json
    from loadsim.report.terminal import open_console, print_error
    from loadsim.settings import load_settings

    settings = load_settings(scenario, flags, requests=request or (), config=config)
    console = open_console(stderr=as_json)
    result = experiment_run(settings, console, quiet=quiet)
    if as_json:
        _print(to_json(result.record), result.directory)
    else:
        result.print_summary(console)
    for problem in result.problems:
        print_error(open_console(stderr=True), problem)
    return int(result.exit_code)


def _print(record: str, directory: Path) -> None:
    try:
        sys.stdout.buffer.write(record.encode())
        sys.stdout.flush()
    except BrokenPipeError:
        pass  # whoever read it has had enough; the exit code still counts
    except OSError as error:
        raise LoadsimError(
            f"run.json cannot be written to standard output: {error.strerror or error}", hint=f"It is in {directory}."
        ) from None


_NOT_SETTINGS = frozenset({"scenario", "request", "config", "quiet", "as_json"})
