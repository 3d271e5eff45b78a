"""loadsim.toml: found upward from the working directory, read, and cut into the values of options.

objectives = ["p99 < 250ms"]        # hold for every run

[run]                               # any option of `loadsim run`, dashes as underscores
duration = "30s"

[target]                            # url, headers; or topology, and any setting of one
url = "http://127.0.0.1:8000"

[topology.wide]                     # a topology of one's own: a base, and any setting of a topology
base = "split"
servers = 8
slots = 2

[routes]                            # requests of a target of one's own, with their weights
"GET /items/{zipf:1000}" = 5
"POST /orders" = { weight = 1, json = { item = 1 } }

[scenarios.checkout]                # a name of one's own: a base, and any option of [run]; its own routes
base = "spiky"
rate = "200/s"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadsim.errors import UsageError
from loadsim.settings.options import OPTIONS, SHAPE, check_names, convert
from loadsim.settings.requests import routes_from_table
from loadsim.settings.topologies import read_topologies
from loadsim.wire import Route

FILE_NAME = "loadsim.toml"
_SECTIONS = ("run", "target", "topology", "routes", "scenarios", "objectives")
_TARGET_KEYS = {"url": "target", "headers": "header", "topology": "topology", **{name: name for name in SHAPE}}


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """``[scenarios.NAME]``: the scenario it builds on, options that stand before ``[run]``, routes of its own."""

    base: str
    options: dict[str, Any]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a loadsim.toml says, every value typed."""

    path: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    scenarios: dict[str, NamedScenario] = field(default_factory=dict)
    topologies: dict[str, dict[str, Any]] = field(default_factory=dict)


def find_config(given: Path | None) -> Path | None:
    """Return the file given, or the nearest loadsim.toml upward from here, or None."""
    if given is not None:
        return given
    here = Path.cwd()
    return next((place / FILE_NAME for place in (here, *here.parents) if (place / FILE_NAME).is_file()), None)


def read_config(path: Path | None) -> ConfigFile:
    """Read and check the whole file; UsageError names file, key and value."""
    if path is None:
        return ConfigFile()
    data = _parse(path)
    check_names(data, _SECTIONS, str(path))
    options = _options(_table(data, "run", path), f"{path}: [run]")
    target = _table(data, "target", path)
    check_names(target, _TARGET_KEYS, f"{path}: [target]")
    for key, value in target.items():
        name = _TARGET_KEYS[key]
        if name in options:
            raise UsageError(f"{path}: [target] {key} and [run] {name} say the same thing twice", hint="Keep one.")
        options[name] = convert(name, value, f"{path}: [target] {key}")
    if "objectives" in data:
        more = convert("objective", data["objectives"], f"{path}: objectives")
        options["objective"] = (*more, *options.get("objective", ()))
    scenarios = _table(data, "scenarios", path)
    return ConfigFile(
        path=path,
        options=options,
        routes=routes_from_table(_table(data, "routes", path), f"{path}: [routes]"),
        scenarios={name: _scenario(name, table, path) for name, table in scenarios.items()},
        topologies=read_topologies(_table(data, "topology", path), str(path)),
    )


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"the settings '{path}' cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings '{path}' are not TOML: {error}") from None


def _table(data: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: '{name}' is {table!r}, expected a table: [{name}]")
    return table


def _options(table: dict[str, Any], where: str) -> dict[str, Any]:
    check_names(table, OPTIONS, where)
    return {name: convert(name, value, f"{where} {name}") for name, value in table.items()}


def _scenario(name: str, table: Any, path: Path) -> NamedScenario:
    where = f"{path}: [scenarios.{name}]"
    if not isinstance(table, dict):
        raise UsageError(f"{where} is {table!r}, expected a table")
    rest = {key: value for key, value in table.items() if key not in ("base", "routes")}
    base = table.get("base", "read-heavy")
    if not isinstance(base, str):
        raise UsageError(f"{where} base is {base!r}, expected the name of a scenario")
    routes = table.get("routes", {})
    if not isinstance(routes, dict):
        raise UsageError(f"{where} routes is {routes!r}, expected a table")
    return NamedScenario(base, _options(rest, where), routes_from_table(routes, f"{where} routes"))
