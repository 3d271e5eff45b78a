"""From settings to what is going to happen: scenario, profile, phases, plan. What can be refused is refused here."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from loadsim.errors import UsageError, nearest
from loadsim.experiment.machine import Cpus
from loadsim.experiment.socket_plan import OPENING_RATE, check_room, check_sockets, held, http_url, socket_settings
from loadsim.profiles import Phase, Profile, parse_profile
from loadsim.scenarios import SCENARIOS, Scenario
from loadsim.scenarios.counter_routes import counter_settings, is_counted
from loadsim.scenarios.version_routes import version_routes
from loadsim.settings import RunSettings, proxy_for
from loadsim.wire import CounterSettings, HttpSettings, Plan

DEFAULT_DURATION_S = 30.0
DEFAULT_PROFILE = "constant(10/s)"


@dataclass(frozen=True, slots=True)
class Shape:
    """The traffic over time that a run is going to make."""

    profile: Profile
    duration_s: float
    warmup_s: float
    phases: tuple[Phase, ...]


def find_scenario(settings: RunSettings) -> Scenario | None:
    """Return the built-in scenario, or None for a Python file; UsageError for neither, or for what it cannot do."""
    scenario = _find(settings)
    check_sockets(settings, scenario)
    return scenario


def _find(settings: RunSettings) -> Scenario | None:
    name = settings.scenario
    if name in SCENARIOS:
        return SCENARIOS[name]
    is_base = settings.name in settings.own_scenarios
    place = f"{settings.config}: [scenarios.{settings.name}] base: " if is_base else ""
    path = name.partition(".py:")[0] + ".py" if ".py:" in name else name
    if path.endswith(".py"):
        if not Path(path).is_file():
            raise UsageError(f"{place}there is no scenario file '{path}'", hint=f"Looked for it in {Path.cwd()}.")
        return None
    known = SCENARIOS if is_base else (*SCENARIOS, *settings.own_scenarios)
    raise UsageError(f"{place}unknown scenario '{name}'", hint=nearest(name, known) + " Or give a Python file.")


def shape_of(settings: RunSettings, scenario: Scenario | None) -> Shape:
    """Return the profile, its length and its phases; flags stand before the scenario's own. Raises UsageError."""
    text = settings.profile or (scenario.profile if scenario else DEFAULT_PROFILE)
    if held(settings):
        text = f"constant({settings.rate or OPENING_RATE:.12g}/s)"
    profile = parse_profile(text)
    own_length = settings.profile is None and scenario is not None
    duration_s = settings.duration_s
    if duration_s is None:
        natural = profile.duration_s
        duration_s = scenario.duration_s if own_length and scenario else natural or DEFAULT_DURATION_S
    if settings.rate is not None and not held(settings):
        profile = _at_rate(profile, settings, scenario, duration_s)
    warmup_s = settings.warmup_s if settings.warmup_s is not None else (scenario.warmup_s if scenario else 0.0)
    if float(profile.expected(duration_s)) < 1 and settings.model == "open":
        raise UsageError(
            f"the profile {profile.spec()} brings less than one arrival in {duration_s:g} s",
            hint="Give a higher rate or a longer --duration; 'loadsim profiles SPEC' draws the curve.",
        )
    return Shape(profile, duration_s, warmup_s, profile.phases(duration_s))


def _at_rate(profile: Profile, settings: RunSettings, scenario: Scenario | None, duration_s: float) -> Profile:
    """Scale a shape to the peak ``--rate``; without a shape of any kind the rate is a constant one."""
    assert settings.rate is not None  # noqa: S101 - the caller asked
    if settings.profile is None and scenario is None:
        return parse_profile(f"constant({settings.rate:.12g}/s)")
    peak = profile.peak(duration_s)
    if peak <= 0:
        raise UsageError(f"the profile {profile.spec()} has no rate that --rate could scale")
    return profile.scaled(settings.rate / peak)


def drawn_seed(settings: RunSettings) -> int:
    """Return the seed given, or a fresh one."""
    return settings.seed if settings.seed is not None else secrets.randbits(32)


def http_settings(settings: RunSettings, url: str, *, stranger: bool) -> HttpSettings:
    """Return how the client speaks to ``url``; proxy variables count for a stranger only."""
    url = http_url(url)
    defaults = HttpSettings(url=url)
    return HttpSettings(
        url=url,
        headers=settings.headers,
        timeout_s=settings.timeout_s,
        connect_timeout_s=min(settings.timeout_s, defaults.connect_timeout_s),
        connections="visitor" if settings.connections == "visitor" else "reuse",
        backend_headers=settings.backend_headers or defaults.backend_headers,
        insecure=settings.insecure,
        cacert=settings.cacert,
        cert=settings.cert,
        key=settings.key,
        resolve=settings.resolve,
        proxy=proxy_for(url, os.environ) if stranger else None,
    )


def _counters(settings: RunSettings, *, bundled: bool) -> CounterSettings | None:
    counters = counter_settings(settings.routes, bundled=bundled)
    versions = [route for route in settings.routes if not is_counted(route)]
    if versions or counters is None:
        version_routes(versions)
    return counters


def make_plan(settings: RunSettings, shape: Shape, seed: int, http: HttpSettings, cpus: Cpus, *, bundled: bool) -> Plan:
    """Return the engine's plan. Raises UsageError where it is not known what is written, and how to read it back."""
    counters = _counters(settings, bundled=bundled) if settings.scenario == "consistency" else None
    count = held(settings)
    sockets = socket_settings(settings, SCENARIOS.get(settings.scenario))
    if sockets is not None and count is None:
        check_room(settings, sockets, shape.profile, shape.duration_s)
    users = settings.users if settings.model == "closed" else settings.max_in_flight
    return Plan(
        scenario=settings.scenario,
        routes=settings.routes,
        bundled=bundled,
        model="closed" if count else settings.model,
        profile=shape.profile.spec(),
        profile_dir=str(Path.cwd()),
        arrivals=settings.arrivals,
        seed=seed,
        duration_s=shape.duration_s,
        warmup_s=shape.warmup_s,
        iterations=settings.iterations,
        users=count or users,
        ramp_s=count / shape.profile.peak(shape.duration_s) if count else 0.0,
        sockets=sockets,
        counters=counters,
        give_up_s=settings.give_up_s,
        drain_s=settings.drain_s,
        http=http,
        visitors=dict(settings.visitors),
        env=dict(settings.env),
        cpus=cpus.engine,
    )
