"""The scenario of ``memory.py``: 200 routes over 64 backends, evenly."""

from __future__ import annotations

from loadsim import LoadUser, task

ROUTES, BACKENDS = 200, 64


class Wide(LoadUser):
    """Asks any backend for any route."""

    @task
    def anything(self) -> None:
        """Send one request, with a query and a body to read."""
        route, backend = self.draws.below(ROUTES), self.draws.below(BACKENDS)
        self.client.get(f"/backend/{backend}/{route}?page=1", name=f"/backend/:id/{route}").json()
