"""The histogram log of a run: all requests, and their parts."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from loadsim.measure import recorder as module
from loadsim.measure.histogram_log import read_log
from loadsim.measure.intervals import IntervalStore
from loadsim.measure.run_files import write_histograms

from .frames import recorder, request

SECONDS, ROUTES = 30, 3


def test_many_parts_make_their_own_intervals_longer_and_not_those_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seventy = 70 * 70  # histograms: a second has two of the whole, and ten of the parts
    monkeypatch.setattr(module, "IntervalStore", lambda: IntervalStore(max_entries=seventy))
    made = recorder(
        request(second + 0.1, second + 0.1, second + 0.1 + 0.01 * route, route=route)
        for second in range(SECONDS)
        for route in range(1, ROUTES + 1)
    )
    write_histograms(made, tmp_path / "histograms.hlog")
    lengths, counts, starts = defaultdict(set), defaultdict(int), []
    for interval in read_log(tmp_path / "histograms.hlog"):
        name = tuple(interval.tags.items())
        lengths[name].add(interval.length_s)
        counts[name] += int(interval.counts.sum())
        starts.append(interval.start_s)
    assert starts == sorted(starts)
    for metric in ("response_time", "service_time"):
        whole = (("metric", metric),)
        assert lengths[whole] == {1.0}
        assert counts[whole] == SECONDS * ROUTES
        of_routes = [name for name in counts if name[0] == whole[0] and len(name) == 2 and name[1][0] == "route"]
        parts = {name: counts[name] for name in of_routes}
        assert parts == {(*whole, ("route", route)): SECONDS for route in ("GET /a", "GET /b", "POST /c")}
        assert all(min(lengths[name]) > 1.0 for name in parts)
