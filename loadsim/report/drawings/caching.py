"""What came from a cache, as the answers say."""

from __future__ import annotations

import numpy as np

from loadsim.report import ticks
from loadsim.report.chart import Chart, Series
from loadsim.report.drawings.common import bands
from loadsim.report.rundata import RunData
from loadsim.report.text import age, counted, share


def cache_hits(run: RunData) -> Chart | None:
    """Draw answers a second that told of a cache: those that came from it, and the others."""
    found, table = run.record.caching, run.caching
    if found is None or table is None or not len(table):
        return None
    hits, misses, times_s = table.numbers("hits"), table.numbers("misses"), table.numbers("time_s")
    aged = f", {age(found.age_s.p50)} old at the median" if found.age_s.count else ""
    return Chart(
        key="cache-hits",
        section="caching",
        title="Answers from caches",
        reading="Answers that say whether a cache served them (Age, Cache-Status, X-Cache and the like). What a cache "
        "serves may be old. By the second in which they were due.",
        alt=f"{counted(found.hits, 'answer')} of {found.answers:,} came from a cache ({share(found.hit_share)}){aged}.",
        kind="stack",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("answers a second", "rate", np.asarray(hits + misses, np.float64)),
        xs=times_s,
        series=(
            Series("hits", "from a cache", "c1", hits, "area"),
            Series("misses", "made for the request", "c2", misses, "area"),
        ),
        bands=bands(run),
        wide=True,
    )


def cache_ages(run: RunData) -> Chart | None:
    """Draw how old what caches served was, on average of each second."""
    found, table = run.record.caching, run.caching
    if found is None or table is None or not found.age_s.count or not found.age_s.max:
        return None
    ages, times_s = table.numbers("age_mean_s"), table.numbers("time_s")
    return Chart(
        key="cache-ages",
        section="caching",
        title="Age of what caches served",
        reading="Mean of the Age that hits tell: since when what is shown may have changed. In whole seconds, as the "
        "field has it.",
        alt=f"{age(found.age_s.p50)} at the median, {age(found.age_s.p99)} for 99 %, at most {age(found.age_s.max)}.",
        kind="time",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("mean age", "seconds", ages),
        xs=times_s,
        series=(Series("age", "mean age", "c1", ages),),
        bands=bands(run),
        wide=True,
    )
