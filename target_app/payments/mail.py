"""The mail that confirms a payment: handed to a mail server elsewhere, which takes its time.

As the provider's (:mod:`target_app.payments.provider`), that time is log-normal and follows from the seed and the
order's id.
"""

from __future__ import annotations

import math
import random
import time

from target_app.config import Config
from target_app.timing import span


def sending_s(config: Config, order_id: int) -> float:
    """Return how long sending the mail about this order takes, in seconds."""
    if not config.confirmation_median_s:
        return 0.0
    draw = random.Random(f"{config.seed}:mail:{order_id}")  # noqa: S311 - a model, not a secret
    return draw.lognormvariate(math.log(config.confirmation_median_s), config.confirmation_sigma)


def send(config: Config, order_id: int) -> None:
    """Wait as the mail server would."""
    with span("confirmation"):
        time.sleep(sending_s(config, order_id))
