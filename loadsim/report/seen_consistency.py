"""What can be said of reads that follow a write."""

from __future__ import annotations

from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import counted, seconds, share

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
