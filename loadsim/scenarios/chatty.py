"""Two ways to gather a page: the browser makes some 20 calls, or the server does.

Source: HTTP Archive, "State of the Web": the median page makes about 70 requests, of which some 20 go to its own
origin for data and images.
"""

from __future__ import annotations

from locust import task

from loadsim.scenarios.shop import ShopVisitor

CALLS = 20


class Visitor(ShopVisitor):
    """One page an arrival, gathered either way, half of them each."""

    @task
    def page_whose_browser_calls(self) -> None:
        """Open the first page, then ask for each item's data and picture, one call after another."""
        self.see_home()
        for number in range(CALLS - 1):
            item = self.item()
            if number % 2:
                self.client.get(f"/images/{item}/thumbnail?size=64", name="/images/:id/thumbnail")
            else:
                self.client.get(f"/api/items/{item}", name="/api/items/:id")

    @task
    def page_whose_server_calls(self) -> None:
        """Open the page for which the server makes the calls itself."""
        self.client.get(f"/dashboard?user={self.user}", name="/dashboard")
