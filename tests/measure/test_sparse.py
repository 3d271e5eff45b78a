from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadsim.measure.histogram import CELLS
from loadsim.measure.sparse import NOTHING, between, by_row, merge, overlay, pack, tally, unpack

INDEX = st.integers(0, 700 * CELLS)
PIECES = st.lists(st.lists(INDEX, max_size=60), max_size=6)


def packed(indices: list[int]) -> np.ndarray:
    counted = sorted(Counter(indices).items())
    return pack(*np.array(counted, np.int64).reshape(-1, 2).T)


def as_counter(piece: np.ndarray) -> Counter[int]:
    index, counts = unpack(piece)
    return Counter(dict(zip(index.tolist(), counts.tolist(), strict=True)))


@given(PIECES)
def test_merging_adds_counts_and_keeps_indices_ascending(pieces: list[list[int]]) -> None:
    merged = merge([packed(piece) for piece in pieces])
    assert as_counter(merged) == Counter(index for piece in pieces for index in piece)
    assert (np.diff(unpack(merged)[0]) > 0).all()


@given(st.lists(st.tuples(st.integers(0, 5), INDEX), max_size=80))
def test_a_tally_counts_each_index_in_its_group(pairs: list[tuple[int, int]]) -> None:
    keys = np.array([group << 32 | index for group, index in pairs], np.int64)
    result = {group: as_counter(piece) for group, piece in tally(keys)}
    assert result == {
        group: Counter(index for g, index in pairs if g == group) for group in {group for group, _ in pairs}
    }


@given(st.lists(INDEX, max_size=80))
def test_rows_laid_over_each_other_keep_every_count_in_its_cell(indices: list[int]) -> None:
    where, counts = overlay(packed(indices))
    assert dict(zip(where.tolist(), counts.tolist(), strict=True)) == Counter(index % CELLS for index in indices)


@given(st.lists(INDEX, max_size=80))
def test_rows_come_apart_as_they_were_put_together(indices: list[int]) -> None:
    rows = {
        (row, cell): count
        for row, where, counts in by_row(packed(indices))
        for cell, count in zip(where.tolist(), counts.tolist(), strict=True)
    }
    assert rows == Counter((index // CELLS, index % CELLS) for index in indices)


@given(st.lists(INDEX, max_size=80), INDEX, INDEX)
def test_a_part_holds_the_indices_from_its_first_to_before_its_end(indices: list[int], first: int, end: int) -> None:
    part = as_counter(between(packed(indices), first, end))
    assert part == Counter(index for index in indices if first <= index < end)


def test_merging_nothing_gives_nothing() -> None:
    assert len(merge([])) == len(merge([NOTHING, NOTHING])) == 0
    assert tally(NOTHING.copy()) == []
