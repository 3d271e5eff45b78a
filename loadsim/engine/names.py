"""Names that strangers choose (paths, header values), numbered in order of appearance, bounded in number and length."""

from __future__ import annotations

from collections.abc import Iterator

from loadsim.measure.sample import BACKEND_SHIFT, MAX_BACKENDS, MAX_ROUTES, OTHER, ROUTE_SHIFT
from loadsim.redact import plain_text

MAX_BACKEND_CHARS = 64
MAX_ROUTE_CHARS = 200
_MAX_ALIASES = 2048
"""How many spellings (paths with queries, raw header values) are remembered beside the names they stand for."""
printable = plain_text
"""Text on one line of at most so many characters, everything unprintable as its escape."""


class Names:
    """Name -> number, from 1; beyond ``limit`` names all others share the number of ``OTHER``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._numbers: dict[str, int] = {}
        self._asked = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def number(self, name: str) -> int:
        """Return the number of ``name``, a new one if it was never seen and there is room."""
        number = self._numbers.get(name)
        if number is not None:
            return number
        if len(self._numbers) >= self._limit:
            return self._numbers.setdefault(OTHER, self._limit + 1)
        self._numbers[name] = len(self._numbers) + 1
        return len(self._numbers)

    def fresh(self) -> tuple[str, ...]:
        """Return the names added since this was last called, in order of their numbers."""
        names = tuple(self._numbers)[self._asked :]
        self._asked += len(names)
        return names


class Routes(dict[str, int]):
    """Path or given name -> route number, already shifted into its place in a sample's key; one table a method.

    A path stands without its query and fragment, where tokens live.
    """

    def __init__(self, method: str, names: Names) -> None:
        self._method = method
        self._names = names

    def __missing__(self, name: str) -> int:
        path = name.partition("?")[0].partition("#")[0]
        number = self._names.number(printable(f"{self._method} {path}", MAX_ROUTE_CHARS)) << ROUTE_SHIFT
        if len(self) < _MAX_ALIASES:
            self[name] = number
        return number


class Backends(dict[bytes, int]):
    """Raw header value -> backend number, already shifted into its place in a sample's key; 0 is no backend's."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def __missing__(self, value: bytes) -> int:
        name = printable(value.decode("latin-1").strip(), MAX_BACKEND_CHARS)
        number = self._names.number(name) << BACKEND_SHIFT if name else 0
        if len(self) < _MAX_ALIASES:
            self[value] = number
        return number


def new_route_names() -> Names:
    """Return an empty table for routes."""
    return Names(MAX_ROUTES)


def new_backend_names() -> Names:
    """Return an empty table for backends."""
    return Names(MAX_BACKENDS)
