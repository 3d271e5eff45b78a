"""The text form of profiles, read.

    profile   = sum { "then" sum }
    sum       = term { "+" term }
    term      = FACTOR "*" term | "(" profile ")" | NAME "(" [ argument { "," argument } ] ")"
    argument  = [ KEY "=" ] VALUE          (steps: RATE ":" DURATION; trace: a path, in quotes where it holds , ( or ))

Every error points at the character that cannot be taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from loadsim.calls import NAME, Argument, after_space, bind, read_arguments, read_value
from loadsim.errors import SpecError, UsageError, nearest
from loadsim.profiles.compose import GIVE_IT_A_LENGTH, Sequence, Sum
from loadsim.profiles.parameters import LENGTH, RATE, ParameterError, Shape
from loadsim.profiles.periodic import Bursts, Sine
from loadsim.profiles.profile import Profile
from loadsim.profiles.shapes import Constant, Ramp, Spike, Steps
from loadsim.profiles.trace import Trace, read_trace

SHAPES: tuple[type[Shape], ...] = (Constant, Ramp, Steps, Spike, Sine, Bursts, Trace)
_BY_NAME = {shape.shape: shape for shape in SHAPES}

_FACTOR = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MAX_DEPTH = 40


def parse_profile(text: str, *, base_dir: Path | None = None) -> Profile:
    """Read a profile from its text form; ``trace(FILE)`` is looked up from ``base_dir`` (the working directory).

    Raises :class:`~loadsim.errors.SpecError`, which points at the character that cannot be taken.
    """
    return _Parser(text, base_dir or Path.cwd()).whole()


def profile_shapes() -> list[tuple[str, str, str]]:
    """Return (name, example of the text form, explanation in one line) of each shape and of each way to join them."""
    return [(shape.shape, shape.example, shape.explanation) for shape in SHAPES] + [
        ("+", "constant(50/s) + spike(base=0/s, peak=200/s, at=20s, width=5s)", "both at once: the rates add up"),
        ("then", "ramp(0/s, 200/s, 30s) then constant(200/s)", "one after the other; all but the last must end"),
        ("*", "2 * trace(rates.csv)", "every rate times a factor; parentheses hold things together"),
    ]


class _Parser:
    """A recursive descent over one text; ``at`` is the next character."""

    def __init__(self, text: str, base_dir: Path) -> None:
        self.text = text
        self.base_dir = base_dir
        self.at = 0
        self.depth = 0

    def whole(self) -> Profile:
        self._move_to(0)
        if self.at == len(self.text):
            self._fail("the profile is empty", hint=f"For example: {Constant.example}")
        profile = self._sequence()
        if self.at < len(self.text):
            what = "a ')' too many" if self.text[self.at] == ")" else f"'{self._word()}' cannot stand here"
            self._fail(f"{what}: expected '+', 'then' or the end", hint=self._join_hint())
        return profile

    def _join_hint(self) -> str:
        if self.text[self.at] == "*":
            return "A factor stands first: 2 * sine(...)."
        word = NAME.match(self.text, self.at)
        return nearest(word[0], ["then"]) if word and word[0] not in _BY_NAME else ""

    def _sequence(self) -> Profile:
        starts, parts = [self.at], [self._sum()]
        while (word := NAME.match(self.text, self.at)) and word[0] == "then":
            if parts[-1].duration_s is None:
                problem = f"{parts[-1].spec()} never ends, so nothing can follow it"
                self._fail(problem, starts[-1], hint=GIVE_IT_A_LENGTH)
            self._move_to(word.end())
            starts.append(self.at)
            parts.append(self._sum())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _sum(self) -> Profile:
        parts = [self._term()]
        while self.text.startswith("+", self.at):
            self._move_to(self.at + 1)
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Sum(tuple(parts))

    def _term(self) -> Profile:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self._fail(f"more than {_MAX_DEPTH} levels of '(' and '*' inside each other")
        if factor := _FACTOR.match(self.text, self.at):
            profile = self._scaled(factor)
        elif self.text.startswith("(", self.at):
            opened = self.at
            self._move_to(self.at + 1)
            profile = self._sequence()
            if not self.text.startswith(")", self.at):
                self._fail("this '(' is never closed", opened) if self.at == len(self.text) else self._fail(
                    "expected ')'"
                )
            self._move_to(self.at + 1)
        else:
            profile = self._shape()
        self.depth -= 1
        return profile

    def _scaled(self, factor: re.Match[str]) -> Profile:
        start = self.at
        self._move_to(factor.end())
        if not self.text.startswith("*", self.at):
            rate = f"constant({factor[0]}/s)"
            self._fail(
                f"expected '*' after the factor {factor[0]}", hint=f"A rate that stays the same is written {rate}."
            )
        self._move_to(self.at + 1)
        inner = self._term()
        return self._pointing(lambda: inner.scaled(float(factor[0])), {}, start)

    def _shape(self) -> Profile:
        start = self.at
        name = NAME.match(self.text, self.at)
        if not name:
            what = f"'{self._word()}' cannot start a profile" if self.at < len(self.text) else "a profile is missing"
            self._fail(f"{what}: expected a shape", hint=f"Known: {', '.join(_BY_NAME)}.")
        shape = _BY_NAME.get(name[0])
        if shape is None:
            self._fail(f"unknown shape '{name[0]}'", hint=nearest(name[0], _BY_NAME))
        self._move_to(name.end())
        if not self.text.startswith("(", self.at):
            self._fail(f"expected '(' after {name[0]}", hint=f"For example: {shape.example}")
        arguments = self._arguments()
        if shape is Steps:
            return self._steps(arguments, start)
        if shape is Trace:
            return self._trace(arguments, start)
        return self._call(shape, arguments, start)

    def _arguments(self) -> list[Argument]:
        arguments, end = read_arguments(self.text, self.at)
        self._move_to(end)
        return arguments

    def _call(self, shape: type[Shape], arguments: list[Argument], start: int) -> Profile:
        keys = [parameter.name for parameter in shape.parameters]
        bound = bind(self.text, shape.shape, arguments, keys, _usage(shape))
        values = {
            parameter.field: read_value(self.text, parameter.kind.parse, bound[parameter.name])
            for parameter in shape.parameters
            if parameter.name in bound
        }
        missing = [
            parameter.name for parameter in shape.parameters if parameter.required and parameter.name not in bound
        ]
        if missing:
            self._fail(f"{shape.shape} needs {' and '.join(missing)}", self._closing(start), hint=_usage(shape))
        places = {name: argument.position for name, argument in bound.items()}
        return self._pointing(lambda: shape(**values), places, start)

    def _steps(self, arguments: list[Argument], start: int) -> Profile:
        levels, places = [], {}
        for number, argument in enumerate(arguments, 1):
            colon = argument.text.find(":")
            if colon < 0:
                end = argument.position + len(argument.text)
                self._fail("expected RATE:DURATION", end, hint=f"For example: {Steps.example}")
            rate = read_value(self.text, RATE.parse, Argument(argument.text[:colon], argument.position))
            levels.append((rate, read_value(self.text, LENGTH.parse, argument.cut(colon + 1))))
            places[f"step {number}"] = argument.position
        return self._pointing(lambda: Steps(tuple(levels)), places, start)

    def _trace(self, arguments: list[Argument], start: int) -> Profile:
        if len(arguments) != 1:
            place = arguments[1].position if arguments else self._closing(start)
            self._fail("trace needs one file", place, hint="Quote a name that holds a comma: trace('a,b.csv').")
        argument = arguments[0]
        name = argument.unquoted()
        if not name:
            self._fail("the file has no name", argument.position, hint=f"For example: {Trace.example}")
        return self._pointing(lambda: read_trace(name, self.base_dir), {}, argument.position)

    def _pointing(self, make: Callable[[], Profile], places: dict[str, int], start: int) -> Profile:
        """Make a profile; an error points at the argument it is about, or at the start of the shape."""
        try:
            return make()
        except ParameterError as error:
            raise SpecError(self.text, places.get(error.parameter, start), error.message, hint=error.hint) from None
        except UsageError as error:
            raise SpecError(self.text, start, error.message, hint=error.hint) from None

    def _closing(self, start: int) -> int:
        return self.text.rindex(")", start, self.at)

    def _word(self) -> str:
        word = NAME.match(self.text, self.at)
        return word[0] if word else self.text[self.at]

    def _move_to(self, at: int) -> None:
        self.at = after_space(self.text, at)

    def _fail(self, problem: str, position: int | None = None, *, hint: str = "") -> NoReturn:
        raise SpecError(self.text, self.at if position is None else position, problem, hint=hint)


def _usage(shape: type[Shape]) -> str:
    names = ", ".join(p.name if p.required else f"[{p.name}]" for p in shape.parameters)
    return f"It takes {shape.shape}({names}), for example {shape.example}"
