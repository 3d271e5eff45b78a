"""What can be said of answers from caches."""

from __future__ import annotations

from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import age, counted, share

CHART = "cache-hits"


def from_caches(run: RunData) -> list[Finding]:
    """How many answers came from caches, and how old they were."""
    found = run.record.caching
    if found is None:
        return []
    if not found.hits:
        return [Finding(f"None of {counted(found.answers, 'answer')} that told came from a cache.", CHART)]
    text = f"{share(found.hit_share)} of {counted(found.answers, 'answer')} that told came from a cache"
    if found.age_s.count:
        text += f": {age(found.age_s.p50)} old at the median, {age(found.age_s.max)} at most"
    return [Finding(f"{text}.", CHART)]
