"""What came back over a socket, checked without any socket."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.ledger import LOST_AFTER_S, MAX_MISSING, Ledger, Letter, Tally
from loadsim.measure.socket_event import Event


class Book:
    """A ledger, and what it reported."""

    def __init__(self, text: str | None = None) -> None:
        self.tally = Tally()
        self.events: list[tuple[Event, float, float, float]] = []
        self._letter = Letter(text) if text else None
        self.ledger = Ledger(self.tally, self._record, self._letter)

    def _record(self, *event: float) -> None:
        self.events.append(event)  # type: ignore[arg-type] # what a ledger reports

    def turn_page(self) -> None:
        """Begin the ledger of the visitor's next socket."""
        self.ledger = Ledger(self.tally, self._record, self._letter, follows=self.ledger)

    @property
    def gap(self) -> tuple[int, int, int, int]:
        return (self.tally.missed, self.tally.recovered, self.tally.lost, self.tally.duplicated)


def feed(number: int, sent: float = 0.0, payload: str = "price 12", mark: str = "loadsim-feed") -> str:
    return f"{mark} {number} {sent} {zlib.crc32(payload.encode()):x} {payload}"


def again(number: int) -> str:
    return feed(number, mark="loadsim-missed")


def test_an_echo_counts_from_when_its_message_was_due() -> None:
    book = Book("hello")
    assert book.ledger.next_message(due=10.0) == "hello"
    book.ledger.take("hello", 10.25)
    assert book.events == [(Event.ECHO, 10.0, 10.0, 10.25)]
    assert book.tally.checked


def test_numbered_messages_are_told_apart() -> None:
    book = Book("no {n}!")
    texts = [book.ledger.next_message(float(due)) for due in range(3)]
    assert texts == ["no 1!", "no 2!", "no 3!"]
    for text, at in (("no 3!", 3.0), ("no 1!", 3.1), ("no 1!", 3.2), ("no 9!", 3.3)):
        book.ledger.take(text, at)
    assert [event[1] for event in book.events] == [2.0, 0.0]
    assert (book.tally.out_of_order, book.tally.duplicated, book.tally.corrupt) == (1, 1, 1)


def test_a_lost_message_does_not_put_the_later_ones_out_of_order() -> None:
    book = Book("{n}")
    for due in range(4):
        book.ledger.next_message(float(due))
    for number in (1, 3, 4):
        book.ledger.take(str(number), 4.0)
    book.ledger.close(100.0, failed=False)
    assert (book.tally.lost, book.tally.out_of_order) == (1, 0)


def test_what_was_on_its_way_when_we_closed_is_lost_only_if_it_was_old_or_the_socket_failed() -> None:
    for failed, lost, unanswered in ((False, 1, 1), (True, 2, 0)):
        book = Book("x")
        book.ledger.next_message(0.0)
        book.ledger.next_message(LOST_AFTER_S)
        book.ledger.close(LOST_AFTER_S + 0.1, failed=failed)
        assert (book.tally.lost, book.tally.unanswered) == (lost, unanswered)


def test_memory_stays_bounded_for_a_target_that_never_answers() -> None:
    book = Book("x")
    for due in range(3 * MAX_MISSING):
        book.ledger.next_message(float(due))
    assert book.tally.lost == 2 * MAX_MISSING
    assert not book.tally.checked


@pytest.mark.parametrize("message", ["hullo", "hell", b"hello", "hello ", ""])
def test_what_is_not_ours_is_only_counted_elsewhere(message: str | bytes) -> None:
    book = Book("hello")
    book.ledger.next_message(0.0)
    book.ledger.take(message, 1.0)
    assert (book.events, book.tally.checked) == ([], False)


def test_a_late_message_is_counted_and_still_measured() -> None:
    book = Book("hello")
    book.ledger.next_message(0.0)
    book.ledger.take("hello", 1.5)
    book.ledger.take(feed(1, sent=0.0), 1.5)
    assert book.tally.late == 2
    assert len(book.events) == 2


@pytest.mark.parametrize(
    "text", ["loadsim-feed ", "loadsim-feed x y z w", "loadsim-feed 1 2", feed(1)[:-1], feed(1) + "!"]
)
def test_a_damaged_feed_message_is_corrupt(text: str) -> None:
    book = Book()
    book.ledger.take(text, 0.0)
    assert book.tally.corrupt == 1


def test_a_feed_may_be_joined_anywhere() -> None:
    book = Book()
    book.ledger.take(feed(1_000_000), 0.0)
    book.ledger.take(feed(1_000_001), 0.0)
    assert book.tally == Tally(checked=True)


@given(st.integers(1, 60), st.randoms(use_true_random=False), st.floats(0, 0.5), st.floats(0, 0.5))
def test_losses_and_doubles_of_a_shuffled_feed_are_counted_exactly(
    count: int, chance: random.Random, loss: float, doubling: float
) -> None:
    """Whatever comes in whatever order after the first: lost is what never came, doubles are what came again."""
    arriving = [number for number in range(2, count + 1) if chance.random() >= loss]
    doubles = [number for number in arriving if chance.random() < doubling]
    sequence = arriving + doubles
    chance.shuffle(sequence)
    book = Book()
    for number in (1, *sequence):
        book.ledger.take(feed(number), 0.0)
    highest = max([1, *arriving])
    assert book.tally.lost == highest - 1 - len(arriving)
    assert book.tally.duplicated == len(doubles)
    assert len(book.events) == 1 + len(arriving)


def came(book: Book, *messages: str) -> None:
    for message in messages:
        book.ledger.take(message, 1.0)


def test_what_was_sent_between_two_sockets_is_missed_and_not_lost() -> None:
    book = Book()
    came(book, feed(1), feed(2))
    book.turn_page()
    came(book, feed(6), feed(8))
    assert book.gap == (3, 0, 1, 0)  # 3, 4 and 5 were missed; 7 was lost


@pytest.mark.parametrize("order", ["before", "after"])
def test_what_was_missed_is_recovered_whether_it_is_sent_again_before_the_feed_goes_on_or_after(order: str) -> None:
    book = Book()
    came(book, feed(1))
    book.turn_page()
    missed, new = [again(2), again(3), again(4)], [feed(5), feed(6)]
    came(book, *(missed + new if order == "before" else new + missed))
    assert book.gap == (3, 3, 0, 0)
    assert len(book.events) == 3, "what is sent again is no broadcast, and is not late"


def test_a_message_that_was_just_new_when_it_was_read_is_heard_and_not_missed() -> None:
    book = Book()
    came(book, feed(1))
    book.turn_page()
    came(book, again(2), again(3), feed(3), feed(4))
    assert book.gap == (1, 1, 0, 0)
    came(book, feed(4))
    assert book.gap == (1, 1, 0, 1)


def test_of_a_history_that_is_too_short_only_the_rest_is_recovered() -> None:
    book = Book()
    came(book, feed(1))
    book.turn_page()
    came(book, again(5), again(6), feed(7))
    assert book.gap == (5, 2, 0, 0)


def test_a_feed_of_which_only_the_place_is_known_goes_on_from_there() -> None:
    book = Book()
    book.ledger.begin_after(10)
    came(book, feed(12))
    assert (book.ledger.newest, book.gap) == (12, (0, 0, 1, 0))
