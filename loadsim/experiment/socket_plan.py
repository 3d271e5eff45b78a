"""What a run of WebSockets is made of: checked against the scenario, the target and the size of the run."""

from __future__ import annotations

import math

from loadsim.deploy import topology
from loadsim.distributions import parse_distribution
from loadsim.errors import UsageError
from loadsim.profiles import Profile
from loadsim.scenarios import Scenario
from loadsim.settings import RunSettings
from loadsim.wire import SocketSettings

OPENING_RATE = 500.0
"""Sockets a second that are opened at first when so many are to be held; --rate names another one."""
TOPOLOGY = "sockets"
MESSAGE = "loadsim {n}"
"""What is sent to the bundled target, which echoes it; a stranger gets nothing that the user did not give."""
_NAMES = {"heartbeat": "heartbeat_s"}


def default_topology(scenario: Scenario | None, otherwise: str) -> str:
    """Return the topology of the bundled target that a scenario takes if none is named."""
    return TOPOLOGY if scenario is not None and scenario.lifetime is not None else otherwise


def check_sockets(settings: RunSettings, scenario: Scenario | None) -> None:
    """Raise UsageError for what belongs to sockets alone in another scenario, and for a target of the other kind."""
    if scenario is not None:
        _check_topology(settings, scenario)
    if scenario is not None and scenario.lifetime is not None:
        if settings.model == "closed":
            raise UsageError(
                "--model closed does not go with sockets", hint="--connections N holds a number of them open."
            )
        if held(settings) and settings.profile is not None:
            raise UsageError(
                "--connections N and --profile exclude each other: either so many sockets are held, or they come by "
                "a profile",
                hint="--rate says how fast the N are opened.",
            )
        _check_way(settings)
        return
    for name in settings.sockets:
        raise UsageError(
            f"--{name.replace('_', '-')} is for WebSockets, and '{settings.name}' is not the scenario 'sockets'"
        )
    if held(settings):
        raise UsageError(
            f"--connections {settings.connections} holds WebSockets open, and '{settings.name}' is not the scenario "
            "'sockets': expected reuse or visitor"
        )
    if scenario is not None and (settings.target or "").startswith(("ws:", "wss:")):
        raise UsageError(
            f"the scenario '{settings.name}' sends HTTP requests, and the target is a WebSocket endpoint",
            hint="'loadsim run sockets' opens WebSockets; an http:// URL takes requests.",
        )


def _check_way(settings: RunSettings) -> None:
    """Refuse what does not go with long-polls, and reads of a history that nobody gave."""
    by_polls = settings.sockets.get("over") == "long-polls"
    for name in ("message", "message_rate", "resume"):
        if by_polls and name in settings.sockets:
            raise UsageError(
                f"--{name.replace('_', '-')} does not go with --over long-polls, which only hear",
                hint="They always go on after the last message that came.",
            )
    is_socket_url = (settings.target or "").startswith(("ws:", "wss:"))
    if by_polls and is_socket_url:
        raise UsageError("long-polls are HTTP requests, and the target is a WebSocket endpoint")
    if settings.sockets.get("resume") == "http" and settings.target is not None:
        raise UsageError(
            "--resume http reads the history of the bundled target's feed, and of yours it is not known where it is",
            hint="--resume socket asks for it in the handshake: ?after=NUMBER.",
        )
    if settings.sockets.get("resume", "none") != "none" and settings.sockets.get("reconnect", "none") == "none":
        raise UsageError("--resume is of no use where nobody comes back", hint="Give --reconnect now or backoff.")


def _check_topology(settings: RunSettings, scenario: Scenario) -> None:
    if settings.topology is None or settings.target is not None:
        return
    serves = topology(settings.topology, settings.own_topologies, **settings.topology_overrides).serves
    wanted = "sockets" if scenario.lifetime is not None else "pages"
    if serves != wanted:
        raise UsageError(
            f"the topology '{settings.topology}' serves {serves}, and the scenario '{settings.name}' is for {wanted}",
            hint=f"Leave it out to have a fitting one, or give one that serves {wanted}.",
        )


def held(settings: RunSettings) -> int | None:
    """Return how many sockets are to be held open, if that was asked for."""
    return settings.connections if isinstance(settings.connections, int) else None


def http_url(url: str) -> str:
    """Return the http:// or https:// URL that a ws:// or wss:// URL is, once the handshake is seen as a request."""
    return f"http{url[2:]}" if url.startswith(("ws:", "wss:")) else url


def socket_settings(settings: RunSettings, scenario: Scenario | None) -> SocketSettings | None:
    """Return how sockets live, or None for a scenario without any. Those that are held live as long as the run."""
    if scenario is None or scenario.lifetime is None:
        return None
    given = {_NAMES.get(name, name): value for name, value in settings.sockets.items() if name != "max_age"}
    if settings.target is None and given.get("over") != "long-polls":
        given.setdefault("message", MESSAGE)
    if "lifetime" not in given and not held(settings):
        given["lifetime"] = scenario.lifetime
    if "max_age" in settings.sockets:
        given["max_age_s"], given["max_age_jitter_s"] = settings.sockets["max_age"]
    return SocketSettings(**given)


def check_room(settings: RunSettings, sockets: SocketSettings, profile: Profile, duration_s: float) -> None:
    """Raise UsageError if more sockets will be open at once than there are users to hold them."""
    mean_s = parse_distribution(sockets.lifetime).mean_s / sockets.time_scale if sockets.lifetime else math.inf
    likely = math.ceil(profile.peak(duration_s) * min(mean_s, duration_s))
    if likely > settings.max_in_flight:
        raise UsageError(
            f"some {likely:,} sockets will be open at once, and --max-in-flight is {settings.max_in_flight:,}: the "
            "others would wait for their turn",
            hint=f"Give --max-in-flight {math.ceil(likely * 1.3):d}, a lower --rate, or a shorter --lifetime.",
        )
