"""Locust's FastHttpUser as Locust runs it: ``fast_http_user.py URL SECONDS USERS [THROUGHPUT]``; prints JSON.

Without THROUGHPUT a closed loop without think time. Times come from Locust's own request event, unrounded.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter

import gevent
import locust
from locust.env import Environment

url, seconds, users = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
pace = locust.constant_throughput(float(sys.argv[4])) if len(sys.argv) > 4 else locust.constant(0)


class Visitor(locust.FastHttpUser):
    """Asks for the same thing over and over."""

    host = url
    wait_time = pace

    @locust.task
    def get(self) -> None:
        """Send one request."""
        self.client.get("/items/1")


def main() -> None:
    """Run, and say what was seen after all users were there."""
    environment = Environment(user_classes=[Visitor])
    runner = environment.create_local_runner()
    times: list[float] = []
    if len(sys.argv) > 4:  # only where times are asked for: a listener costs speed
        environment.events.request.add_listener(lambda response_time, **_: times.append(response_time))
    runner.start(users, spawn_rate=users)
    while runner.user_count < users:
        gevent.sleep(0.05)
    times.clear()
    before, began = environment.stats.total.num_requests, perf_counter()
    gevent.sleep(seconds)
    count, took = environment.stats.total.num_requests - before, perf_counter() - began
    runner.quit()
    times.sort()
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}
    found = {name: times[int(share * (len(times) - 1))] for name, share in shares.items()} if times else {}
    print(json.dumps({"rate": count / took, **found}))


main()
