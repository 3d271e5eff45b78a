"""The metrics an objective can bound, and what each can be asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Literal

from loadsim.measure.websockets import FAILURES, FAULTS, TIMES

Times = Literal["response", "service", "iteration"]

KEYS = ("route", "backend", "pool", "phase", "class", "outcome")
"""What a selector can name."""
_OF_ITERATIONS = ("phase", "class")
"""What an iteration, which is made of requests to several routes and backends, still knows of itself."""


OF_CONSISTENCY = ("stale_reads", "lost_updates", "oversold")


class Unit(Enum):
    """How a bound is written."""

    DURATION = "a duration"
    SHARE = "a share"
    RATE = "a rate"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``quantile`` (0..1) and ``times`` are set for times only; ``keys`` are the selectors it takes."""

    name: str
    unit: Unit
    keys: tuple[str, ...]
    windowed: bool = True
    """Can be told of a window, and so of a run that still goes on."""
    times: Times | None = None
    quantile: float | None = None
    of_sockets: str | None = None
    """What of WebSockets: a way to fail, a fault of messages, or what took time (``measure.websockets.TIMES``)."""

    @property
    def statistic(self) -> str:
        """What is taken of times: mean, min, max or a quantile."""
        return self.name.removeprefix(f"ws.{self.of_sockets}.")

    def about(self, times: Times) -> Metric:
        """Return the same statistic of other times."""
        return replace(self, times=times, keys=_OF_ITERATIONS if times == "iteration" else KEYS)


_NAMED = {
    metric.name: metric
    for metric in (
        *(Metric(name, Unit.DURATION, KEYS, times="response") for name in ("mean", "min", "max")),
        # Of the requests with one outcome either all failed or none: a share of them tells nothing.
        Metric("error_rate", Unit.SHARE, tuple(key for key in KEYS if key != "outcome")),
        Metric("iteration_error_rate", Unit.SHARE, _OF_ITERATIONS),
        Metric("started", Unit.SHARE, _OF_ITERATIONS),
        Metric("goodput", Unit.SHARE, _OF_ITERATIONS),
        Metric("rate", Unit.RATE, ("class",)),
        Metric("jain", Unit.SHARE, ("pool",), windowed=False),
        Metric("max_share", Unit.SHARE, ("pool",), windowed=False),
        Metric("recovery", Unit.DURATION, (), windowed=False),
        *(Metric(name, Unit.SHARE, (), windowed=False) for name in OF_CONSISTENCY),
    )
}
SOCKET_SHARES = (*FAILURES, *FAULTS)
METRIC_NAMES = (
    *_NAMED,
    *(f"ws.{name}" for name in SOCKET_SHARES),
    *(f"ws.{name}.p99" for name in TIMES),
    "p50",
    "p75",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "p99.99",
)
"""Names to choose from; any other quantile goes too."""

_QUANTILE = re.compile(r"p(\d+(?:\.\d+)?)")
_OF_SOCKETS = re.compile(rf"ws\.({'|'.join(TIMES)})\.(.+)")


def find_metric(name: str) -> Metric | None:
    """Return the metric of that name; None where there is none, or where a quantile is not above 0 and below 100."""
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith("ws."):
        return _find_of_sockets(name)
    match = _QUANTILE.fullmatch(name)
    share = Fraction(match[1]) / 100 if match else Fraction(0)
    # The nearest float may be 0 or 1 although the fraction is not.
    return Metric(name, Unit.DURATION, KEYS, times="response", quantile=float(share)) if 0 < float(share) < 1 else None


def _find_of_sockets(name: str) -> Metric | None:
    """Return ``ws.dead``, ``ws.echo.p99``... They are told of whole runs, and of no part."""
    if name.removeprefix("ws.") in SOCKET_SHARES:
        return Metric(name, Unit.SHARE, (), windowed=False, of_sockets=name.removeprefix("ws."))
    match = _OF_SOCKETS.fullmatch(name)
    statistic = find_metric(match[2]) if match else None
    if match is None or statistic is None or statistic.times is None:
        return None
    return Metric(name, Unit.DURATION, (), windowed=False, quantile=statistic.quantile, of_sockets=match[1])
