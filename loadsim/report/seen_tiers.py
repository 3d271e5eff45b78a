"""What can be said of the target's own account of its time: its ``Server-Timing`` headers."""

from __future__ import annotations

from loadsim.record import TierRecord
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import seconds, share, visible

QUEUE, APP = "queue", "app"
"""Parts that mean: waiting for a server to take the request, and a server at work on it."""
_OWN = frozenset({QUEUE, APP, "total", "rpc"})
"""Parts that contain all others."""
_MOST = 0.5
_WORTH_S = 0.001
_SAMPLES = 1000
_CALLS = 1.5


def queueing(run: RunData) -> list[Finding]:
    """Tell waiting for a server from work in it, where the target tells both."""
    tiers = run.record.tiers or {}
    queue, app = tiers.get(QUEUE), tiers.get(APP)
    if queue is None or app is None or min(queue.count, app.count) < _SAMPLES:
        return []
    waited, worked = queue.time_s.p99, app.time_s.p99
    if waited is None or worked is None or waited < _WORTH_S or waited < worked / 4:
        return []
    verdict = "Waiting, not work, makes the tail" if waited > worked else "Waiting is a part of the tail"
    return [
        Finding(
            f"{verdict}: the slowest hundredth waited {seconds(waited)} or more for a server to take them, by the "
            f"target's own account, and the work itself took {seconds(worked)} (p99) and {seconds(app.time_s.p50)} "
            f"(median).",
            "tiers",
            "bad" if waited > worked else "",
        )
    ]


def work(run: RunData) -> list[Finding]:
    """Name the part that most of the work is spent in."""
    tiers = run.record.tiers or {}
    app = tiers.get(APP)
    parts = {name: _total_s(tier) for name, tier in tiers.items() if name not in _OWN}
    if app is None or app.count < _SAMPLES or not parts:
        return []
    name = max(parts, key=lambda part: parts[part])
    of_work = parts[name] / (_total_s(app) or 1.0)
    if not _MOST <= of_work <= 1.0:
        return []
    return [
        Finding(
            f"{share(of_work)} of the time in the application is {visible(name, 40)}: "
            f"{seconds(tiers[name].time_s.mean)} in each of the {tiers[name].count:,} answers that name it.",
            "tiers",
        )
    ]


def amplification(run: RunData) -> list[Finding]:
    """Say how many calls stand behind a request, where the target counts them."""
    tiers = run.record.tiers or {}
    counted = {name: tier for name, tier in tiers.items() if tier.calls}
    if not counted or run.record.requests.count < _SAMPLES:
        return []
    name, tier = max(counted.items(), key=lambda item: item[1].calls or 0)
    calls = (tier.calls or 0) / run.record.requests.count
    if calls < _CALLS:
        return []
    return [
        Finding(
            f"Behind each request stand {calls:.1f} calls ({visible(name, 40)}), in all {tier.calls:,} for "
            f"{run.record.requests.count:,} requests.",
            "tiers",
        )
    ]


def _total_s(tier: TierRecord) -> float:
    return tier.count * (tier.time_s.mean or 0.0)
