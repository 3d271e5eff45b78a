"""The two sides of a comparison: what the user called them, and the settings of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadsim.deploy import TOPOLOGIES
from loadsim.errors import UsageError, nearest
from loadsim.experiment.prepare import Shape, find_scenario, shape_of
from loadsim.redact import redact_url
from loadsim.settings import RunSettings, load_settings
from loadsim.settings.toml_file import find_config, read_config


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a topology of the bundled target, a configuration of loadsim.toml, or a URL."""

    given: str
    name: str
    settings: RunSettings


def is_url(given: str) -> bool:
    """Tell whether a side is a system of the user's own."""
    return given.startswith(("http://", "https://"))


def is_recorded(given: str) -> bool:
    """Tell whether a side is a directory of what was recorded earlier; a name that is known is that first."""
    return not is_url(given) and given not in TOPOLOGIES and Path(given).is_dir()


def two_sides(
    given: tuple[str, str],
    scenario: str | None,
    flags: Mapping[str, Any],
    *,
    requests: Sequence[str] = (),
    config: Path | None = None,
) -> tuple[Side, Side]:
    """Return both sides, which get the same traffic. Raises UsageError, before any traffic, where they would not."""
    a, b = (_side(each, scenario, flags, requests, config) for each in given)
    if a.name == b.name:
        a, b = replace(a, name=f"{a.name} (A)"), replace(b, name=f"{b.name} (B)")
    for name, first, second in _traffic(a, b):
        if first != second:
            raise UsageError(
                f"{a.name} and {b.name} would not get the same traffic: {name} is {first} for the one and {second} "
                "for the other",
                hint="Give it on the command line, where it counts for both.",
            )
    return a, b


def _side(
    given: str, scenario: str | None, flags: Mapping[str, Any], requests: Sequence[str], config: Path | None
) -> Side:
    file = read_config(find_config(config))
    if is_url(given):
        settings = load_settings(_needed(scenario), {**flags, "target": given}, requests=requests, config=config)
        shown = redact_url(given)
        return Side(shown, urlsplit(shown).netloc.rpartition("@")[2] or shown, _without_objectives(settings))
    if _topology_name(given) in (*TOPOLOGIES, *file.topologies):
        settings = load_settings(_needed(scenario), {**flags, "topology": given}, config=config)
        return Side(given, given, _without_objectives(settings))
    if given in file.scenarios:
        settings = load_settings(given, flags, requests=requests, config=config)
        if scenario is not None:
            settings = replace(settings, scenario=scenario)
        return Side(given, given, _without_objectives(settings))
    known = nearest(given, [*TOPOLOGIES, *file.topologies, *file.scenarios])
    raise UsageError(
        f"there is nothing called '{given}' to compare",
        hint=f"{known} Or give a URL, or a directory of recorded rounds.",
    )


def _topology_name(given: str) -> str:
    """Return it without the settings in brackets that a topology may have."""
    return given.partition("(")[0].strip()


def _needed(scenario: str | None) -> str:
    if scenario is None:
        raise UsageError(
            "which traffic? --scenario names it", hint="Such as --scenario spiky; see 'loadsim scenarios'."
        )
    return scenario


def _without_objectives(settings: RunSettings) -> RunSettings:
    """Leave out what is not asked here: an objective that ended a run early would leave nothing to set against it."""
    return replace(settings, objectives=(), seed=None, out=None)


def shape_of_side(side: Side) -> Shape:
    """Return the traffic of a side over time."""
    return shape_of(side.settings, find_scenario(side.settings))


def _traffic(a: Side, b: Side) -> list[tuple[str, object, object]]:
    first, second = shape_of_side(a), shape_of_side(b)
    pairs: list[tuple[str, object, object]] = [
        ("the scenario", a.settings.scenario, b.settings.scenario),
        ("the profile", first.profile.spec(), second.profile.spec()),
        ("--duration", first.duration_s, second.duration_s),
        ("--warmup", first.warmup_s, second.warmup_s),
    ]
    pairs += [
        (f"--{name}", getattr(a.settings, name), getattr(b.settings, name))
        for name in ("arrivals", "model", "users", "iterations", "visitors")
    ]
    return pairs
