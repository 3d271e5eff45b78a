"""What a shape takes: it declares its parameters once, for reading, writing, checking and scaling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from loadsim.errors import SpecError, UsageError
from loadsim.profiles.profile import Profile
from loadsim.units import parse_duration, parse_rate

MAX_RATE = 1e9
MIN_LENGTH_S = 1e-6
MAX_LENGTH_S = 1e9


class ParameterError(UsageError):
    """A value that a shape cannot take; ``parameter`` is its name in the text form, '' for the shape as a whole."""

    def __init__(self, parameter: str, message: str, *, hint: str = "") -> None:
        self.parameter = parameter
        super().__init__(message, hint=hint)


def spell(number: float) -> str:
    """Write a number so that float() reads the same bits back, without a needless '.0'."""
    return repr(float(number)).removesuffix(".0")


def _parse_seed(text: str) -> int:
    if not text.strip().isdecimal():
        raise SpecError(
            text, len(text) - len(text.lstrip()), f"'{text.strip()}' is not a seed: expected a whole number"
        )
    return int(text)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how it is read, written, and which values make sense."""

    parse: Callable[[str], Any]
    spell: Callable[[Any], str]
    low: float
    high: float

    def check(self, name: str, value: float) -> None:
        """Raise :class:`ParameterError` unless low <= value <= high (NaN never is)."""
        if not self.low <= value <= self.high:
            expected = f"expected {self.spell(self.low)} to {self.spell(self.high)}"
            raise ParameterError(name, f"{name} is out of range: {self.spell(value)}, {expected}")


RATE = Kind(parse_rate, lambda value: f"{spell(value)}/s", 0.0, MAX_RATE)
LENGTH = Kind(parse_duration, lambda value: f"{spell(value)}s", MIN_LENGTH_S, MAX_LENGTH_S)
MOMENT = Kind(parse_duration, lambda value: f"{spell(value)}s", 0.0, MAX_LENGTH_S)
SEED = Kind(_parse_seed, str, 0, 2**64 - 1)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a shape: its name in the text form, the field it fills, and its kind."""

    name: str
    field: str
    kind: Kind
    required: bool = True


ENDS = Parameter("duration", "duration_s", LENGTH, required=False)


class Shape(Profile):
    """A profile that is one call in the text form, such as ``ramp(10/s,500/s,60s)``: a frozen dataclass."""

    __slots__ = ()

    shape: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    by_position: ClassVar[bool] = False
    """Whether the text form leaves out the names of the required parameters."""
    example: ClassVar[str]
    explanation: ClassVar[str]

    @property
    def name(self) -> str:
        """The shape, in one word."""
        return self.shape

    def check(self) -> None:
        """Raise :class:`ParameterError` for the first value out of its range."""
        for parameter in self.parameters:
            value = getattr(self, parameter.field)
            if value is not None:
                parameter.kind.check(parameter.name, value)

    def spec(self) -> str:
        """Return the text form; what has its default is left out."""
        defaults = {field.name: field.default for field in fields(self)}  # type: ignore[arg-type] # subclasses are dataclasses
        words = []
        for parameter in self.parameters:
            value = getattr(self, parameter.field)
            if parameter.required or value != defaults[parameter.field]:
                text = parameter.kind.spell(value)
                words.append(text if self.by_position and parameter.required else f"{parameter.name}={text}")
        return f"{self.shape}({', '.join(words)})"

    def scaled(self, factor: float) -> Self:
        """Return the same shape with every rate times ``factor`` (> 0)."""
        check_factor(factor)
        rates = [parameter.field for parameter in self.parameters if parameter.kind is RATE]
        return replace(self, **{field: getattr(self, field) * factor for field in rates})  # type: ignore[type-var] # as above


def check_factor(factor: float) -> None:
    """Raise unless ``factor`` can scale a profile."""
    if not 0 < factor <= MAX_RATE:
        raise ParameterError("", f"a profile cannot be scaled by {spell(factor)}: expected a factor above 0")
