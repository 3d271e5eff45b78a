from __future__ import annotations

import pytest

from loadsim.measure.consistency import ENTRY, Consistency, Seen
from loadsim.measure.histogram import mean, quantile, total

ORIGIN = 1000.0


def folded(*events: tuple[Seen, float, float]) -> Consistency:
    made = Consistency(ORIGIN, 10.0)
    made.add(b"".join(ENTRY.pack(seen, ORIGIN + time_s, seconds) for seen, time_s, seconds in events))
    return made


def test_reads_are_counted_by_what_they_showed_and_the_stale_ones_by_their_age() -> None:
    made = folded((Seen.STALE, 1.0, 0.1), (Seen.STALE, 1.2, 0.3), (Seen.FRESH, 1.4, 0.5), (Seen.FRESH, 3.0, 0.6))
    assert (made.reads, made.stale) == (4, 2)
    assert mean(made.staleness) == pytest.approx(0.2, rel=1e-3)
    assert made.by_second.rows(4).tolist() == [[0] * 4, [1, 2, 0, 0], [0] * 4, [1, 0, 0, 0]]


def test_a_version_that_was_never_seen_ranks_above_every_time() -> None:
    made = folded((Seen.VISIBLE, 1.0, 0.2), (Seen.VISIBLE, 2.0, 0.4), (Seen.NEVER, 3.0, 0.0))
    assert (made.versions, made.never_seen) == (3, 1)
    assert total(made.visible_after) == 3
    assert quantile(made.visible_after, 0.6) == pytest.approx(0.4, rel=1e-3)
    assert quantile(made.visible_after, 0.9) is None


def test_what_happened_outside_of_the_measured_window_is_left_out() -> None:
    made = folded((Seen.STALE, -0.1, 0.1), (Seen.FRESH, 10.0, 0.1), (Seen.NEVER, 11.0, 0.0))
    assert (made.reads, made.versions) == (0, 0)


def test_frames_add_up() -> None:
    made = folded((Seen.FRESH, 1.0, 0.0))
    made.add(ENTRY.pack(Seen.STALE, ORIGIN + 2.0, 0.1))
    made.add(b"")
    assert (made.reads, made.stale) == (2, 1)
