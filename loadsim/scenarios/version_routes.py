"""Which of the declared requests writes a version, and which one reads it back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loadsim.errors import UsageError
from loadsim.wire import Route

PLACEHOLDER = "{version}"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_HINT = (
    "In loadsim.toml, for example:\n"
    "  [routes]\n"
    "  'PUT /notes/{uniform:100000}' = { json = { text = \"{version}\" } }\n"
    "  'GET /notes/{uniform:100000}' = 1"
)


def version_routes(routes: Sequence[Route]) -> tuple[Route, Route]:
    """Return the one that writes ``{version}`` and the one that reads; UsageError if there are not just these two."""
    writes = [route for route in routes if route.method not in READS]
    reads = [route for route in routes if route.method == "GET"]
    if (len(writes), len(reads), len(routes)) != (1, 1, 2):
        raise UsageError(
            f"the scenario 'consistency' takes a request that writes a version and a GET that shows it, and got "
            f"{len(routes)} declared requests: {len(writes)} that write, {len(reads)} GET",
            hint=_HINT,
        )
    if PLACEHOLDER.encode() not in msgspec.json.encode((writes[0].headers, writes[0].json, writes[0].body)):
        what = f"{writes[0].method} {writes[0].path}"
        raise UsageError(f"'{what}' writes no {PLACEHOLDER} in its json, body or headers", hint=_HINT)
    return writes[0], reads[0]
