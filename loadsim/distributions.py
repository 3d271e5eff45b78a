"""How long something takes, as a distribution: its text form, its mean, and draws from a stream of random numbers.

    constant(25ms)   exponential(25ms)   lognormal(median=20ms, sigma=1)   pareto(min=5ms, alpha=1.5)   file(PATH)

``file`` holds a duration a line, each as likely. All are immutable; whoever draws brings the random numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loadsim.calls import NAME, Argument, after_space, bind, fail, read_arguments, read_value
from loadsim.errors import SpecError, UsageError, nearest
from loadsim.randomness import Draws
from loadsim.units import parse_duration, spell_duration

EXAMPLES = (
    "constant(30s)",
    "exponential(60s)",
    "lognormal(median=60s,sigma=1)",
    "pareto(min=10s,alpha=1.5)",
    "file(PATH)",
)


class Distribution(Protocol):
    """Durations in seconds."""

    @property
    def mean_s(self) -> float:
        """The expected duration; it may be infinite."""

    def draw(self, draws: Draws) -> float:
        """Return one duration."""

    def spec(self) -> str:
        """Return the text form that reads as this distribution."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    mean_s: float

    def draw(self, draws: Draws) -> float:
        """See :class:`Distribution`. Takes a random number as every other does, so that what follows stays the same."""
        draws.uniform()
        return self.mean_s

    def spec(self) -> str:
        """See :class:`Distribution`."""
        return f"constant({spell_duration(self.mean_s)})"


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory: how long it will go on does not depend on how long it has."""

    mean_s: float

    def draw(self, draws: Draws) -> float:
        """See :class:`Distribution`."""
        return draws.exponential(self.mean_s)

    def spec(self) -> str:
        """See :class:`Distribution`."""
        return f"exponential({spell_duration(self.mean_s)})"


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Its logarithm is normal, with standard deviation ``sigma`` about log(median)."""

    median_s: float
    sigma: float

    @property
    def mean_s(self) -> float:
        """See :class:`Distribution`."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    def draw(self, draws: Draws) -> float:
        """See :class:`Distribution`."""
        return draws.lognormal(self.median_s, self.sigma)

    def spec(self) -> str:
        """See :class:`Distribution`."""
        return f"lognormal(median={spell_duration(self.median_s)},sigma={self.sigma:.12g})"


@dataclass(frozen=True, slots=True)
class Pareto:
    """A heavy tail: P(longer than t) = (min / t)**alpha from ``min`` on."""

    min_s: float
    alpha: float

    @property
    def mean_s(self) -> float:
        """See :class:`Distribution`."""
        return self.min_s * self.alpha / (self.alpha - 1) if self.alpha > 1 else math.inf

    def draw(self, draws: Draws) -> float:
        """See :class:`Distribution`."""
        return self.min_s * math.pow(1.0 - draws.uniform(), -1.0 / self.alpha)

    def spec(self) -> str:
        """See :class:`Distribution`."""
        return f"pareto(min={spell_duration(self.min_s)},alpha={self.alpha:.12g})"


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured once: one of ``values_s``, each as likely."""

    path: str
    values_s: tuple[float, ...]

    @property
    def mean_s(self) -> float:
        """See :class:`Distribution`."""
        return math.fsum(self.values_s) / len(self.values_s)

    def draw(self, draws: Draws) -> float:
        """See :class:`Distribution`."""
        return draws.choice(self.values_s)

    def spec(self) -> str:
        """See :class:`Distribution`."""
        return f"file('{self.path}')"


def parse_distribution(text: str) -> Distribution:
    """Read a distribution from its text form. SpecError points at the character that cannot be taken."""
    start = after_space(text, 0)
    name = NAME.match(text, start)
    hint = f"For example: {', '.join(EXAMPLES[:3])}"
    if not name:
        fail(text, start, "expected the name of a distribution", hint=hint)
    if name[0] not in _FORMS:
        fail(text, start, f"unknown distribution '{name[0]}'", hint=nearest(name[0], _FORMS))
    opened = after_space(text, name.end())
    if not text.startswith("(", opened):
        fail(text, opened, f"expected '(' after {name[0]}", hint=hint)
    arguments, end = read_arguments(text, opened)
    if (rest := after_space(text, end)) < len(text):
        fail(text, rest, "expected the end")
    keys, make = _FORMS[name[0]]
    usage = f"{name[0]} takes {', '.join(keys)}"
    bound = bind(text, name[0], arguments, keys, usage)
    for key in keys:
        if key not in bound:
            fail(text, end - 1, f"{name[0]} lacks '{key}'", hint=usage)
    return make(text, bound)


def _above_zero(parse: Callable[[str], float], what: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = parse(text)
        if not (0 < value < math.inf):
            raise SpecError(text, 0, f"'{text}' cannot be taken: expected {what} above 0")
        return value

    return read


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SpecError(text, 0, f"'{text}' is not a number") from None


_duration_s = _above_zero(parse_duration, "a duration")
_positive = _above_zero(_number, "a number")


def _from_file(text: str, bound: dict[str, Argument]) -> Sample:
    path = bound["path"].unquoted()
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the durations '{path}' cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    values = []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            try:
                values.append(parse_duration(line))
            except SpecError as error:
                raise UsageError(f"'{path}', line {number}: {error.problem}") from None
    if not values:
        fail(text, bound["path"].position, f"'{path}' holds no duration: expected one a line, such as 25ms")
    return Sample(path, tuple(values))


_FORMS: dict[str, tuple[tuple[str, ...], Callable[[str, dict[str, Argument]], Distribution]]] = {
    "constant": (("value",), lambda text, given: Constant(read_value(text, _duration_s, given["value"]))),
    "exponential": (("mean",), lambda text, given: Exponential(read_value(text, _duration_s, given["mean"]))),
    "lognormal": (
        ("median", "sigma"),
        lambda text, given: LogNormal(
            read_value(text, _duration_s, given["median"]), read_value(text, _positive, given["sigma"])
        ),
    ),
    "pareto": (
        ("min", "alpha"),
        lambda text, given: Pareto(
            read_value(text, _duration_s, given["min"]), read_value(text, _positive, given["alpha"])
        ),
    ),
    "file": (("path",), _from_file),
}
