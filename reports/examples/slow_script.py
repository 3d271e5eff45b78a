"""A load script that is itself the bottleneck: before each request it computes for 20 ms on the generator's core."""

from time import perf_counter

from loadsim import LoadUser, task


class Thinker(LoadUser):
    """Fifty of these a second are all that one core can start."""

    @task
    def compute_and_ask(self) -> None:
        """Keep the core busy, then ask."""
        until = perf_counter() + 0.02
        while perf_counter() < until:
            pass
        self.client.get("/items/7", name="/items/:id")
