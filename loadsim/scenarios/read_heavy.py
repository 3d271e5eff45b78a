"""Browsing: 95 % of requests read.

Sources: YCSB workload B (95 % reads, 5 % updates, Zipf); TPC-W's browsing mix (95 % browse, 5 % order).
"""

from __future__ import annotations

from locust import task

from loadsim.scenarios.shop import ShopVisitor


class Visitor(ShopVisitor):
    """One request an arrival: 95 of 100 read, 5 write; heavy visitors export."""

    @task(95)
    def read(self) -> None:
        """Look at something."""
        if self.visitor == "heavy":
            self.export()
            return
        deeds = (self.see_item, self.see_item, self.list_items, self.see_thumbnail, self.read_comments, self.see_home)
        self.draws.choice(deeds)()

    @task(3)
    def write_comment(self) -> None:
        """Leave a comment."""
        self.comment()

    @task(2)
    def buy(self) -> None:
        """Order an item."""
        self.order()
