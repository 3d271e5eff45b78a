"""A ticket onsale: most look at one thing and some buy it, all at the same moment.

Sources: Jung, Krishnamurthy, Rabinovich, "Flash crowds and denial of service attacks", WWW 2002 (tenfold to
hundredfold peaks within minutes); TPC-W's shopping mix (80 % browse, 20 % order).
"""

from __future__ import annotations

from locust import task

from loadsim.scenarios.shop import ShopVisitor


class Visitor(ShopVisitor):
    """One request an arrival: 80 of 100 look, 20 buy; heavy visitors export meanwhile."""

    @task(60)
    def look(self) -> None:
        """Look at an item, or export."""
        if self.visitor == "heavy":
            self.export()
        else:
            self.see_item()

    @task(20)
    def leaf(self) -> None:
        """Leaf through the catalogue."""
        self.list_items()

    @task(20)
    def buy(self) -> None:
        """Order an item."""
        self.order()
