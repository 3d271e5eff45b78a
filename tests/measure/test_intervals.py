from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadsim.measure.histogram import CELLS
from loadsim.measure.intervals import IntervalStore
from loadsim.measure.sparse import merge, pack, unpack


def counts(seed: int, size: int = 50, rows: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    index = np.unique(rng.integers(0, rows * CELLS, size))
    return pack(index, rng.integers(1, 9, len(index)))


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60), st.integers(1, 20), st.integers(200, 5000))
def test_doubling_keeps_every_count_in_the_interval_that_holds_its_second(
    seconds: list[int], max_intervals: int, max_entries: int
) -> None:
    store = IntervalStore(max_intervals, max_entries)
    for number, second in enumerate(seconds):
        store.add(second, counts(number))
    intervals = list(store)
    assert len(intervals) <= max_intervals
    assert store.entries <= max_entries or len(intervals) == 1
    for start_s, length_s, packed in intervals:
        inside = [counts(n) for n, second in enumerate(seconds) if start_s <= second < start_s + length_s]
        assert packed.tolist() == merge(inside).tolist()
    total = sum(int(unpack(packed)[1].sum()) for _, _, packed in intervals)
    assert total == sum(int(unpack(counts(n))[1].sum()) for n in range(len(seconds)))


def test_intervals_are_of_one_second_while_they_are_few() -> None:
    store = IntervalStore()
    for second in range(600):
        store.add(second, counts(second, size=5))
    assert [start_s for start_s, _, _ in store] == list(range(600))
    store.add(600, counts(600, size=5))
    assert {length_s for _, length_s, _ in store} == {2.0}


def test_a_late_answer_joins_the_interval_it_was_due_in() -> None:
    store = IntervalStore()
    for second in (0, 1, 2, 0):
        store.add(second, pack(np.array([7]), np.array([1])))
    assert [unpack(packed)[1].tolist() for _, _, packed in store] == [[2], [1], [1]]


def test_many_small_histograms_are_merged_before_their_lines_in_the_log_become_too_many() -> None:
    one_each = pack(np.arange(500) * CELLS, np.ones(500, np.int64))
    store = IntervalStore(max_entries=10 * 500 * 65)
    for second in range(200):
        store.add(second, one_each)
    assert len(list(store)) <= 10
