"""What a round is compared by: metrics by name, and their values in a run record.

A quantile that falls among work without an answer is inf: it ranks above every measured value, as for objectives. A
metric that a round has no samples for is left out, which is something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from loadsim.errors import UsageError, nearest
from loadsim.record import Quantiles, RunRecord, WebSockets

MAX_PRIMARY = 3
_TIMES = ("mean", "p50", "p75", "p90", "p95", "p99", "p99.9")
_OF_PARTS = ("p50", "p99")
_SHARES: dict[str, Literal["lower", "higher"]] = {
    "error_rate": "lower",
    "goodput": "higher",
    "jain": "higher",
    "max_share": "lower",
    "stale_reads": "lower",
    "lost_updates": "lower",
    "oversold": "lower",
}
_RECOVERY = "recovery"
_SOCKET_FAILURES = ("never_opened", "closed_on_us", "vanished", "dead")
_SOCKET_TIMES = ("connect", "first_message", "echo", "broadcast", "recovered")
_NAME = re.compile(r"(?P<statistic>[a-z_]\w*(?:\.\d+)?)(?P<times>\(service\))?(?P<where>\[\w+=.+\])?")
_PLAIN = re.compile(r"[\w.*-]+")


class Scale(Enum):
    """How two values of a metric are set against each other."""

    RATIO = "ratio"
    """Times: how many times as long."""
    SHARE = "difference"
    """Shares: their difference, since half of almost nothing is almost nothing."""
    SECONDS = "seconds"
    """Times that may be nothing at all, of which there is no ratio: how much longer."""

    @property
    def is_ranked(self) -> bool:
        """Whether rounds are judged by their ranks: of what may be without an answer, which has no mean."""
        return self is not Scale.SHARE


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: ``p99``, ``p50(service)``, ``p99[route="GET /"]``, ``error_rate[class=heavy]``."""

    name: str
    scale: Scale
    better: Literal["lower", "higher"]

    @property
    def statistic(self) -> str:
        """The name without what it is of: ``p99``."""
        name = re.split(r"[\[(]", self.name, maxsplit=1)[0]
        return name.removeprefix("ws.").partition(".")[2] or name if name.startswith("ws.") else name


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric's value in one round (inf: without an answer), and of how many samples."""

    value: float
    samples: int


Round = Mapping[str, Reading]
"""All readings of one side in one round."""


_SOCKET_METRICS = {
    **{f"ws.{name}": Metric(f"ws.{name}", Scale.SHARE, "lower") for name in _SOCKET_FAILURES},
    **{
        f"ws.{name}.{statistic}": Metric(f"ws.{name}.{statistic}", Scale.RATIO, "lower")
        for name in _SOCKET_TIMES
        for statistic in _TIMES
    },
}


def default_primary(*, closed: bool) -> tuple[str, ...]:
    """Return the metrics that decide unless the user names others; the closed model knows no response time."""
    return ("error_rate", "p50(service)", "p99(service)") if closed else ("error_rate", "p50", "p99")


def metric(name: str) -> Metric:
    """Return the metric of that name. UsageError for a name that no round can have."""
    if name in _SOCKET_METRICS:
        return _SOCKET_METRICS[name]
    match = _NAME.fullmatch(name)
    statistic = match["statistic"] if match else name
    if match and statistic in _TIMES:
        return Metric(name, Scale.RATIO, "lower")
    if match and statistic in _SHARES and not match["times"]:
        return Metric(name, Scale.SHARE, _SHARES[statistic])
    if name == _RECOVERY:
        return Metric(name, Scale.SECONDS, "lower")
    known = (*_TIMES, *_SHARES, _RECOVERY, *_SOCKET_METRICS)
    raise UsageError(f"unknown metric '{name}'", hint=nearest(statistic, known))


def readings(record: RunRecord) -> dict[str, Reading]:
    """Return every metric that the round of this record has a value for."""
    return dict(_readings(record))


