"""What can be said of the bus: calls that got no reply, what had no room, and how much later jobs were done."""

from __future__ import annotations

from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import counted, listed, seconds, share

CHART = "tiers"


def lost_calls(run: RunData) -> list[Finding]:
    """How many calls over the bus got no reply, and what either end knows of it."""
    calls = run.record.bus.calls if run.record.bus else None
    if calls is None or not calls.missing:
        return []
    known = (
        (calls.expired, "dropped when a server came to them"),
        (calls.too_late, "answered after it"),
        (calls.unanswered, "done without room for the reply"),
        (calls.waiting, "still in the queue at the end"),
        (calls.vanished, "vanished, and neither end knows why"),
    )
    named = listed([f"{count:,} {what}" for count, what in known if count])
    text = (
        f"{calls.missing:,} of {counted(calls.sent, 'call')} over the bus ({share(calls.missing / calls.sent)}) got no "
        f"reply by their deadline"
    )
    return [Finding(f"{text}: {named}." if named else f"{text}.", CHART, "bad")]


def refused(run: RunData) -> list[Finding]:
    """How much the bus had no room for."""
    bus = run.record.bus
    if bus is None or not bus.calls.refused + bus.jobs.refused:
        return []
    parts = [(bus.calls.refused, bus.calls.sent, "call"), (bus.jobs.refused, bus.jobs.sent, "job")]
    named = listed([f"{count:,} of {counted(sent, noun)}" for count, sent, noun in parts if count])
    return [Finding(f"The bus refused {named}: a queue had no room left.", CHART, "bad")]


def jobs(run: RunData) -> list[Finding]:
    """How long after its cause work was done that was left to the bus."""
    found = run.record.bus.jobs if run.record.bus else None
    if found is None or not found.done:
        return []
    after = found.done_after_s
    text = (
        f"What was left to the bus was done {seconds(after.p50)} after its cause at the median and "
        f"{seconds(after.max)} at most ({counted(found.done, 'job')})"
    )
    left = [(found.waiting, "waited in the queue at the end"), (found.vanished, "vanished"), (found.failed, "failed")]
    others = listed([f"{count:,} {what}" for count, what in left if count])
    return [Finding(f"{text}; {others}." if others else f"{text}.", CHART, "bad" if found.vanished else "")]
