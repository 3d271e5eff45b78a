"""Ordering: half of the requests write.

Sources: YCSB workload A (50 % reads, 50 % updates, Zipf); TPC-W's ordering mix (50 % browse, 50 % order).
"""

from __future__ import annotations

from locust import task

from loadsim.scenarios.shop import ShopVisitor


class Visitor(ShopVisitor):
    """One request an arrival: as many writes as reads; heavy visitors export instead of reading."""

    @task(50)
    def read(self) -> None:
        """Look at an item, or export."""
        if self.visitor == "heavy":
            self.export()
        else:
            self.see_item()

    @task(25)
    def write_comment(self) -> None:
        """Leave a comment."""
        self.comment()

    @task(25)
    def buy(self) -> None:
        """Order an item."""
        self.order()
