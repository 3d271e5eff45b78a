"""Those who count where requests went, and what is said where they do not agree."""

from __future__ import annotations

import pytest

from loadsim.experiment.answers import Answers
from loadsim.experiment.witnesses import SERVERS, differences, sent_and_answered
from loadsim.measure.sample import BACKEND_SHIFT, ITERATION, REQUEST, ROUTE_SHIFT

BEFORE, AFTER = {"web-1": 1, "web-2": 0}, {"web-1": 11, "web-2": 9}
"""Ten and nine requests."""


def said(*seen: int, unnamed: int = 0, unseen: int | None = 0, after: dict[str, int] | None = AFTER) -> list[str]:
    return differences(BEFORE, after, dict(zip(BEFORE, seen, strict=True)), unnamed=unnamed, unseen=unseen)


def sample(backend: int) -> bytes:
    return REQUEST.pack(3 << ROUTE_SHIFT | backend << BACKEND_SHIFT, 1.0, 1.0, 1.1, 10, 5)


def test_answers_are_counted_by_backend_and_iterations_are_none() -> None:
    answers = Answers()
    answers.add(sample(1) + sample(2) + ITERATION.pack(0, 1.0, 1.0, 1.1, 0.0, 0.0) + sample(2))
    answers.add(sample(0) + sample(2))
    assert answers.by_backend(["web-1", "web-2", "web-3"]) == {"web-1": 1, "web-2": 3, "web-3": 0}
    assert answers.unnamed == 1


def test_witnesses_that_agree_give_nothing_to_say() -> None:
    assert said(10, 9) == []
    assert said(10, 8, unseen=1) == []
    assert said(10, 6, unnamed=2, unseen=1) == []


def test_a_backend_that_answered_more_than_it_got_spoils_the_balance() -> None:
    (sentence,) = said(12, 7)
    assert "web-1 answered 12 requests by the client's count and got 10 by the balancer's" in sentence


def test_requests_of_somebody_else_are_noticed() -> None:
    (sentence,) = said(4, 5, unnamed=2, unseen=1)
    assert "sent 19 requests to the servers, 7 more than the client knows of" in sentence


def test_where_nobody_knows_what_else_was_sent_a_surplus_proves_nothing() -> None:
    assert said(4, 5, unseen=None) == []
    assert len(said(11, 5, unseen=None)) == 1


@pytest.mark.parametrize("after", [None, {"web-1": 0, "web-2": 3}])
def test_a_balancer_that_is_gone_or_began_anew_is_no_witness(after: dict[str, int] | None) -> None:
    assert said(10, 9, after=after) == []


def test_a_server_s_own_count_is_held_against_the_client_s_too() -> None:
    def said_by_servers(*seen: int) -> list[str]:
        answers = dict(zip(BEFORE, seen, strict=True))
        return differences(BEFORE, AFTER, answers, unnamed=0, unseen=0, by=SERVERS)

    assert said_by_servers(10, 9) == []
    (sentence,) = said_by_servers(12, 7)
    assert "web-1 answered 12 requests by the client's count and got 10 by its own" in sentence
    (sentence,) = said_by_servers(4, 5)
    assert "the servers answered 19 requests by their own counts, 10 more than the client knows of" in sentence


def test_requests_past_the_balancer_and_those_lost_behind_it_are_noticed() -> None:
    assert sent_and_answered(19, 19, unanswered=0) == []
    assert sent_and_answered(19, 17, unanswered=2) == []
    (sentence,) = sent_and_answered(19, 20, unanswered=0)
    assert sentence.endswith("they answered 20 by their own counts: somebody reaches them past the balancer")
    (sentence,) = sent_and_answered(19, 16, unanswered=2)
    assert sentence.endswith("they answered 16 by their own counts: 3 were lost in between")


@pytest.mark.parametrize("unknown", [(None, 5), (5, None)])
def test_where_one_is_silent_nothing_is_said(unknown: tuple[int | None, int | None]) -> None:
    assert sent_and_answered(*unknown, unanswered=0) == []
