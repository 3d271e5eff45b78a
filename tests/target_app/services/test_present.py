from __future__ import annotations

import math
import time

import pytest

from target_app.services.present import Present


def _left_s(**environ: str) -> float:
    present = Present()
    present.begin(environ, waited_s=2.0, longest_s=30.0)
    return present.deadline - time.monotonic()


def test_a_request_has_the_longest_time_less_what_it_has_waited() -> None:
    assert _left_s() == pytest.approx(28, abs=0.5)


@pytest.mark.parametrize(("told", "left_s"), [("5", 3), ("100", 28), ("0", -2), ("-1", 28), ("nan", 28), ("soon", 28)])
def test_a_call_has_what_is_left_to_its_caller_at_most(told: str, left_s: float) -> None:
    assert _left_s(HTTP_X_TIME_LEFT=told) == pytest.approx(left_s, abs=0.5)


def test_what_a_balancer_chooses_by_is_carried_on_and_nothing_of_the_request_before() -> None:
    present = Present()
    assert present.deadline == math.inf
    present.begin({"HTTP_X_USER": "7", "HTTP_COOKIE": "a=b"}, 0, 30)
    assert present.headers == {"X-User": "7"}
    present.begin({}, 0, 30)
    assert present.headers == {}
