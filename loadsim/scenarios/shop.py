"""What visitors do at the bundled target, a shop: the one place that knows its paths.

Popularity of items is Zipf with exponent 0.99, as in YCSB (Cooper et al., "Benchmarking cloud serving systems with
YCSB", SoCC 2010). Visitors are light, or heavy: a few per cent, who export. Each is one of the users, and says so in
every request (``X-User``, ``X-User-Class``): a balancer may go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from loadsim.engine.response import CaughtResponse
from loadsim.engine.users import LoadUser
from loadsim.randomness import Zipf

ITEMS = 1000
USERS = 200
PAGES = 50

_POPULARITY = Zipf(ITEMS, 0.99)


class ShopVisitor(LoadUser):
    """A visitor of the shop; scenarios say how often each of these things is done."""

    abstract = True
    visitor_classes: ClassVar[Mapping[str, float]] = {"light": 0.97, "heavy": 0.03}

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._begin_client = self.begin_visit
        self.begin_visit = self._introduce  # type: ignore[method-assign] # as the parent has done

    def _introduce(self) -> None:
        self._begin_client()
        self.user = 1 + self.draws.below(USERS)
        self.client.headers.update({"X-User": str(self.user), "X-User-Class": self.visitor})

    def item(self) -> int:
        """Return an item's id: the lower, the more popular."""
        return 1 + self.draws.zipf(_POPULARITY)

    def see_home(self) -> None:
        """Open the first page."""
        self.client.get("/")

    def list_items(self) -> None:
        """Leaf through the catalogue; early pages more than late ones."""
        page = 1 + int(PAGES * self.draws.uniform() ** 2)
        self.client.get(f"/items?page={page}", name="/items")

    def see_item(self) -> None:
        """Open an item's page."""
        self.client.get(f"/items/{self.item()}", name="/items/:id")

    def see_thumbnail(self) -> None:
        """Load a picture."""
        self.client.get(f"/images/{self.item()}/thumbnail?size=64", name="/images/:id/thumbnail")

    def read_comments(self) -> None:
        """Read what others say of an item."""
        self.client.get(f"/api/items/{self.item()}/comments", name="/api/items/:id/comments")

    def comment(self) -> None:
        """Write about an item."""
        body = {"user": self.user, "text": "As described, and quick to arrive."}
        self.client.post(f"/api/items/{self.item()}/comments", json=body, name="/api/items/:id/comments")

    def order(self) -> None:
        """Buy one of an item; sold out and declined are answers, not failures."""
        body = {"user": self.user, "item": self.item(), "quantity": 1}
        with self.client.post("/api/orders", json=body, name="/api/orders", catch_response=True) as response:
            if isinstance(response, CaughtResponse) and response.status_code in (402, 409):
                response.success()

    def export(self) -> None:
        """Ask for everything at once, as only heavy visitors do."""
        self.client.get(f"/export?user={self.user}", name="/export")