def _readings(record: RunRecord) -> Iterator[tuple[str, Reading]]:
    closed = record.response_time_s is None
    yield from _share("error_rate", record.requests.failed, record.requests.count)
    yield from _share("goodput", record.load.completed, record.load.scheduled)
    if record.response_time_s is not None:
        yield from _times(record.response_time_s, _TIMES)
    yield from _times(record.service_time_s, _TIMES if closed else _OF_PARTS, "(service)")
    service = "(service)" if closed else ""
    for key, parts in (("route", record.routes), ("class", record.classes), ("backend", record.backends)):
        for name, part in parts.items():
            where = _where(key, name)
            times = part.service_time_s if closed else part.response_time_s
            yield from _times(times, _OF_PARTS, service + where)
            yield from _share(f"error_rate{where}", part.failed, part.count)
    for phase in record.phases if len(record.phases) > 1 else ():
        where = _where("phase", phase.name)
        yield from _times(phase.response_time_s, _OF_PARTS, where)
        yield from _share(f"goodput{where}", phase.load.completed, phase.load.scheduled)
    yield from _balance(record)
    if record.recoveries:
        slowest = max(math.inf if each.recovery_s is None else each.recovery_s for each in record.recoveries)
        yield _RECOVERY, Reading(slowest, len(record.recoveries))
    if record.websockets is not None:
        yield from _sockets(record.websockets)
    if record.consistency is not None:
        for name, (share, samples) in record.consistency.shares.items():
            if share is not None:
                yield name, Reading(share, samples)


def _sockets(sockets: WebSockets) -> Iterator[tuple[str, Reading]]:
    """Who never opened is a part of all attempts, the other failures are of what was open."""
    for name in _SOCKET_FAILURES:
        of = sockets.attempts if name == "never_opened" else sockets.opened + sockets.open_at_start
        yield from _share(f"ws.{name}", sockets.failures[name].count, of)
    for name in _SOCKET_TIMES:
        times: Quantiles = sockets.reconnects.recovered_s if name == "recovered" else getattr(sockets, f"{name}_s")
        for statistic, reading in _times(times, _OF_PARTS):
            yield f"ws.{name}.{statistic}", reading


def _balance(record: RunRecord) -> Iterator[tuple[str, Reading]]:
    """Yield how evenly each pool's requests fell on its backends; of several pools, also how many of them failed."""
    pools = sorted({each.pool for each in record.backends.values() if each.pool is not None})
    for pool in pools if len(pools) > 1 else ():
        of_pool = [each for each in record.backends.values() if each.pool == pool]
        failed, count = sum(each.failed for each in of_pool), sum(each.count for each in of_pool)
        yield from _share(f"error_rate{_where('pool', pool)}", failed, count)
    for pool, balance in record.balance.items():
        members = [each for each in record.backends.values() if each.share is not None and each.pool in (pool, None)]
        requests = sum(each.count for each in members)
        if balance.jain is not None and balance.backends > 1 and requests:
            where = "" if pool == "all" else _where("pool", pool)
            yield f"jain{where}", Reading(balance.jain, requests)
            yield f"max_share{where}", Reading(max(each.share or 0.0 for each in members), requests)


def _share(name: str, part: int, whole: int) -> Iterator[tuple[str, Reading]]:
    if whole:
        yield name, Reading(part / whole, whole)


def _times(times: Quantiles, statistics: tuple[str, ...], of: str = "") -> Iterator[tuple[str, Reading]]:
    if not times.count:
        return
    for name in statistics:
        value = getattr(times, name.replace(".", "_"))
        if value is None or (name == "mean" and times.unanswered):
            value = math.inf
        if value > 0:
            yield f"{name}{of}", Reading(value, times.count)


def _where(key: str, name: str) -> str:
    quoted = name if _PLAIN.fullmatch(name) else '"' + name.replace('"', "'") + '"'
    return f"[{key}={quoted}]"
