"""The shapes made of straight pieces: constant, ramp, steps, spike."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from loadsim.profiles.parameters import ENDS, LENGTH, MOMENT, RATE, Parameter, ParameterError, Shape, check_factor
from loadsim.profiles.piecewise import FloatArray, Pieces


class Straight(Shape):
    """A shape whose rate is made of straight pieces, which it lists once, when made."""

    __slots__ = ()

    _pieces: Pieces

    @abstractmethod
    def _list_pieces(self) -> list[tuple[float, float, float]]:
        """Return (length in s, rate at the start, rate at the end) of each piece; an endless shape's last is inf."""

    def __post_init__(self) -> None:
        self.check()
        object.__setattr__(self, "_pieces", Pieces.of(self._list_pieces()))

    def knots(self, duration_s: float) -> FloatArray:
        """Return where the pieces meet."""
        starts = self._pieces.start_s
        return starts[starts <= duration_s]

    def _rate(self, t_s: FloatArray) -> FloatArray:
        return self._pieces.rate_at(t_s)

    def _expected(self, t_s: FloatArray) -> FloatArray:
        return self._pieces.count_at(t_s)

    def _inverse(self, count: FloatArray) -> FloatArray:
        return self._pieces.time_of(count)


@dataclass(frozen=True, slots=True)
class Constant(Straight):
    """The same rate all the time, in 1/s; endless unless it is given a length."""

    rate_per_s: float
    duration_s: float | None = None
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "constant"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("rate", "rate_per_s", RATE), ENDS)
    by_position: ClassVar[bool] = True
    example: ClassVar[str] = "constant(200/s)"
    explanation: ClassVar[str] = "the same rate all the time; endless, or with duration=60s"

    def _list_pieces(self) -> list[tuple[float, float, float]]:
        return [(math.inf, self.rate_per_s, self.rate_per_s)]


@dataclass(frozen=True, slots=True)
class Ramp(Straight):
    """A straight line from one rate to another, in 1/s, over ``duration_s``."""

    start_per_s: float
    end_per_s: float
    duration_s: float
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "ramp"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("start", "start_per_s", RATE),
        Parameter("end", "end_per_s", RATE),
        Parameter("duration", "duration_s", LENGTH),
    )
    by_position: ClassVar[bool] = True
    example: ClassVar[str] = "ramp(10/s, 500/s, 60s)"
    explanation: ClassVar[str] = "a straight line from one rate to another"

    def _list_pieces(self) -> list[tuple[float, float, float]]:
        return [(self.duration_s, self.start_per_s, self.end_per_s)]


@dataclass(frozen=True, slots=True)
class Steps(Straight):
    """Stairs: each level is (rate in 1/s, length in s)."""

    levels: tuple[tuple[float, float], ...]
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "steps"
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    example: ClassVar[str] = "steps(50/s:10s, 200/s:10s)"
    explanation: ClassVar[str] = "one rate after another, each RATE:DURATION; each is a phase"

    @property
    def duration_s(self) -> float:
        """The length of all steps together."""
        return math.fsum(length_s for _, length_s in self.levels)

    def check(self) -> None:
        """Raise :class:`ParameterError` for the first level out of range, named by its number."""
        if not self.levels:
            raise ParameterError("", "steps() has no step", hint=f"For example: {self.example}")
        for number, (rate, length_s) in enumerate(self.levels, 1):
            RATE.check(f"step {number}", rate)
            LENGTH.check(f"step {number}", length_s)

    def spec(self) -> str:
        """Return the text form."""
        return f"steps({', '.join(f'{RATE.spell(rate)}:{LENGTH.spell(length_s)}' for rate, length_s in self.levels)})"

    def scaled(self, factor: float) -> Steps:
        """Return the same stairs with every rate times ``factor`` (> 0)."""
        check_factor(factor)
        return Steps(tuple((rate * factor, length_s) for rate, length_s in self.levels))

    def _list_pieces(self) -> list[tuple[float, float, float]]:
        return [(length_s, rate, rate) for rate, length_s in self.levels]

    def _phases(self, end_s: float) -> list[tuple[float, str]]:
        starts = self._pieces.start_s[self._pieces.start_s < end_s].tolist()
        names = [f"step {number}: {rate:.6g}/s" for number, (rate, _) in enumerate(self.levels, 1)]
        return list(zip(starts, names, strict=False))


@dataclass(frozen=True, slots=True)
class Spike(Straight):
    r"""A base rate, and one stretch at another.

    peak           ______
                  /      \          at:    when the rate leaves the base
                 /        \         width: from there until it leaves the peak, the rise included
    base  ______/          \_____   rise, fall: how long the change takes; 0 is a jump
               at    at+width

    Phases: base [0, at), spike [at, at + width), recovery (the fall and all that follows). Rates in 1/s.
    """

    base_per_s: float
    peak_per_s: float
    at_s: float
    width_s: float
    rise_s: float = 0.0
    fall_s: float = 0.0
    duration_s: float | None = None
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "spike"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("base", "base_per_s", RATE),
        Parameter("peak", "peak_per_s", RATE),
        Parameter("at", "at_s", MOMENT),
        Parameter("width", "width_s", LENGTH),
        Parameter("rise", "rise_s", MOMENT, required=False),
        Parameter("fall", "fall_s", MOMENT, required=False),
        ENDS,
    )
    example: ClassVar[str] = "spike(base=50/s, peak=500/s, at=20s, width=5s)"
    explanation: ClassVar[str] = (
        "a base, a jump to the peak at `at` for `width`, the base again; rise= and fall= make the jumps ramps; "
        "phases base, spike, recovery"
    )

    def check(self) -> None:
        """Raise :class:`ParameterError` for the first value that does not fit."""
        Shape.check(self)
        for name, ramp_s in (("rise", self.rise_s), ("fall", self.fall_s)):
            if ramp_s:
                LENGTH.check(name, ramp_s)
        if self.rise_s > self.width_s:
            problem = f"the rise ({spell_s(self.rise_s)}) is longer than the width ({spell_s(self.width_s)})"
            raise ParameterError(
                "rise", problem, hint="The width includes the rise: make it wider, or the rise shorter."
            )

    def _list_pieces(self) -> list[tuple[float, float, float]]:
        base, peak = self.base_per_s, self.peak_per_s
        return [
            (self.at_s, base, base),
            (self.rise_s, base, peak),
            (self.width_s - self.rise_s, peak, peak),
            (self.fall_s, peak, base),
            (math.inf, base, base),
        ]

    def _phases(self, end_s: float) -> list[tuple[float, str]]:  # noqa: ARG002 # endless: phases() cuts
        return [(0.0, "base"), (self.at_s, "spike"), (self.at_s + self.width_s, "recovery")]


def spell_s(seconds: float) -> str:
    """Write a length as the text form does."""
    return LENGTH.spell(seconds)
