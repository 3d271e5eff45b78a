"""Scenarios for ``layers.py``: one GET an iteration, with parts of the engine switched off. Each class is one layer."""

from __future__ import annotations

from typing import Any

from loadsim import LoadUser, task
from loadsim.engine.samples import Outbox, SampleWriter
from loadsim.wire import Kind

_send = Outbox.send


class get(LoadUser):  # noqa: N801 - the name of a layer
    """The whole engine."""

    @task
    def once(self) -> None:
        """Send one request."""
        self.client.get("/items/12345", name="/items/:id")


class get_without_pipe(get):  # noqa: N801
    """Samples are packed into blocks, which are thrown away."""

    def __init__(self, environment: Any) -> None:
        Outbox.send = lambda box, kind, data: kind == Kind.SAMPLES or _send(box, kind, data)  # type: ignore[method-assign]
        super().__init__(environment)


class get_without_samples(get):  # noqa: N801
    """Samples are not even packed."""

    def __init__(self, environment: Any) -> None:
        SampleWriter.request = SampleWriter.iteration = lambda *_: None  # type: ignore[method-assign,assignment]
        super().__init__(environment)


class nothing(LoadUser):  # noqa: N801
    """An arrival is served by doing nothing."""

    @task
    def once(self) -> None:
        """Return."""
