"""The scenario of the benchmarks: a Locust user with three tasks, ids by popularity, a check of an answer's JSON."""

from __future__ import annotations

from loadsim import LoadUser, task
from loadsim.randomness import Zipf

ITEMS = Zipf(10_000, 1.1)


class Shop(LoadUser):
    """Six of ten visitors look at an item, three at a list, one orders."""

    @task(6)
    def item(self) -> None:
        """Look at one item."""
        self.client.get(f"/items/{self.draws.zipf(ITEMS)}", name="/items/:id")

    @task(3)
    def listing(self) -> None:
        """Look at one page of the list."""
        self.client.get(f"/items?page={self.draws.zipf(ITEMS) % 50}", name="/items")

    @task(1)
    def order(self) -> None:
        """Order an item, and look whether there was one."""
        with self.client.post(
            "/orders", json={"item": self.draws.zipf(ITEMS)}, name="/orders", catch_response=True
        ) as response:
            if response.json()["stock"] < 1:
                response.failure("sold out")
