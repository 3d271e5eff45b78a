"""The options that several verbs take: each is called and explained the same way everywhere.

They are texts here: ``loadsim.settings`` reads them, as it does what loadsim.toml says, and its errors name both alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loadsim.cli import completion

_TARGET, _TRAFFIC, _MEASURING, _OUTPUT, _COMPARING = "Target", "Traffic", "Measuring", "Output", "Comparing"
_ARRIVALS, _LIMITS, _HTTP, _SOCKETS = "Arrivals", "Limits", "HTTP", "WebSockets"

Text = str | None
Texts = list[str] | None

Scenario = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A built-in one, one of loadsim.toml, or a Python file.",
        autocompletion=completion.scenarios,
    ),
]

Target = Annotated[
    Text, typer.Option(metavar="URL", help="Your system; without it the bundled one.", rich_help_panel=_TARGET)
]
Request = Annotated[
    Texts,
    typer.Option(metavar="ROUTE", help="'GET /a weight=3': a route of it; repeatable.", rich_help_panel=_TARGET),
]
Topology = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="Shape of the bundled target; see 'loadsim topologies'.",
        rich_help_panel=_TARGET,
        autocompletion=completion.topologies,
    ),
]
Servers = Annotated[Text, typer.Option(metavar="N", help="Servers of the bundled target.", rich_help_panel=_TARGET)]
Slots = Annotated[
    Text, typer.Option(metavar="N", help="Requests that each server works on at once.", rich_help_panel=_TARGET)
]
Policy = Annotated[
    Text,
    typer.Option(
        metavar="NAME",
        help="round_robin, least_request, random or ring_hash.",
        rich_help_panel=_TARGET,
        autocompletion=completion.policies,
    ),
]

Profile = Annotated[
    Text,
    typer.Option(
        metavar="SPEC",
        help="Rate over time; see 'loadsim profiles'.",
        rich_help_panel=_TRAFFIC,
        autocompletion=completion.profile_shapes,
    ),
]
Rate = Annotated[
    Text,
    typer.Option(
        metavar="RATE", help="200/s: constant, or the peak of the scenario's shape.", rich_help_panel=_TRAFFIC
    ),
]
Duration = Annotated[Text, typer.Option(metavar="TIME", help="Measured time: 30s, 5m.", rich_help_panel=_MEASURING)]
Warmup = Annotated[
    Text,
    typer.Option(metavar="TIME", help="Time before it, at the first rate, not measured.", rich_help_panel=_MEASURING),
]
Arrivals = Annotated[
    Text,
    typer.Option(
        metavar="PROCESS",
        help="poisson (default) or uniform.",
        rich_help_panel=_ARRIVALS,
        autocompletion=completion.one_of("poisson", "uniform"),
    ),
]
Seed = Annotated[
    Text, typer.Option(metavar="N", help="Same seed, same traffic; drawn if not given.", rich_help_panel=_TRAFFIC)
]
Iterations = Annotated[Text, typer.Option(metavar="N", help="End after so many arrivals.", rich_help_panel=_ARRIVALS)]
Model = Annotated[
    Text,
    typer.Option(
        metavar="MODEL",
        help="open (default) or closed, Locust's own loop.",
        rich_help_panel=_ARRIVALS,
        autocompletion=completion.one_of("open", "closed"),
    ),
]
Users = Annotated[
    Text, typer.Option(metavar="N", help="Users of the closed model; default 10.", rich_help_panel=_ARRIVALS)
]
Visitors = Annotated[
    Text,
    typer.Option(
        metavar="SHARES",
        help="'heavy=10%': classes of visitors; the others share the rest.",
        rich_help_panel=_ARRIVALS,
    ),
]

MaxInFlight = Annotated[
    Text, typer.Option(metavar="N", help="Arrivals served at once; default 1000.", rich_help_panel=_LIMITS)
]
GiveUp = Annotated[
    Text, typer.Option(metavar="TIME", help="Drop an arrival that waited longer; default 30s.", rich_help_panel=_LIMITS)
]
Timeout = Annotated[Text, typer.Option(metavar="TIME", help="Of a request; default 30s.", rich_help_panel=_LIMITS)]
Drain = Annotated[Text, typer.Option(metavar="TIME", help="Wait at the end; default 30s.", rich_help_panel=_LIMITS)]

Lifetime = Annotated[
    Text,
    typer.Option(metavar="DIST", help="How long each is held: 'exponential(60s)'.", rich_help_panel=_SOCKETS),
]
Heartbeat = Annotated[
    Text, typer.Option(metavar="TIME", help="Ping so often; dead after as long again.", rich_help_panel=_SOCKETS)
]
MaxAge = Annotated[
    Text, typer.Option(metavar="TIME~JITTER", help="End each ourselves at this age.", rich_help_panel=_SOCKETS)
]
Reconnect = Annotated[
    Text,
    typer.Option(
        metavar="HOW",
        help="none (default), now or backoff, when one is lost.",
        rich_help_panel=_SOCKETS,
        autocompletion=completion.one_of("none", "now", "backoff"),
    ),
]
Resume = Annotated[
    Text,
    typer.Option(
        metavar="HOW",
        help="none (default), socket or http: ask for what was missed.",
        rich_help_panel=_SOCKETS,
        autocompletion=completion.one_of("none", "socket", "http"),
    ),
]
Over = Annotated[
    Text,
    typer.Option(
        metavar="WAY",
        help="sockets (default), or long-polls that hear the same feed.",
        rich_help_panel=_SOCKETS,
        autocompletion=completion.one_of("sockets", "long-polls"),
    ),
]
Message = Annotated[
    Text, typer.Option(metavar="TEXT", help="What to send; {n} in it is its number.", rich_help_panel=_SOCKETS)
]
MessageRate = Annotated[
    Text, typer.Option(metavar="RATE", help="Messages of each socket; default 1/s.", rich_help_panel=_SOCKETS)
]
TimeScale = Annotated[
    Text, typer.Option(metavar="X", help="Lifetimes and ages pass so many times faster.", rich_help_panel=_SOCKETS)
]

Connections = Annotated[
    Text,
    typer.Option(
        metavar="HOW",
        help="reuse (default); visitor: a fresh one each; or N sockets to hold open.",
        rich_help_panel=_HTTP,
        autocompletion=completion.one_of("reuse", "visitor"),
    ),
]
Header = Annotated[
    Texts,
    typer.Option(
        "--header", "-H", metavar="LINE", help="'Name: value' on every request; repeatable.", rich_help_panel=_HTTP
    ),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not verify certificates.", rich_help_panel=_HTTP)]
Cacert = Annotated[Text, typer.Option(metavar="FILE", help="Certificate authorities to trust.", rich_help_panel=_HTTP)]
Cert = Annotated[Text, typer.Option(metavar="FILE", help="Client certificate.", rich_help_panel=_HTTP)]
Key = Annotated[Text, typer.Option(metavar="FILE", help="Its private key.", rich_help_panel=_HTTP)]
Resolve = Annotated[
    Texts, typer.Option(metavar="HOST:ADDR", help="Address of a host, before look-ups.", rich_help_panel=_HTTP)
]
Env = Annotated[Texts, typer.Option(metavar="K=V", help="Variable for the scenario's process.", rich_help_panel=_HTTP)]

Objective = Annotated[
    Texts,
    typer.Option(metavar="EXPR", help="'p99 < 250ms': what must hold; repeatable.", rich_help_panel=_MEASURING),
]
Fault = Annotated[
    Texts,
    typer.Option(
        metavar="EXPR", help="'kill(web-2, at=10s, for=5s)': done to the target; repeatable.", rich_help_panel=_TARGET
    ),
]
BackendHeader = Annotated[
    Texts,
    typer.Option(metavar="NAME", help="Response header that names the backend.", rich_help_panel=_HTTP),
]

Repeat = Annotated[
    Text,
    typer.Option(metavar="N", help="Rounds, each with its own seed and directory.", rich_help_panel=_MEASURING),
]

Primary = Annotated[
    Text,
    typer.Option(metavar="METRICS", help="What decides; default error_rate,p50,p99.", rich_help_panel=_COMPARING),
]
MinEffect = Annotated[
    Texts,
    typer.Option(
        metavar="SHARE",
        help="Least effect of interest; default 5%, p99=15%, error_rate=1%.",
        rich_help_panel=_COMPARING,
    ),
]

Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Settings; default loadsim.toml, found upward.", rich_help_panel=_OUTPUT),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Run directory; default reports/TIME-SCENARIO.", rich_help_panel=_OUTPUT),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the summary.", rich_help_panel=_OUTPUT)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.", rich_help_panel=_OUTPUT)]
