"""The histogram log, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadsim.errors import UsageError
from loadsim.measure.histogram_log import Encoder, encode_tag, read_log, write_head, write_interval

NAMES = ("GET /a", "GET /b;c=d, e", "ä%")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of three routes over two seconds: route n has n + 1 values in cell 500 + n."""
    path = tmp_path / "histograms.hlog"
    encoder = Encoder()
    with path.open("w", encoding="ascii") as file:
        write_head(file, 1.76e9)
        for second in (0.0, 1.0):
            for n, name in enumerate(NAMES):
                tag = encode_tag({"metric": "response_time", "route": name})
                write_interval(file, encoder, tag, second, 1.0, np.array([500 + n]), np.array([n + 1]))
    return path


def test_names_times_and_counts_come_back_as_they_were(log: Path) -> None:
    read = [(i.tags["route"], i.start_s, i.length_s, i.counts.nonzero()[0].tolist()) for i in read_log(log)]
    assert read == [(name, second, 1.0, [500 + n]) for second in (0.0, 1.0) for n, name in enumerate(NAMES)]
    assert [int(i.counts.sum()) for i in read_log(log)] == [1, 2, 3, 1, 2, 3]


def test_only_what_is_wanted_is_read_and_the_rest_may_be_damaged(log: Path) -> None:
    log.write_text(log.read_text().replace("HISTFAAA", "HISTF!!!", 1))
    wanted = list(read_log(log, lambda tags: tags["route"] == NAMES[1]))
    assert [(interval.start_s, int(interval.counts.sum())) for interval in wanted] == [(0.0, 2), (1.0, 2)]
    with pytest.raises(UsageError, match=r"histograms.hlog', line 6: not an interval of a histogram log"):
        list(read_log(log))
