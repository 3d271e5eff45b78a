from __future__ import annotations

import math
import statistics

import pytest

from target_app.config import Config
from target_app.payments.provider import wait_and_answer


def test_waits_are_log_normal_with_the_median_and_spread_that_are_set() -> None:
    config = Config(payment_median_s=0.04, payment_sigma=0.5)
    logarithms = [math.log(wait_and_answer(config, order)[0]) for order in range(4000)]
    # Standard errors: sigma / sqrt(n) for the mean, sigma / sqrt(2 n) for the deviation; four of each.
    assert statistics.fmean(logarithms) == pytest.approx(math.log(0.04), abs=4 * 0.5 / math.sqrt(4000))
    assert statistics.stdev(logarithms) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(8000))


def test_the_same_order_waits_as_long_and_gets_the_same_answer_again() -> None:
    config = Config(seed=3, decline_share=0.5)
    assert wait_and_answer(config, 17) == wait_and_answer(config, 17)
    assert wait_and_answer(config, 17) != wait_and_answer(Config(seed=4, decline_share=0.5), 17)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_declined_payments_is_the_one_that_is_set(share: float) -> None:
    declined = sum(not wait_and_answer(Config(decline_share=share), order)[1] for order in range(2000)) / 2000
    assert declined == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 2000))


def test_a_median_of_zero_is_no_wait() -> None:
    assert wait_and_answer(Config(payment_median_s=0), 1)[0] == 0
