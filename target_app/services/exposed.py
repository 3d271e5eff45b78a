"""The decorator of interface functions: other apps may call them, wherever they run."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, ParamSpec, TypeVar

from target_app.services.gather import gather
from target_app.services.operation import Call, Operation

P = ParamSpec("P")
R = TypeVar("R")


class Exposed(Generic[P, R]):
    """A function of an interface: called as it stands, or kept by :meth:`later` for a page that gathers many."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.operation = Operation.of(function)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Perform it now, here or elsewhere, and return its result or raise its refusal."""
        result: R
        (result,) = gather(self.later(*args, **kwargs))
        return result

    def later(self, *args: P.args, **kwargs: P.kwargs) -> Call[R]:
        """Return the call, for :func:`~target_app.services.gather.gather`."""
        return self.operation.call(*args, **kwargs)


def exposed(function: Callable[P, R]) -> Exposed[P, R]:
    """Mark a function of an interface module: other apps may call it, and its calls are counted."""
    return Exposed(function)
