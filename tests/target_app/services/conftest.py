from __future__ import annotations

from importlib import import_module

import pytest


@pytest.fixture(autouse=True)
def _interfaces(application: object) -> None:
    """Declare what the interfaces offer, as the application does at its first request."""
    import_module("target_app.urls")
