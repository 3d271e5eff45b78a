"""What objectives ask of times: of a whole distribution, or of the few numbers that a record keeps of one."""

from __future__ import annotations

from loadsim.measure import histogram
from loadsim.measure.selection import Distribution
from loadsim.record import Quantiles

Times = Distribution | Quantiles

_RECORDED = {0.5: "p50", 0.75: "p75", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p99_9"}
_STATISTICS = {"min": histogram.minimum, "max": histogram.maximum, "mean": histogram.mean}


class UntoldError(Exception):
    """The record does not tell what an objective asks; the text says why, for its reader."""


def is_recorded(share: float | None) -> bool:
    """Return whether records keep this quantile; None stands for minimum, maximum and mean, which they do."""
    return share is None or share in _RECORDED


def count(times: Times) -> int:
    """Return how much work there was, answered or not."""
    return times.count if isinstance(times, Quantiles) else histogram.total(times)


def quantile(times: Times, share: float) -> float | None:
    """Return one quantile in seconds; None where it falls on work without an answer, or without any work."""
    if not isinstance(times, Quantiles):
        return histogram.quantile(times, share)
    if not is_recorded(share):
        kept = ", ".join(name.replace("_", ".") for name in _RECORDED.values())
        raise UntoldError(f"of these times the record keeps only {kept}")
    value: float | None = getattr(times, _RECORDED[share])
    return value


def statistic(times: Times, name: str) -> float | None:
    """Return 'min', 'max' or 'mean' of the measured times."""
    if not isinstance(times, Quantiles):
        return _STATISTICS[name](times)
    value: float | None = getattr(times, name)
    return value
