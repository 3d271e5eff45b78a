"""The recorder of WebSockets: every event counted once, in its second, and all of it adding up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.measure.histogram import quantile, total
from loadsim.measure.socket_event import (
    BEGUN_BY_TARGET,
    CLEAN,
    ENDINGS,
    SOCKET_EVENT,
    SOCKET_EVENT_BYTES,
    SOCKET_FIELDS,
    Cause,
    Event,
)
from loadsim.measure.socket_tables import open_sockets_table, sockets_table
from loadsim.measure.websockets import Messages, SocketRecorder
from loadsim.socket_summary import summarise_sockets

ORIGIN = 500.0


def event(
    kind: Event,
    at: float,
    *,
    began: float = 0.0,
    due: float = 0.0,
    middle: float | None = None,
    backend: int = 0,
    flags: int = 0,
    cause: int = 0,
    code: int = 0,
) -> bytes:
    """Pack an event; times are profile time."""
    times = (due, began, began if middle is None else middle, at)
    return SOCKET_EVENT.pack(kind, backend, flags, cause, code, *(ORIGIN + time for time in times))


def recorder(events: Iterable[bytes], duration_s: float = 10.0, end_s: float | None = None) -> SocketRecorder:
    made = SocketRecorder(origin=ORIGIN, duration_s=duration_s)
    for packed in events:
        made.add(packed)
    made.close(duration_s if end_s is None else end_s)
    return made


def life(opened: float, ended: float | None, kind: Event = Event.FINISHED, **more: Any) -> list[bytes]:
    first = event(Event.OPENED, opened, began=opened - 0.2, middle=opened - 0.1, backend=more.get("backend", 0))
    return [first] if ended is None else [first, event(kind, ended, began=opened, **more)]


def test_an_event_takes_40_bytes_on_both_sides_of_the_pipe() -> None:
    assert SOCKET_EVENT_BYTES == SOCKET_FIELDS.itemsize == 40


def test_a_frame_that_is_no_whole_number_of_events_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        SocketRecorder(origin=0.0, duration_s=1.0).add(b"x" * 41)


def test_the_four_failures_are_told_apart_with_their_causes() -> None:
    made = recorder(
        [
            event(Event.NEVER_OPENED, 1.0, cause=503),
            event(Event.NEVER_OPENED, 1.0, cause=1),
            *life(1.0, 2.0, Event.CLOSED_ON_US, flags=BEGUN_BY_TARGET | CLEAN, code=1012),
            *life(1.5, 2.0, Event.CLOSED_ON_US, code=1007),
            *life(2.5, 3.0, Event.VANISHED, cause=Cause.RESET),
            *life(3.5, 4.0, Event.DEAD, cause=Cause.NO_PONG),
            *life(4.5, 5.0, code=1000),
        ]
    )
    record = summarise_sockets(made)
    assert record is not None
    assert {name: failure.causes for name, failure in record.failures.items()} == {
        "never_opened": {"http_503": 1, "connect_refused": 1},
        "closed_on_us": {"1012": 1, "bad_text": 1},
        "vanished": {"reset": 1},
        "dead": {"no_pong": 1},
    }
    assert record.close_codes == {"target": {"1012": 1}, "us": {"1007": 1, "1000": 1}}
    assert (record.attempts, record.opened, record.finished, record.open_at_end) == (7, 5, 1, 0)


def test_what_is_open_at_the_end_is_censored_and_not_dropped() -> None:
    record = summarise_sockets(recorder([*life(1.0, None), *life(2.0, None), *life(3.0, 4.0)]))
    assert record is not None
    assert (record.open_at_end, record.open_max) == (2, 3)
    assert (record.lifetime_s.count, record.lifetime_s.unanswered) == (3, 2)
    assert record.lifetime_s.p50 is None  # most have not ended: nobody knows
    assert record.survival[-1] == (pytest.approx(9.0, rel=1e-3), 1.0)


def test_an_ending_after_the_window_is_none() -> None:
    record = summarise_sockets(recorder([*life(1.0, 10.5, Event.VANISHED, cause=Cause.RESET)]))
    assert record is not None
    assert (record.failures["vanished"].count, record.open_at_end) == (0, 1)


def test_the_warm_up_leaves_only_what_is_open_when_it_ends() -> None:
    record = summarise_sockets(
        recorder(
            [
                *life(-5.0, -1.0, Event.VANISHED, cause=Cause.RESET),
                *life(-4.0, 2.0, Event.DEAD, cause=Cause.NO_PONG),
                *life(-3.0, None),
                *life(1.0, None),
            ]
        )
    )
    assert record is not None
    assert (record.opened, record.open_at_start, record.open_at_end) == (1, 2, 2)
    assert (record.failures["vanished"].count, record.failures["dead"].count) == (0, 1)


def test_times_are_those_between_the_moments_they_are_named_after() -> None:
    made = recorder(
        [
            event(Event.OPENED, 1.0, due=0.5, began=0.7, middle=0.8),
            event(Event.FIRST_MESSAGE, 1.5, began=1.0),
            event(Event.ECHO, 3.0, due=2.0, began=2.5),
            event(Event.BROADCAST, 4.0, began=3.75),
            event(Event.RECOVERED, 6.0, began=4.0),
            event(Event.DEAD, 7.0, began=1.0, middle=6.5, cause=Cause.NO_PONG),
        ]
    )
    measured = {
        name: quantile(made.times(name), 0.5)
        for name in ("connect", "upgrade", "first_message", "echo", "broadcast", "recovered", "detection", "lifetime")
    }
    expected = [0.1, 0.2, 0.5, 1.0, 0.25, 2.0, 0.5, 6.0]
    assert list(measured.values()) == pytest.approx(expected, rel=1e-3)


def test_open_sockets_are_known_by_second_and_backend() -> None:
    made = recorder([*life(0.5, 2.5, backend=1), *life(0.6, None, backend=2), *life(1.5, None, backend=2)])
    table = open_sockets_table(made, lambda number: f"web-{number}")
    assert list(zip(table.numbers("time_s"), table.texts("backend"), table.numbers("open"), strict=True)) == [
        (0, "web-1", 1), (0, "web-2", 1), (1, "web-1", 1), (1, "web-2", 2), (2, "web-1", 0), (2, "web-2", 2),
    ]  # fmt: skip
    np.testing.assert_array_equal(sockets_table(made).numbers("open"), [2, 3, 2])


def test_messages_count_from_time_0_on_and_by_second() -> None:
    made = SocketRecorder(origin=ORIGIN, duration_s=10.0)
    for packed in life(0.5, 2.9):
        made.add(packed)
    for time_s, sent in ((-1.0, 5), (-0.1, 10), (0.5, 12), (1.9, 20), (2.4, 21)):
        made.count_messages(time_s, Messages(sent=sent, received=sent - 1, lost=1))
    made.close(10.0)
    assert (made.messages.sent, made.messages.received, made.messages.lost) == (11, 11, 0)
    np.testing.assert_array_equal(sockets_table(made).numbers("sent"), [2, 8, 1])


def test_a_run_without_sockets_has_no_part_for_them() -> None:
    assert summarise_sockets(None) is None
    assert summarise_sockets(recorder([])) is None


@st.composite
def lives(draw: st.DrawFn) -> list[bytes]:
    """Return events of up to 30 sockets, in the order in which they happen."""
    packed: list[tuple[float, bytes]] = []
    for _ in range(draw(st.integers(0, 30))):
        opened = draw(st.floats(-5, 12))
        ended = draw(st.none() | st.floats(0.001, 15).map(lambda age, opened=opened: opened + age))
        kind = draw(st.sampled_from(ENDINGS))
        backend = draw(st.integers(0, 3))
        code = 1000 if kind in (Event.FINISHED, Event.CLOSED_ON_US) else 0
        one_life = life(opened, ended, kind, backend=backend, code=code)
        packed.extend((float(np.frombuffer(one, SOCKET_FIELDS)["at"][0]), one) for one in one_life)
    return [one for _, one in sorted(packed, key=lambda pair: pair[0])]


@given(lives(), st.integers(1, 7))
def test_all_counts_add_up_however_events_are_cut_into_frames(events: list[bytes], block: int) -> None:
    frames = [b"".join(events[first : first + block]) for first in range(0, len(events), block)]
    made = recorder(frames)
    ended = sum(int(made.counts[kind]) for kind in ENDINGS)
    assert made.counts[Event.OPENED] + made.open_at_start == ended + made.open_at_end
    assert total(made.times("lifetime")) == ended + made.open_at_end
    assert sum(sum(codes.values()) for codes in made.close_codes.values()) == (
        made.counts[Event.FINISHED] + made.counts[Event.CLOSED_ON_US]
    )
    shares = [share for _, share in made.survival.curve()]
    assert shares == sorted(shares, reverse=True)
    if made.seconds:
        assert made.open_by_backend(10).sum(axis=1)[-1] == made.open_at_end
