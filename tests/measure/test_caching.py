"""What answers say of caches: which were hits, how old they were, by route and by second."""

from __future__ import annotations

import pytest

from loadsim.measure.caching import ENTRY, MAX_VALUE_BYTES, Caching, Second, parse
from loadsim.measure.histogram import maximum, total
from loadsim.measure.sample import ROUTE_SHIFT


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (b"Cache-Status: web-1; hit; ttl=4\nAge: 1", (True, 1)),
        (b"Cache-Status: web-1; fwd=uri-miss; stored", (False, None)),
        (b"Cache-Status: web-1; fwd=stale", (False, None)),
        (b"cache-status: Origin; fwd=miss, Edge; hit", (True, None)),
        (b"cache-status: Origin; hit, Edge; fwd=miss", (True, None)),
        (b"X-Cache: HIT", (True, None)),
        (b"X-Cache: Hit from cloudfront\nAge: 61", (True, 61)),
        (b"X-Cache: TCP_MEM_HIT", (True, None)),
        (b"X-Cache: MISS, MISS", (False, None)),
        (b"X-Cache: MISS, HIT\nage: 7", (True, 7)),
        (b"X-Cache-Status: STALE", (True, None)),
        (b"X-Cache-Status: EXPIRED", (False, None)),
        (b"CF-Cache-Status: DYNAMIC", (False, None)),
        (b"Age: 12", (True, 12)),
        (b"Age: 0", (True, 0)),
        (b"X-Cache: MISS\nAge: 0", (False, None)),
        (b"X-Cache: MISS\nAge: 9", (True, 9)),
        (b"Age: soon", None),
        (b"Age: -1", None),
        (b"Age: 99999999999999999999", None),
        (b"Age: ", None),
        (b"", None),
    ],
)
def test_an_answer_says_whether_a_cache_served_it_and_how_old_it_is(
    fields: bytes, told: tuple[bool, int | None] | None
) -> None:
    assert parse(fields) == told


def frame(*answers: tuple[float, int, bytes]) -> bytes:
    packed = (ENTRY.pack(due, route << ROUTE_SHIFT | 7, len(fields)) + fields for due, route, fields in answers)
    return b"".join(packed)


def test_hits_are_counted_by_route_and_by_second_with_their_ages() -> None:
    caching = Caching(100.0, 10.0)
    caching.add(
        frame(
            (100.5, 1, b"X-Cache: MISS"),
            (100.9, 1, b"X-Cache: HIT\nAge: 3"),
            (102.0, 2, b"X-Cache: HIT\nAge: 5"),
            (102.1, 2, b"X-Cache: HIT"),
            (102.2, 2, b"Age: nonsense"),
        )
    )
    tallies = {route: (tally.answers, tally.hits) for route, tally in caching.by_route.items()}
    assert tallies == {1: (2, 1), 2: (2, 2)}
    assert (caching.all.answers, caching.all.hits, total(caching.all.ages)) == (4, 3, 2)
    assert maximum(caching.all.ages) == pytest.approx(5, rel=1e-3)
    assert caching.by_second == {0: Second(1, 1, 1, 3), 2: Second(0, 2, 1, 5)}


def test_what_was_not_due_in_the_measured_window_is_left_out() -> None:
    caching = Caching(100.0, 10.0)
    caching.add(frame((99.9, 1, b"X-Cache: HIT"), (110.0, 1, b"X-Cache: HIT")))
    assert caching.all.answers == 0


def test_an_age_of_many_years_takes_no_memory() -> None:
    caching = Caching(0.0, 10.0)
    caching.add(frame((1.0, 1, b"Age: 999999999")))
    assert caching.by_second[1].age_s == 999_999_999
    assert MAX_VALUE_BYTES < 1 << 16, "its length fits its place"
