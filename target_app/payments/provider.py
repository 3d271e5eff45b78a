"""The payment provider, a company elsewhere: it takes its time, and may say no.

Its wait is log-normal, the usual first model of a remote service's response time: most answers come near the median,
some take several times as long. Both wait and answer follow from the seed and the order's id, so they repeat.
"""

from __future__ import annotations

import math
import random
import time

from target_app.config import Config
from target_app.timing import span


def wait_and_answer(config: Config, order_id: int) -> tuple[float, bool]:
    """Return how long the provider takes over this order in seconds, and whether it accepts."""
    draw = random.Random(f"{config.seed}:{order_id}")  # noqa: S311 - a model, not a secret
    wait_s = (
        draw.lognormvariate(math.log(config.payment_median_s), config.payment_sigma) if config.payment_median_s else 0
    )
    return wait_s, draw.random() >= config.decline_share


def charge(config: Config, order_id: int) -> bool:
    """Wait as the provider would, and return whether it accepts the payment."""
    wait_s, accepted = wait_and_answer(config, order_id)
    with span("provider"):
        time.sleep(wait_s)
    return accepted
