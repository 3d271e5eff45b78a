"""``loadsim compare A B``: which of two ways of running a system serves the same traffic better."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer

from loadsim.cli import completion, options
from loadsim.cli.posix import require_posix
from loadsim.errors import LoadsimError, UsageError

_COMPARING = "Comparing"


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The baseline: topology, name in loadsim.toml, URL, or recorded runs.",
            autocompletion=completion.topologies,
        ),
    ],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B", help="What is held against it: any of these.", autocompletion=completion.topologies
        ),
    ],
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The traffic, such as spiky.",
            rich_help_panel=_COMPARING,
            autocompletion=completion.scenarios,
        ),
    ] = None,
    rounds: Annotated[
        str | None,
        typer.Option(metavar="N", help="Default 10; 6 at least; or auto.", rich_help_panel=_COMPARING),
    ] = None,
    max_rounds: Annotated[
        str | None, typer.Option(metavar="N", help="Of --rounds auto; default 40.", rich_help_panel=_COMPARING)
    ] = None,
    primary: options.Primary = None,
    min_effect: options.MinEffect = None,
    request: options.Request = None,
    servers: options.Servers = None,
    slots: options.Slots = None,
    policy: options.Policy = None,
    profile: options.Profile = None,
    rate: options.Rate = None,
    duration: options.Duration = None,
    warmup: options.Warmup = None,
    arrivals: options.Arrivals = None,
    seed: options.Seed = None,
    model: options.Model = None,
    users: options.Users = None,
    visitors: options.Visitors = None,
    max_in_flight: options.MaxInFlight = None,
    give_up: options.GiveUp = None,
    timeout: options.Timeout = None,
    drain: options.Drain = None,
    connections: options.Connections = None,
    header: options.Header = None,
    insecure: options.Insecure = False,
    cacert: options.Cacert = None,
    cert: options.Cert = None,
    key: options.Key = None,
    resolve: options.Resolve = None,
    env: options.Env = None,
    backend_header: options.BackendHeader = None,
    config: options.Config = None,
    out: options.Out = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> int:
    """Say which of two ways serves the same traffic better.

    A is the baseline. Rounds are interleaved: a coin orders the two in each, both get the same arrivals, each is
    brought up afresh.

    loadsim compare balanced split --scenario spiky
    loadsim compare monolith balanced --scenario read-heavy --rounds auto
    loadsim compare reports/before reports/after
    """
    given: dict[str, Any] = dict(locals())
    flags = {name: value for name, value in given.items() if name not in _NOT_SETTINGS}
    require_posix()
    from loadsim.compare.record import to_json
    from loadsim.experiment.comparison import compare_now
    from loadsim.experiment.recorded import compare_recorded, recorded_sides
    from loadsim.experiment.sides import is_recorded, two_sides
    from loadsim.report.terminal import open_console, print_error
    from loadsim.report.terminal.comparison import print_comparison
    from loadsim.settings import compare_settings
    from loadsim.settings.options import convert

    settings = compare_settings(rounds=rounds, max_rounds=max_rounds, primary=primary, min_effects=min_effect or ())
    console = open_console(stderr=as_json)
    recorded = [side for side in (a, b) if is_recorded(side)]
    if len(recorded) == 1:
        raise UsageError(
            f"'{recorded[0]}' was recorded earlier, the other side was not: they cannot be interleaved",
            hint="Give two directories of recorded runs, or two things to run now.",
        )
    if recorded:
        _refuse_traffic({**flags, "scenario": scenario, "rounds": rounds, "max_rounds": max_rounds, "seed": seed})
        result = compare_recorded(recorded_sides((a, b)), settings, out, console, quiet=quiet)
    else:
        sides = two_sides((a, b), scenario, flags, requests=request or (), config=config)
        drawn = convert("seed", seed, "--seed") if seed is not None else secrets.randbits(32)
        result = compare_now(sides, settings, drawn, out, console, quiet=quiet)
    if as_json:
        open_console().out(to_json(result.record), end="", highlight=False)
    else:
        print_comparison(console, result.record, result.directory, result.report)
    for problem in result.problems:
        print_error(open_console(stderr=True), LoadsimError(problem))
    return int(result.exit_code)


def _refuse_traffic(flags: dict[str, Any]) -> None:
    """Raise UsageError for an option that would make other traffic than was recorded."""
    given = next((name for name, value in flags.items() if value), None)
    if given is not None:
        raise UsageError(
            f"--{given.replace('_', '-')} cannot change rounds that were recorded",
            hint="Of recorded rounds, --primary and --min-effect can be chosen.",
        )


_NOT_SETTINGS = frozenset(
    {
        *("a", "b", "scenario", "rounds", "max_rounds", "primary", "min_effect", "request", "seed", "config", "out"),
        *("quiet", "as_json"),
    }
)
