"""What the shape of your traffic does to the shape of your system: load testing and traffic simulation.

Scenario files import from here: ``from loadsim import LoadUser, task``. Both come lazily, since Locust's import makes
the whole standard library cooperative, which only the load-generating process wants.
"""

from __future__ import annotations

from typing import Any

__all__ = ["LoadUser", "__version__", "task"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "LoadUser":
        from loadsim.engine.users import LoadUser

        return LoadUser
    if name == "task":
        from locust import task

        return task
    raise AttributeError(f"module 'loadsim' has no attribute '{name}'")
