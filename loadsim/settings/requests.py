"""Declared requests: ``'GET /items/{zipf:1000} weight=3'`` on the command line, ``[routes]`` in loadsim.toml.

A placeholder is drawn for each arrival: ``{zipf:N}`` is an id from 1 to N by popularity, ``{uniform:N}`` one of N, each
as likely. It may stand in the path, in JSON (where a text that is nothing else becomes a number) and in a body.

``adds`` says of a write by how much it changes a number of the target's, and ``number`` of a GET where it shows it:
what the scenario 'consistency' counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loadsim.errors import SpecError, UsageError, nearest
from loadsim.wire import Route

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_KEYS = ("weight", "name", "headers", "json", "body", "adds", "number")
_READS = ("GET", "HEAD", "OPTIONS")
_PLACEHOLDER = re.compile(r"\{(\w+):(\d+)\}")


def parse_request(text: str) -> Route:
    """Return the route that ``METHOD PATH [weight=N] [name=TEXT]`` stands for. SpecError points at the character."""
    words = list(re.finditer(r"\S+", text))
    if len(words) < 2:
        raise SpecError(text, len(text), "a request is a method and a path: expected for example 'GET /items'")
    method = words[0][0]
    if method not in METHODS:
        raise SpecError(text, words[0].start(), f"unknown method '{method}'", hint=nearest(method.upper(), METHODS))
    path = words[1][0]
    _check_path(text, words[1].start(), path)
    weight, name = 1.0, ""
    for word in words[2:]:
        key, _, value = word[0].partition("=")
        if key == "weight":
            weight = _weight(text, word.start() + len("weight="), value)
        elif key == "name" and value:
            name = value
        else:
            raise SpecError(text, word.start(), f"cannot take '{word[0]}': expected weight=N or name=TEXT")
    return Route(method=method, path=path, name=name, weight=weight)


def routes_from_table(table: Mapping[str, Any], where: str) -> tuple[Route, ...]:
    """Return the routes of ``[routes]``: 'METHOD PATH' = weight, or = {weight, name, headers, json, body, ...}."""
    return tuple(_route(request, value, f"{where} '{request}'") for request, value in table.items())


def _route(request: str, value: Any, where: str) -> Route:
    try:
        route = parse_request(request)
    except SpecError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    options = value if isinstance(value, dict) else {"weight": value}
    for key in options:
        if key not in _KEYS:
            raise UsageError(f"{where}: unknown key '{key}'", hint=nearest(key, _KEYS))
    weight = options.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1e9:
        raise UsageError(f"{where}: weight is {weight!r}, expected a number above 0")
    headers = options.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(item, str) for item in headers.values()):
        raise UsageError(f"{where}: headers is {headers!r}, expected a table of texts")
    for key in ("name", "body", "number"):
        if not isinstance(options.get(key, ""), str):
            raise UsageError(f"{where}: {key} is {options[key]!r}, expected a text")
    if "number" in options and (route.method != "GET" or not options["number"]):
        raise UsageError(f"{where}: number says where in the JSON of a GET a number stands, 'stock.available' or '.'")
    adds = options.get("adds", 0)
    if "adds" in options and (route.method in _READS or not _is_change(adds)):
        raise UsageError(f"{where}: adds is {adds!r}, expected of a write by how much it changes a number: 1, or -1")
    return Route(
        method=route.method,
        path=route.path,
        name=options.get("name", ""),
        weight=float(weight),
        headers=headers,
        json=options.get("json"),
        body=options.get("body", ""),
        adds=float(adds),
        number=options.get("number", ""),
    )


def _is_change(adds: Any) -> bool:
    return isinstance(adds, int | float) and not isinstance(adds, bool) and 0 < abs(adds) < 1e9


def _check_path(text: str, at: int, path: str) -> None:
    if not path.startswith("/"):
        raise SpecError(text, at, f"'{path}' is no path: expected it to begin with '/', the target comes from --target")
    for match in _PLACEHOLDER.finditer(path):
        if match[1] not in ("zipf", "uniform") or not 1 <= int(match[2]) <= 10_000_000:
            raise SpecError(text, at + match.start(), "unknown placeholder: expected {zipf:N} or {uniform:N}")
    rest = _PLACEHOLDER.sub(lambda match: "x" * len(match[0]), path)
    stray = re.search(r"[{}]", rest)
    if stray:
        raise SpecError(text, at + stray.start(), "a brace begins a placeholder: expected {zipf:N} or {uniform:N}")


def _weight(text: str, at: int, value: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        weight = 0.0
    if not 0 < weight < 1e9:
        raise SpecError(text, at, f"'{value}' is no weight: expected a number above 0")
    return weight
