"""Which of the declared requests changes a number, and which one shows it; and those of the bundled target."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence

from loadsim.errors import UsageError
from loadsim.wire import CounterSettings, Route

MOST_NUMBERS = 200
SCARCE = range(996, 1001)
"""The bundled target's items of which there are few: the last ones (``LOADSIM_TARGET_SCARCE_ITEMS``)."""
BUNDLED = CounterSettings(paths=tuple(f"/api/items/{item}/stock" for item in SCARCE), number="available", adds=-1.0)
_PLACEHOLDER = re.compile(r"\{(?:zipf|uniform):(\d+)\}")
_HINT = (
    "In loadsim.toml, for example:\n"
    "  [routes]\n"
    "  'POST /items/{uniform:10}/buy' = { adds = -1, json = { pieces = 1 } }\n"
    "  'GET /items/{uniform:10}/stock' = { number = \"available\" }"
)


def is_counted(route: Route) -> bool:
    """Return whether the request changes a number, or shows one."""
    return bool(route.adds or route.number)


def counter_routes(routes: Sequence[Route]) -> tuple[Route, Route] | None:
    """Return the one that changes a number and the one that shows it; None if there are none; UsageError for others."""
    changes = [route for route in routes if route.adds]
    shows = [route for route in routes if route.number]
    if not changes and not shows:
        return None
    if (len(changes), len(shows)) != (1, 1):
        raise UsageError(
            f"to count, the scenario 'consistency' takes one request with 'adds' and one GET with 'number', and got "
            f"{len(changes)} and {len(shows)}",
            hint=_HINT,
        )
    numbers = math.prod(int(most) for most in _PLACEHOLDER.findall(shows[0].path))
    if numbers > MOST_NUMBERS:
        raise UsageError(
            f"'GET {shows[0].path}' shows {numbers:,} numbers: each is read before the run and after it, so "
            f"{MOST_NUMBERS} at most are taken",
            hint="Let visitors meet at fewer: {uniform:10}.",
        )
    return changes[0], shows[0]


def counter_settings(routes: Sequence[Route], *, bundled: bool) -> CounterSettings | None:
    """Return the numbers that a run of the scenario 'consistency' changes; None if it changes none."""
    if bundled and not routes:
        return BUNDLED
    counted = counter_routes(routes)
    if counted is None:
        return None
    change, show = counted
    return CounterSettings(
        paths=tuple(_paths(show.path)), number=show.number, headers=dict(show.headers), adds=change.adds
    )


def _paths(template: str) -> Iterator[str]:
    """Yield the path with every choice of ids, in order."""
    texts = _PLACEHOLDER.split(template)[::2]
    counts = [int(most) for most in _PLACEHOLDER.findall(template)]
    for ids in itertools.product(*(range(1, most + 1) for most in counts)):
        yield texts[0] + "".join(f"{number}{text}" for number, text in zip(ids, texts[1:], strict=True))
