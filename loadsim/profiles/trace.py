"""A rate over time read from a CSV file."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from loadsim.errors import UsageError
from loadsim.profiles.parameters import MAX_LENGTH_S, MAX_RATE, MIN_LENGTH_S, Parameter, check_factor, spell
from loadsim.profiles.piecewise import Pieces
from loadsim.profiles.shapes import Straight

_EXPECTED = "two columns, time_s and rate_per_s, such as '0,50' (a header line is optional)"


@dataclass(frozen=True, slots=True)
class Trace(Straight):
    """Straight lines between points (time in s from 0, rate in 1/s); two points at one time make a jump.

    ``source`` is the file as the text form names it; ``factor`` is what its rates were multiplied with.
    """

    points: tuple[tuple[float, float], ...] = field(repr=False)
    source: str
    factor: float = 1.0
    _pieces: Pieces = field(init=False, repr=False, compare=False)

    shape: ClassVar[str] = "trace"
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    example: ClassVar[str] = "trace(rates.csv)"
    explanation: ClassVar[str] = (
        "straight lines between the rows time_s,rate_per_s of a CSV file; two rows at one time make a jump"
    )

    @property
    def duration_s(self) -> float:
        """The time of the last point."""
        return self.points[-1][0]

    def check(self) -> None:
        """Raise :class:`~loadsim.errors.UsageError` where the points are no curve."""
        check_factor(self.factor)
        if not self.source or {"'", '"'} <= set(self.source):
            raise UsageError(
                f"a trace cannot name the file {self.source!r}", hint="Use no more than one kind of quote."
            )
        check_points(self.points, [f"{self.source}: point {number}" for number in range(1, len(self.points) + 1)])

    def spec(self) -> str:
        """Return the text form, which names the file and not its contents."""
        special = any(character.isspace() or character in "'\"()," for character in self.source)
        quote = "" if not special else '"' if "'" in self.source else "'"
        call = f"trace({quote}{self.source}{quote})"
        return call if self.factor == 1.0 else f"{spell(self.factor)} * {call}"

    def scaled(self, factor: float) -> Trace:
        """Return the same curve with every rate times ``factor`` (> 0)."""
        check_factor(factor)
        return Trace(self.points, self.source, self.factor * factor)

    def _list_pieces(self) -> list[tuple[float, float, float]]:
        k = self.factor
        return [
            (end_s - start_s, first * k, last * k)
            for (start_s, first), (end_s, last) in zip(self.points, self.points[1:], strict=False)
        ]


def check_points(points: tuple[tuple[float, float], ...], places: list[str]) -> None:
    """Raise for the first point that cannot be; ``places`` says where each was written."""
    if len(points) < 2:
        place = places[0] if places else "no row"
        raise UsageError(f"{place}: a trace needs at least two rows", hint=f"Expected {_EXPECTED}.")
    for (time_s, rate), place in zip(points, places, strict=True):
        if not 0 <= time_s <= MAX_LENGTH_S:
            raise UsageError(f"{place}: time_s is {spell(time_s)}, expected 0 to {spell(MAX_LENGTH_S)}")
        if not 0 <= rate <= MAX_RATE:
            raise UsageError(f"{place}: rate_per_s is {spell(rate)}, expected 0 to {spell(MAX_RATE)}")
    first_s = points[0][0]
    if first_s != 0:
        hint = f"Subtract {spell(first_s)} from every time, or add a row for time 0."
        raise UsageError(f"{places[0]}: the first time_s is {spell(first_s)}, expected 0", hint=hint)
    for (before_s, _), (time_s, _), place in zip(points, points[1:], places[1:], strict=False):
        if time_s < before_s:
            raise UsageError(f"{place}: time_s goes back from {spell(before_s)} to {spell(time_s)}, expected ascending")
        if 0 < time_s - before_s < MIN_LENGTH_S:
            raise UsageError(f"{place}: time_s is less than 1 us after the row before; write the same time for a jump")
    if points[-1][0] == 0:
        raise UsageError(f"{places[-1]}: all times are 0, so the trace has no length")


def read_trace(source: str, base_dir: Path) -> Trace:
    """Read a trace from a CSV file, looked up from ``base_dir``.

    Raises :class:`~loadsim.errors.UsageError` that names file and line.
    """
    path = base_dir / Path(source).expanduser()
    points: list[tuple[float, float]] = []
    places: list[str] = []
    may_be_header = True
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            for row in reader:
                if not "".join(row).strip() or row[0].lstrip().startswith("#"):
                    continue
                place = f"{path}:{reader.line_num}"
                point = _read_row(row, place, may_be_header=may_be_header)
                may_be_header = False
                if point is not None:
                    points.append(point)
                    places.append(place)
    except OSError as error:
        raise UsageError(f"cannot read the trace {path}: {error.strerror or error}", hint=_near_files(path)) from error
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UsageError(f"{path} is not a CSV file in UTF-8: {error}", hint=f"Expected {_EXPECTED}.") from error
    check_points(tuple(points), places or [str(path)])
    return Trace(tuple(points), source)


def _read_row(row: list[str], place: str, *, may_be_header: bool) -> tuple[float, float] | None:
    """Return the row's point; None for a header."""
    if len(row) < 2:
        raise UsageError(f"{place}: one column: '{row[0].strip()[:40]}'", hint=f"Expected {_EXPECTED}.")
    values = []
    for name, cell in zip(("time_s", "rate_per_s"), row, strict=False):
        try:
            value = float(cell)
        except ValueError:
            if may_be_header:
                return None
            raise UsageError(f"{place}: {name} is '{cell.strip()[:40]}', expected a number") from None
        if not math.isfinite(value):
            raise UsageError(f"{place}: {name} is {value}, expected a finite number")
        values.append(value)
    return values[0], values[1]


def _near_files(path: Path) -> str:
    """Name the CSV files that lie where the missing one should, a few at most."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == ".csv")[:5]
    except OSError:
        return f"There is no directory {path.parent}."
    return f"In {path.parent}: {', '.join(names)}." if names else f"There is no .csv file in {path.parent}."
