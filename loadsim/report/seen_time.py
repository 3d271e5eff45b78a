"""What can be said of time: what a spike did and how long it was felt, what queued, which route is slow, and why."""

from __future__ import annotations

import numpy as np

from loadsim.measure.recovery import STEADY_SECONDS
from loadsim.record import PhaseRecord, Quantiles, Recovery, RouteRecord
from loadsim.report.drawings.common import when
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import amount, clock, rate, seconds, share, times, visible

BUSIER = 1.5
"""A phase counts as a spike from this many times the rate of the one before."""
FELT = 1.25
MUCH_LONGER = 1.5
LONG_TAIL = 8.0
"""A p99 this many times the median is long enough to ask what it is made of."""
_A_FEW = 20
_AS_LONG, _RARE = 0.95, 0.1
_KNOTS = (("p50", 0.5), ("p75", 0.25), ("p90", 0.1), ("p95", 0.05), ("p99", 0.01))


def spike(run: RunData) -> list[Finding]:
    """Say what the busiest phase did to response time, against the phase before it."""
    phases = run.record.phases
    rates = [phase.load.offered_rate or 0.0 for phase in phases]
    busiest = int(np.argmax(rates)) if rates else 0
    if busiest == 0 or not rates[busiest - 1] or rates[busiest] < BUSIER * rates[busiest - 1]:
        return []
    before, at = phases[busiest - 1], phases[busiest]
    text = (
        f"In the phase {visible(at.name, 40)} ({clock(at.start_s)} to {clock(at.end_s)}) {rate(rates[busiest])} were "
        f"offered, {times(rates[busiest] / rates[busiest - 1])} the {rate(rates[busiest - 1])} before"
    )
    effect, bad = _effect(before, at)
    return [Finding(f"{text}{effect}.", "latency" if effect else "requests-over-time", "bad" if bad else "")]


def _effect(before: PhaseRecord, at: PhaseRecord) -> tuple[str, bool]:
    was, became = before.response_time_s.p99, at.response_time_s.p99
    if was is None:
        return "", False
    if became is None:
        unanswered = at.response_time_s.unanswered
        lost = f"; p99 rose from {seconds(was)} beyond measure, for {unanswered:,} requests had no answer"
        return (lost, True) if unanswered else ("", False)
    if became > FELT * was:
        return f"; p99 of response time rose from {seconds(was)} to {seconds(became)}{_median(before, at)}", True
    return f"; p99 of response time was {seconds(became)}, and {seconds(was)} before", False


def _median(before: PhaseRecord, at: PhaseRecord) -> str:
    """Say what became of the ordinary request, where it is worth a word."""
    was, became = before.response_time_s.p50, at.response_time_s.p50
    if was is None or became is None or became <= FELT * was:
        return ""
    return f", the median from {seconds(was)} to {seconds(became)}"


def recovered(run: RunData) -> list[Finding]:
    """How long each event was felt."""
    p99, times_s = run.column("response_p99_s"), run.times_s
    found = []
    for event in run.record.recoveries:
        if not np.isfinite(p99[times_s < event.start_s]).any():
            continue  # without a value before, there is nothing to come back to
        found.append(_recovery(run, event))
    return found


def _recovery(run: RunData, event: Recovery) -> Finding:
    cause = visible(event.cause, 60)
    ended, failed = _end(run, event), _failed_meanwhile(run, event)
    what = cause if failed is not None else f"the {cause}"
    subject = what if failed is not None else f"The {cause}"  # a fault is told as it was given
    cost = f"; {failed:,} arrivals failed meanwhile" if failed else ""
    if event.recovery_s is None:
        left = max(0.0, run.record.manifest.duration_s - (ended or event.start_s))
        if left < STEADY_SECONDS:
            text = f"The run ended too soon after {what} to see whether response time came back: that takes 5 s{cost}."
            return Finding(text, "latency")
        return Finding(
            f"Response time did not come back in the {seconds(left)} that the run went on after {what}: p99 never "
            f"stayed within 1.25 times its highest before for 5 s{cost}.",
            "latency",
            "bad",
        )
    if event.recovery_s == 0:
        text = f"The p99 of response time did not feel {what}: it stayed within 1.25 times its highest before{cost}."
        return Finding(text, "errors" if failed else "latency", "bad" if failed else "")
    back = event.start_s + event.recovery_s
    after = f", {seconds(back - ended)} after its end" if ended is not None and back > ended else ""
    return Finding(
        f"{subject} was felt for {seconds(event.recovery_s)}: p99 was back within 1.25 times its "
        f"highest before at {clock(back)}{after}{cost}.",
        "latency",
    )


