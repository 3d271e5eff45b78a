"""The fields of an answer's head: a mapping that does not care about the case of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Headers(Mapping[str, str]):
    """Header fields by name, in any case. Fields of one name read as one, joined by ``", "`` (RFC 9110, 5.3).

    Values are decoded as latin-1, as they are on the wire. ``Set-Cookie`` cannot be joined: use :meth:`get_all`.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields: dict[str, list[tuple[str, str]]] = {}
        for name, value in fields:
            self._fields.setdefault(name.lower(), []).append((name, value))

    @classmethod
    def parse(cls, head: bytes) -> Headers:
        """Read a head: status line, fields, without the empty line at its end (one there does no harm)."""
        fields = []
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                fields.append((name, value.strip(" \t")))
        return cls(fields)

    def __getitem__(self, name: str) -> str:
        return ", ".join(value for _, value in self._fields[name.lower()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (fields[0][0] for fields in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"

    def get_all(self, name: str) -> list[str]:
        """Return every value of the field ``name``, in order; an empty list when it is not there."""
        return [value for _, value in self._fields.get(name.lower(), [])]
