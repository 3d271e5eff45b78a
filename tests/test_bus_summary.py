"""What both ends counted on the bus, held against each other."""

from __future__ import annotations

from loadsim.bus_summary import summarise_bus


def test_missing_calls_that_neither_end_knows_of_have_vanished() -> None:
    counts = {"calls": 100, "answered": 80, "full": 2, "unreachable": 1, "missing": 17, "taken": 95, "served": 88}
    calls = summarise_bus({**counts, "expired": 5, "unanswered": 1, "too_late": 8}, 2, 0, []).calls
    assert calls.sent == calls.answered + calls.refused + calls.unreachable + calls.missing
    assert calls.vanished == 17 - 5 - 1 - 8 - 2


def test_a_reply_that_came_too_late_for_a_process_that_ended_makes_nothing_negative() -> None:
    assert summarise_bus({"calls": 1, "missing": 1, "expired": 1, "too_late": 1}, 0, 0, []).calls.vanished == 0


def test_jobs_end_in_one_of_five_ways_and_their_times_are_a_distribution() -> None:
    counts = {"jobs": 10, "jobs_refused": 1, "jobs_taken": 6, "jobs_done": 4, "jobs_failed": 1}
    jobs = summarise_bus(counts, 0, 2, [0.1, 0.2, 0.2, 4.0]).jobs
    assert jobs.sent == jobs.refused + jobs.done + jobs.failed + jobs.waiting + jobs.vanished
    assert jobs.vanished == 2
    assert jobs.done_after_s.count == 4
    assert jobs.done_after_s.p50 is not None
    assert abs(jobs.done_after_s.p50 - 0.2) < 0.001


def test_without_jobs_their_times_are_unknown() -> None:
    assert summarise_bus({}, 0, 0, []).jobs.done_after_s.p50 is None