def _end(run: RunData, event: Recovery) -> float | None:
    """Return when the phase or fault that an event stands for was over."""
    phases = (p.end_s for p in run.record.phases if p.name == event.cause and p.start_s == event.start_s)
    faults = (fault.end_s for fault in run.record.faults if fault.fault == event.cause)
    return next((end for end in (*phases, *faults) if end is not None), None)


def _failed_meanwhile(run: RunData, event: Recovery) -> int | None:
    """Return how many arrivals failed in the seconds of a fault; None of what is no fault."""
    fault = next((fault for fault in run.record.faults if fault.fault == event.cause), None)
    if fault is None or fault.start_s is None:
        return None
    times_s = run.times_s
    on = (times_s >= np.floor(fault.start_s)) & (times_s <= (fault.end_s or fault.start_s))
    return int(np.nansum(run.column("failed")[on]))


def queue(run: RunData) -> list[Finding]:
    """Arrivals that waited because every user was busy."""
    load = run.record.load
    if not load.max_backlog:
        return []
    backlog = run.column("backlog")
    at = when(run, backlog)
    moment = f" at {clock(at)}" if at is not None else ""
    waited = load.backlog_wait_s.p99
    longest = f"; 1 % of all arrivals waited {seconds(waited)} or more" if waited else ""
    return [
        Finding(
            f"Up to {load.max_backlog:,} arrivals waited to start{moment}, with {amount(load.max_in_flight)} under way"
            f"{longest}.",
            "in-flight",
            "bad",
        )
    ]


def tail(run: RunData) -> list[Finding]:
    """Name the route that makes most of the slowest hundredth.

    A route whose p90 is beyond the p99 of all has a tenth of its requests there, at least: so the share said is a lower
    bound, from the record's quantiles alone.
    """
    limit, total = run.main_time.p99, run.main_time.count
    routes = {n: r for n, r in run.record.routes.items() if r.count >= _A_FEW}
    if limit is None or len(run.record.routes) < 2 or not total:
        return []
    best, most = "", 0.0
    for name, route in routes.items():
        slow = _slow_share(route.service_time_s if run.closed else route.response_time_s, limit) * route.count
        if slow > most:
            best, most = name, slow
    of_tail = min(1.0, most / (0.01 * total))
    of_all = routes[best].count / total if best else 1.0
    if of_tail < 0.5 or of_all > of_tail / 2:
        return _slow_route(run, routes, limit, total)
    return [
        Finding(
            f"{visible(best, 80)} carries the tail: it is {share(of_all)} of the requests, and at least "
            f"{share(of_tail)} of those that took longer than p99 ({seconds(limit)}).",
            "latency-percentiles",
        )
    ]


def _slow_route(run: RunData, routes: dict[str, RouteRecord], limit: float, total: int) -> list[Finding]:
    """Name a rare route of which the usual request takes as long as the slowest hundredth of all."""
    medians = {n: (r.service_time_s if run.closed else r.response_time_s).p50 for n, r in routes.items()}
    slow = [n for n, p50 in medians.items() if (p50 or 0.0) >= _AS_LONG * limit and routes[n].count <= _RARE * total]
    if not slow:
        return []
    most = max(slow, key=lambda name: routes[name].count)
    return [
        Finding(
            f"{visible(most, 80)} makes the tail: it is {share(routes[most].count / total)} of the requests, and its "
            f"median ({seconds(medians[most])}) is as long as p99 of all ({seconds(limit)}).",
            "latency-percentiles",
        )
    ]


def _slow_share(q: Quantiles, limit: float) -> float:
    """Return how much of a distribution is certainly beyond the limit."""
    for name, beyond in _KNOTS:
        value = getattr(q, name)
        if value is None or value > limit:
            return beyond if q.count else 0.0
    return 0.0


def waiting(run: RunData) -> list[Finding]:
    """Whether the tail was spent waiting to be sent, or after that."""
    response, service = run.record.response_time_s, run.record.service_time_s
    if response is None or response.p99 is None or service.p99 is None or not response.p50:
        return []
    if response.p99 > MUCH_LONGER * service.p99:
        return [
            Finding(
                f"Most of the tail is waiting to be sent: p99 is {seconds(response.p99)} from when a request was due, "
                f"and {seconds(service.p99)} from when it was sent.",
                "latency-percentiles",
                "bad",
            )
        ]
    if response.p99 < LONG_TAIL * response.p50 and not any(finding.tone == "bad" for finding in spike(run)):
        return []
    return [
        Finding(
            f"The tail is not waiting to be sent: p99 is {seconds(response.p99)} from when a request was due, and "
            f"{seconds(service.p99)} from when it was sent. The time passed in the target or in its queues.",
            "latency-percentiles",
        )
    ]
