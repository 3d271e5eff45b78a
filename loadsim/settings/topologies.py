"""How a topology is told: a name, ``split(servers=8, calls=serial)``, or ``[topology.NAME]`` of loadsim.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadsim.calls import bind, fail, read_arguments
from loadsim.errors import UsageError
from loadsim.settings.options import SHAPE, check_names, convert


def parse_topology(text: str, where: str) -> tuple[str, dict[str, Any]]:
    """Return the name, and the settings that stand in brackets after it; UsageError says where the text stood."""
    name, bracket, _ = text.partition("(")
    if not bracket:
        return text.strip(), {}
    arguments, end = read_arguments(text, len(name))
    if text[end:].strip():
        fail(text, end, "nothing can follow this bracket")
    usage = f"Such as {name.strip()}(servers=8, policy=random)."
    bound = bind(text, name.strip(), arguments, list(SHAPE), usage)
    return name.strip(), {
        key: convert(key, value.unquoted(), f"{where} {name.strip()}: {key}") for key, value in bound.items()
    }


def read_topologies(tables: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """Read ``[topology.NAME]``: a ``base``, which is a built-in topology, and what is different from it."""
    return {name: _read(table, f"{where}: [topology.{name}]") for name, table in tables.items()}


def _read(table: Any, where: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{where} is {table!r}, expected a table")
    check_names(table, ("base", *SHAPE), where)
    base = table.get("base", "balanced")
    if not isinstance(base, str):
        raise UsageError(f"{where} base is {base!r}, expected the name of a topology")
    settings = {key: convert(key, value, f"{where} {key}") for key, value in table.items() if key != "base"}
    return {"base": base, **settings}
