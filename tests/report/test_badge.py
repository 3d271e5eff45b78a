"""The badge: a line of text high, another for each verdict."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from matplotlib.image import imread

from loadsim.record import Verdict
from loadsim.report.badge import HEIGHT_PX, write_badge


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_it_is_as_high_as_a_line_and_no_wider_than_its_words(verdict: Verdict, tmp_path: Path) -> None:
    write_badge(verdict, tmp_path / "deep" / "badge.png")
    height, width, _ = imread(tmp_path / "deep" / "badge.png").shape
    assert height == HEIGHT_PX
    assert 120 < width < 320
    assert (tmp_path / "deep" / "badge.png").stat().st_size < 10_000


def test_each_verdict_has_a_colour_of_its_own_and_the_same_one_is_the_same_file(tmp_path: Path) -> None:
    colours = set()
    for verdict in get_args(Verdict):
        write_badge(verdict, tmp_path / "badge.png")
        colours.add(tuple(imread(tmp_path / "badge.png")[2, -3].tolist()))
    assert len(colours) == 4
    again = (tmp_path / "badge.png").read_bytes()
    write_badge(get_args(Verdict)[-1], tmp_path / "badge.png")
    assert (tmp_path / "badge.png").read_bytes() == again
