"""The text form ``name(value, key=value)``, which profiles and faults share: arguments cut out, and given their names.

Every error points at the character that cannot be taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from loadsim.errors import SpecError, nearest

NAME = re.compile(r"[^\W\d]\w*")
_KEY = re.compile(r"([^\W\d]\w*)\s*=")
_ARGUMENT = re.compile(r"""(?:'[^']*'|"[^"]*"|[^'",()])*""")
_SPACE = re.compile(r"\s*")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Argument:
    """The text of one argument (or of its value), and where it stands in the whole."""

    text: str
    position: int

    def cut(self, at: int) -> Argument:
        """Return it from its character ``at`` on, without the space there."""
        rest = self.text[at:]
        return Argument(rest.lstrip(), self.position + at + len(rest) - len(rest.lstrip()))

    def unquoted(self) -> str:
        """Return the text without the quotes around all of it, if there are any."""
        quoted = len(self.text) > 1 and self.text[0] in "'\"" and self.text[-1] == self.text[0]
        return self.text[1:-1] if quoted else self.text


def after_space(text: str, at: int) -> int:
    """Return the place of the first character from ``at`` on that is no space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def read_arguments(text: str, opened: int) -> tuple[list[Argument], int]:
    """Read from the '(' at ``opened`` to its ')': the arguments between the commas, and the place after it."""
    at, arguments = opened, list[Argument]()
    while True:
        at = after_space(text, at + 1)
        cut = _ARGUMENT.match(text, at)
        end = cut.end() if cut else at
        argument = Argument(text[at:end].rstrip(), at)
        if end == len(text):
            fail(text, opened, "this '(' is never closed")
        if text[end] in "'\"":
            fail(text, end, "this quote is never closed")
        if text[end] not in ",)":
            fail(text, end, f"'{text[end]}' cannot stand here: expected ',' or ')'")
        last = text[end] == ")"
        if argument.text:
            arguments.append(argument)
        elif not last or arguments:
            fail(text, argument.position, "an argument is missing")
        at = end
        if last:
            return arguments, end + 1


def bind(text: str, name: str, arguments: Sequence[Argument], keys: Sequence[str], usage: str) -> dict[str, Argument]:
    """Return each argument's value under its key: by name, or by place for those before the first named one."""
    bound: dict[str, Argument] = {}
    named = False
    for argument in arguments:
        match = _KEY.match(argument.text)
        if match:
            named, key = True, match[1]
            if key not in keys:
                fail(text, argument.position, f"{name} has no '{key}'", hint=nearest(key, keys))
        elif named:
            fail(text, argument.position, "a value without a name cannot follow a named one", hint=usage)
        elif len(bound) == len(keys):
            fail(text, argument.position, f"{name} takes no more than {len(keys)} values", hint=usage)
        else:
            key = keys[len(bound)]
        if key in bound:
            fail(text, argument.position, f"'{key}' is given twice")
        bound[key] = argument.cut(match.end()) if match else argument
    return bound


def read_value(text: str, parse: Callable[[str], T], argument: Argument) -> T:
    """Parse one value; an error's place is moved from the value into the whole text."""
    try:
        return parse(argument.text)
    except SpecError as error:
        raise SpecError(text, argument.position + error.position, error.problem, hint=error.hint) from None


def fail(text: str, position: int, problem: str, *, hint: str = "") -> NoReturn:
    """Raise SpecError."""
    raise SpecError(text, position, problem, hint=hint)
