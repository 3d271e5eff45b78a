"""From numbers counted to their part of the record: what became of updates, in all and number by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from loadsim.measure.updates import Counter
from loadsim.record import CounterRecord

MOST_COUNTERS = 100
N = TypeVar("N", int, float)


def summarise_updates(counters: Sequence[Counter]) -> dict[str, Any]:
    """Return the fields of :class:`~loadsim.record.ConsistencyRecord` that are about updates; none without counters."""
    if not counters:
        return {}
    acknowledged, lost = sum(each.acknowledged for each in counters), _sum(each.lost for each in counters)
    sells = counters[0].adds < 0
    sold = sum(each.taken for each in counters) if sells else None
    oversold = _sum(each.oversold for each in counters)
    return {
        "updates": acknowledged,
        "uncertain_updates": sum(each.uncertain for each in counters),
        "lost_updates": lost,
        "lost_update_share": _share(lost, acknowledged),
        "stock": _sum(each.before for each in counters) if sells else None,
        "sold": sold,
        "oversold": oversold,
        "oversold_share": _share(oversold, sold),
        "counters": [_record(each) for each in sorted(counters, key=_badness)[:MOST_COUNTERS]],
    }


def _badness(counter: Counter) -> tuple[float, float]:
    return -(counter.lost or 0), -(counter.oversold or 0.0)


def _record(counter: Counter) -> CounterRecord:
    return CounterRecord(
        name=counter.name,
        before=counter.before,
        after=counter.after,
        adds=counter.adds,
        acknowledged=counter.acknowledged,
        refused=counter.refused,
        uncertain=counter.uncertain,
        lost=counter.lost,
        oversold=counter.oversold,
    )


def _sum(values: Iterable[N | None]) -> N | None:
    """Return the sum; None if one of them is not known."""
    total: Any = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total  # type: ignore[no-any-return] # of their type


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole
