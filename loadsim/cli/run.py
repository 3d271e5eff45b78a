"""``loadsim run SCENARIO``: make the traffic, measure, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadsim.cli import options
from loadsim.cli.posix import require_posix
from loadsim.errors import LoadsimError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from loadsim.settings import RunSettings


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
    resume: options.Resume = None,
    over: options.Over = None,
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
    repeat: options.Repeat = None,
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
    loadsim run spiky --repeat 6 --out reports/before
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
    if repeat is not None:
        return _repeat(settings, _rounds(repeat), console, quiet=quiet, as_json=as_json)
    result = experiment_run(settings, console, quiet=quiet)
    if as_json:
        _print(to_json(result.record), result.directory / "run.json")
    else:
        result.print_summary(console)
    for problem in result.problems:
        print_error(open_console(stderr=True), problem)
    return int(result.exit_code)


def _repeat(settings: RunSettings, rounds: int, console: Console, *, quiet: bool, as_json: bool) -> int:
    from loadsim.experiment.repeat import repeat
    from loadsim.report.terminal import open_console, print_error
    from loadsim.rounds import FILE_NAME, to_json

    repeated = repeat(settings, rounds, console, quiet=quiet)
    if as_json:
        _print(to_json(repeated.record), repeated.directory / FILE_NAME)
    else:
        repeated.print_summary(console)
    for problem in repeated.problems:
        print_error(open_console(stderr=True), problem)
    return int(repeated.exit_code)


def _rounds(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _MOST_ROUNDS:
        raise UsageError(
            f"--repeat {text}: expected a whole number of rounds, 1 to {_MOST_ROUNDS}",
            hint="To be held against a baseline they are 4 at least, better 6 or more.",
        )
    return number


def _print(record: str, file: Path) -> None:
    try:
        sys.stdout.buffer.write(record.encode())
        sys.stdout.flush()
    except BrokenPipeError:
        pass  # whoever read it has had enough; the exit code still counts
    except OSError as error:
        raise LoadsimError(
            f"{file.name} cannot be written to standard output: {error.strerror or error}",
            hint=f"It is in {file.parent}.",
        ) from None


_NOT_SETTINGS = frozenset({"scenario", "request", "repeat", "config", "quiet", "as_json"})
_MOST_ROUNDS = 1000
