"""Frames and plans: what goes in comes out, however the pipe cuts it."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.wire import HEAD, MAX_FRAME_BYTES, FrameReader, HttpSettings, Plan, Route, frame

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=12)


@given(FRAMES, st.lists(st.integers(0, 4000), max_size=20))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    frames: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(frame(kind, payload) for kind, payload in frames)
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    reader = FrameReader()
    read = [whole for start, end in itertools.pairwise(places) for whole in reader.feed(stream[start:end])]
    assert read == frames


def test_a_frame_is_not_told_before_its_last_byte() -> None:
    reader, whole = FrameReader(), frame(2, b"payload")
    assert list(reader.feed(whole[:-1])) == []
    assert list(reader.feed(whole[-1:])) == [(2, b"payload")]


def test_a_payload_may_be_any_buffer() -> None:
    assert frame(2, memoryview(bytearray(b"abc"))) == frame(2, b"abc") == HEAD.pack(2, 3) + b"abc"


def test_a_length_that_no_frame_has_is_told_as_damage() -> None:
    with pytest.raises(ValueError, match="damaged"):
        list(FrameReader().feed(HEAD.pack(2, MAX_FRAME_BYTES + 1)))


def test_a_plan_survives_the_way_down() -> None:
    plan = Plan(
        scenario="shop.py:Buyer",
        routes=(Route(method="POST", path="/a", json={"a": [1, None, "ü\n"]}, headers={"X": "y"}),),
        profile="constant(1/s)",
        seed=2**63,
        duration_s=1.5,
        http=HttpSettings(url="http://h", headers=(("A", "b"),), resolve=(("h", "::1"),)),
        env={"K": "v"},
        cpus=(0,),
    )
    line = msgspec.json.encode(plan)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Plan) == plan
