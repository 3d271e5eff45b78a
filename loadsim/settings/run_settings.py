"""Flags over ``[scenarios.NAME]`` over ``[run]`` and ``[target]`` over defaults: everything a run is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from loadsim.errors import UsageError
from loadsim.faults import Fault
from loadsim.settings.options import SHAPE, SOCKETS, convert
from loadsim.settings.requests import parse_request
from loadsim.settings.toml_file import find_config, read_config
from loadsim.settings.topologies import parse_topology
from loadsim.wire import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """One run's settings. Times in seconds, rates 1/s. None where the scenario or the moment decides."""

    scenario: str
    """A built-in scenario or a Python file, after names of loadsim.toml have been looked up."""
    name: str
    """What the user called it."""
    target: str | None = None
    topology: str | None = None
    routes: tuple[Route, ...] = ()
    profile: str | None = None
    rate: float | None = None
    duration_s: float | None = None
    warmup_s: float | None = None
    arrivals: Literal["poisson", "uniform"] = "poisson"
    seed: int | None = None
    max_in_flight: int = 1000
    give_up_s: float = 30.0
    timeout_s: float = 30.0
    drain_s: float = 30.0
    connections: Literal["reuse", "visitor"] | int = "reuse"
    """Or how many WebSockets are held open."""
    iterations: int | None = None
    model: Literal["open", "closed"] = "open"
    users: int = 10
    visitors: Mapping[str, float] = field(default_factory=dict)
    """Shares of the arrivals by class of visitor, where they are not as the scenario says."""
    backend_headers: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    insecure: bool = False
    resolve: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    objectives: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    out: Path | None = None
    config: Path | None = None
    own_scenarios: tuple[str, ...] = ()
    """Names that loadsim.toml defines."""
    sockets: Mapping[str, Any] = field(default_factory=dict)
    """Options of the ``sockets`` scenario, as they were given."""
    topology_overrides: Mapping[str, Any] = field(default_factory=dict)
    own_topologies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Those that loadsim.toml defines."""


_FIELDS = {
    "duration": "duration_s",
    "warmup": "warmup_s",
    "give_up": "give_up_s",
    "timeout": "timeout_s",
    "drain": "drain_s",
    "backend_header": "backend_headers",
    "header": "headers",
    "objective": "objectives",
    "fault": "faults",
}
"""Options whose field has another name."""
_SHAPE = ("topology", *SHAPE)
"""Options of the bundled target only."""


def load_settings(
    scenario: str, flags: Mapping[str, Any], *, requests: Sequence[str] = (), config: Path | None = None
) -> RunSettings:
    """Return the settings of a run. ``flags`` holds what the command line gave (None or empty: not given).

    Raises UsageError with the flag, or the file and key, and what would be accepted.
    """
    path = find_config(config)
    file = read_config(path)
    given = {name: value for name, value in flags.items() if not _is_absent(value)}
    typed = {name: convert(name, value, _flag(name)) for name, value in given.items()}
    named = file.scenarios.get(scenario)
    layers = (file.options, named.options if named else {}, typed)
    _check_commands(layers[:-1], path)
    options = _merged([_spelled_out(layer) for layer in layers])
    routes = tuple(parse_request(text) for text in requests)
    if not routes and not ("topology" in typed and "target" not in options):
        routes = (named.routes if named else ()) or file.routes
    _check(options, routes, {name: _flag(name) if name in typed else f"{name} in {path}" for name in options})
    overrides = {name: options.pop(name) for name in SHAPE if name in options}
    sockets = {name: options.pop(name) for name in SOCKETS if name in options}
    return RunSettings(
        scenario=named.base if named else scenario,
        name=scenario,
        routes=routes,
        config=path,
        own_scenarios=tuple(file.scenarios),
        sockets=sockets,
        topology_overrides=overrides,
        own_topologies=file.topologies,
        **{_FIELDS.get(name, name): value for name, value in options.items()},
    )


def _is_absent(value: Any) -> bool:
    """Whether a flag was not given; 0 is a value (and equals False)."""
    return value is None or value is False or value == () or value == []


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _spelled_out(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the layer with the settings that stand in brackets after its topology among the others."""
    if "topology" not in layer:
        return layer
    name, changed = parse_topology(layer["topology"], "topology")
    return {**changed, **layer, "topology": name}


def _merged(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay the stronger over the weaker; a stronger choice also takes away what contradicts it.

    Objectives and faults add up.
    """
    options: dict[str, Any] = {}
    for layer in layers:
        contradicted: tuple[str, ...] = _SHAPE if "target" in layer else ()
        if "topology" in layer:
            contradicted += ("target",)
        contradicted += {"closed": ("rate", "profile"), "open": ("users",)}.get(layer.get("model", ""), ())
        for name in contradicted:
            options.pop(name, None)
        options.update(layer)
    for name in ("objective", "fault"):
        options[name] = tuple(each for layer in layers for each in layer.get(name, ()))
    return options


def _check_commands(from_file: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Refuse commands of a file: it may have been found, and nobody who runs a load test expects to run its shell."""
    for layer in from_file:
        for fault in layer.get("fault", ()):
            if fault.kind == "exec":
                raise UsageError(
                    f"{path}: the fault '{fault.spec}' is a command, and these come from the command line only",
                    hint=f"Give --fault {shlex.quote(fault.spec)}.",
                )


def _check(options: Mapping[str, Any], routes: Sequence[Route], places: Mapping[str, str]) -> None:
    """Raise UsageError for what excludes each other; ``places`` says where an option was given."""
    if "target" in options:
        shape = [name for name in _SHAPE if name in options]
        if shape:
            raise UsageError(
                f"{places['target']} and {places[shape[0]]} exclude each other: a topology is a shape of the bundled "
                "target",
                hint="Leave the target out to have the bundled one brought up.",
            )
    elif routes:
        raise UsageError(
            "routes are declared, but there is no target to send them to",
            hint="Name your system with --target URL; the bundled target's routes come with the scenario.",
        )
    if options.get("model") == "closed":
        for name in ("rate", "profile"):
            if name in options:
                raise UsageError(
                    f"{places[name]} needs the open model ({places['model']} is closed): in the closed one, users "
                    "decide when they ask again"
                )
    elif "users" in options:
        raise UsageError(
            f"{places['users']} needs --model closed", hint="In the open model --max-in-flight bounds the users."
        )
    if "key" in options and "cert" not in options:
        raise UsageError(f"{places['key']} needs --cert: a private key belongs to a certificate")
