"""What can be said of reads that follow a write, and of updates that several make at once."""

from __future__ import annotations

from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import amount, counted, seconds, share

CHART = "stale-reads"


def stale_reads(run: RunData) -> list[Finding]:
    """How many reads were stale, how old what they showed was, and how long until a write was visible."""
    found = run.record.consistency
    if found is None or not found.reads:
        return []
    if not found.stale:
        return [Finding(f"None of {found.reads:,} reads after a write was stale.", CHART)]
    text = (
        f"{share(found.stale_share)} of {found.reads:,} reads after a write were stale: what they showed had been out "
        f"of date for {seconds(found.staleness_s.p50)} at the median and {seconds(found.staleness_s.max)} at most."
    )
    visible = found.visible_after_s
    if visible.p50 is not None:
        slowest = f", {seconds(visible.p99)} for 99 %" if visible.p99 is not None else ""
        text += f" Half of the writes were visible after {seconds(visible.p50)}{slowest}."
    if found.never_seen:
        text += f" Never seen: {found.never_seen:,} of {counted(found.versions, 'version')}."
    return [Finding(text, CHART, "bad")]


def lost_updates(run: RunData) -> list[Finding]:
    """How many acknowledged updates are not in the numbers they changed, and what was sold without being there."""
    found = run.record.consistency
    if found is None or not found.updates:
        return []
    chart = CHART if found.reads else "requests-over-time"
    if found.lost_updates is None:
        return [Finding(f"What {counted(found.updates, 'update')} came to could not be read.", chart, "bad")]
    worst = found.counters[0]
    text = f"None of {counted(found.updates, 'acknowledged update')} was lost."
    if found.lost_updates:
        text = (
            f"{found.lost_updates:,} of {counted(found.updates, 'acknowledged update')} were lost "
            f"({share(found.lost_update_share)}): {worst.name} was {amount(worst.before)}, {worst.acknowledged:,} "
            f"times {worst.adds:+g} was acknowledged, and it is {amount(worst.after)}."
        )
    if found.sold is not None:
        text += f" Of {amount(found.stock)} in stock {amount(found.sold)} were sold"
        text += f", {amount(found.oversold)} of them without being there." if found.oversold else ", none twice."
    if found.uncertain_updates:
        text += f" Of {counted(found.uncertain_updates, 'update')} more nobody knows whether they happened."
    return [Finding(text, chart, "bad" if found.lost_updates or found.oversold else "")]
