"""One function of an interface as a value, a call of it, and calls and their results in JSON.

A request is a list of calls, ``[["inventory.item", [5]], ["inventory.stock", [5]]]``, its answer the list of their
results, each of the type that the function declares.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec

from target_app.errors import BadInput

R = TypeVar("R")
OPERATIONS: dict[str, Operation[Any]] = {}
"""Every operation by its name, once the interface that declares it is imported."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Generic[R]):
    """A function of the interface of ``app``, with the types of its arguments and of its result."""

    app: str
    name: str
    function: Callable[..., R]
    signature: inspect.Signature
    arguments_type: Any
    result_type: Any

    @classmethod
    def of(cls, function: Callable[..., R]) -> Operation[R]:
        """Describe ``function`` of a module ``target_app.APP.interface``, all of whose annotations are known by now."""
        app = function.__module__.split(".")[-2]
        hints = get_type_hints(function)
        result = hints.pop("return")
        arguments = tuple.__class_getitem__(tuple(hints.values()))
        name = f"{app}.{function.__name__}"
        operation = cls(app, name, function, inspect.signature(function), arguments, result)
        OPERATIONS[name] = operation
        return operation

    def call(self, *args: Any, **kwargs: Any) -> Call[R]:
        """Return a call with these arguments, the defaults filled in."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return Call(self, tuple(bound.arguments.values()))


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """An operation with its arguments, in the order of its signature."""

    operation: Operation[R]
    arguments: tuple[Any, ...]

    def perform(self) -> R:
        """Do it in this process."""
        return self.operation.function(*self.arguments)


def encode_calls(calls: Sequence[Call[Any]]) -> bytes:
    """Write calls as the body of a request."""
    return msgspec.json.encode([(call.operation.name, call.arguments) for call in calls])


def decode_calls(body: bytes) -> list[Call[Any]]:
    """Read what :func:`encode_calls` wrote; raise BadInput for anything else."""
    try:
        named = msgspec.json.decode(body, type=list[tuple[str, msgspec.Raw]])
        return [_call(OPERATIONS[name], arguments) for name, arguments in named]
    except KeyError as error:
        raise BadInput(f"there is no operation {error}") from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"these are no calls: {error}") from None


def _call(operation: Operation[R], arguments: msgspec.Raw) -> Call[R]:
    return Call(operation, msgspec.json.decode(arguments, type=operation.arguments_type))


def encode_results(results: Sequence[Any]) -> bytes:
    """Write results as the body of an answer."""
    return msgspec.json.encode(results)


def decode_results(body: bytes, calls: Sequence[Call[Any]]) -> list[Any]:
    """Read what :func:`encode_results` wrote for ``calls``; raise MsgspecError or ValueError for anything else."""
    results = msgspec.json.decode(body, type=list[msgspec.Raw])
    return [
        msgspec.json.decode(result, type=call.operation.result_type)
        for result, call in zip(results, calls, strict=True)
    ]
