"""Profiles made of profiles: several at once ('+'), one after another ('then')."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from loadsim.errors import UsageError
from loadsim.profiles.piecewise import FloatArray
from loadsim.profiles.profile import AFTER_THE_END, THE_WHOLE, Phase, Profile

GIVE_IT_A_LENGTH = "Give it a length: duration=30s inside its parentheses."
_Share = tuple[np.ndarray[tuple[int, ...], np.dtype[np.bool_]], Profile, float, float]


@dataclass(frozen=True, slots=True)
class Sum(Profile):
    """Several profiles at once: rates add up; it ends when the last part does."""

    parts: tuple[Profile, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise UsageError(f"a sum needs at least two profiles, not {len(self.parts)}")

    @property
    def name(self) -> str:
        """The shape, in one word."""
        return "sum"

    @property
    def duration_s(self) -> float | None:
        """The length of the longest part; None if one is endless."""
        lengths = [part.duration_s for part in self.parts]
        return None if None in lengths else max(length_s for length_s in lengths if length_s is not None)

    def spec(self) -> str:
        """Return the text form."""
        return " + ".join(
            f"({part.spec()})" if isinstance(part, Sum | Sequence) else part.spec() for part in self.parts
        )

    def scaled(self, factor: float) -> Sum:
        """Return the sum of the scaled parts."""
        return Sum(tuple(part.scaled(factor) for part in self.parts))

    def knots(self, duration_s: float) -> FloatArray:
        """Return the knots of all parts, and their ends."""
        ends = [part.duration_s for part in self.parts if part.duration_s is not None and part.duration_s <= duration_s]
        return np.unique(np.concatenate([*(part.knots(duration_s) for part in self.parts), np.array(ends)]))

    def _rate(self, t_s: FloatArray) -> FloatArray:
        return _add([part.rate(t_s) for part in self.parts])

    def _expected(self, t_s: FloatArray) -> FloatArray:
        return _add([part.expected(t_s) for part in self.parts])

    def _phases(self, end_s: float) -> list[tuple[float, str]]:
        """Cut where a part with several phases is cut; a stretch is named by what goes on in it."""
        named = [(part, phases) for part in self.parts if len(phases := part.phases(end_s)) > 1]
        if not named:
            return [(0.0, THE_WHOLE)]
        cuts = sorted({phase.start_s for _, phases in named for phase in phases})
        return [(cut_s, " + ".join(_name_at(part, phases, cut_s) for part, phases in named)) for cut_s in cuts]


def _add(arrays: list[FloatArray]) -> FloatArray:
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


def _name_at(part: Profile, phases: tuple[Phase, ...], t_s: float) -> str:
    name = next(phase.name for phase in reversed(phases) if phase.start_s <= t_s)
    return {THE_WHOLE: part.name, AFTER_THE_END: f"after the {part.name}"}.get(name, name)


@dataclass(frozen=True, slots=True)
class Sequence(Profile):
    """Profiles one after another, each from its own time 0; all but the last must end."""

    parts: tuple[Profile, ...]
    _starts_s: FloatArray = field(init=False, repr=False, compare=False)
    _counts: FloatArray = field(init=False, repr=False, compare=False)
    """Expected arrivals before each part."""

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise UsageError(f"a sequence needs at least two profiles, not {len(self.parts)}")
        lengths = []
        for part in self.parts[:-1]:
            if part.duration_s is None:
                raise UsageError(f"{part.spec()} never ends, so nothing can follow it", hint=GIVE_IT_A_LENGTH)
            lengths.append(part.duration_s)
        counts = [float(part.expected(length_s)) for part, length_s in zip(self.parts, lengths, strict=False)]
        object.__setattr__(self, "_starts_s", np.array(list(accumulate(lengths, initial=0.0))))
        object.__setattr__(self, "_counts", np.array(list(accumulate(counts, initial=0.0))))

    @property
    def name(self) -> str:
        """The shape, in one word."""
        return "sequence"

    @property
    def duration_s(self) -> float | None:
        """The length of all parts; None if the last is endless."""
        last_s = self.parts[-1].duration_s
        return None if last_s is None else float(self._starts_s[-1]) + last_s

    def spec(self) -> str:
        """Return the text form."""
        return " then ".join(f"({part.spec()})" if isinstance(part, Sequence) else part.spec() for part in self.parts)

    def scaled(self, factor: float) -> Sequence:
        """Return the sequence of the scaled parts."""
        return Sequence(tuple(part.scaled(factor) for part in self.parts))

    def knots(self, duration_s: float) -> FloatArray:
        """Return the knots of each part in its time, and where the parts meet."""
        found = [self._starts_s[self._starts_s <= duration_s]]
        for start_s, part in zip(self._starts_s.tolist(), self.parts, strict=True):
            if start_s <= duration_s:
                found.append(start_s + part.knots(min(duration_s - start_s, part.duration_s or np.inf)))
        return np.unique(np.concatenate(found))

    def _rate(self, t_s: FloatArray) -> FloatArray:
        rates = np.empty(t_s.shape)
        for mine, part, start_s, _ in self._split(np.searchsorted(self._starts_s, t_s, "right") - 1):
            rates[mine] = part.rate(t_s[mine] - start_s)
        return rates

    def _expected(self, t_s: FloatArray) -> FloatArray:
        counts = np.empty(t_s.shape)
        for mine, part, start_s, before in self._split(np.searchsorted(self._starts_s, t_s, "right") - 1):
            counts[mine] = before + part.expected(t_s[mine] - start_s)
        return counts

    def _inverse(self, count: FloatArray) -> FloatArray:
        times = np.empty(count.shape)
        for mine, part, start_s, before in self._split(np.searchsorted(self._counts, count, "left") - 1):
            rest = count[mine] - before
            if part.duration_s is not None:  # rounding must not push a count past the end of the part that holds it
                rest = np.minimum(rest, part.expected(part.duration_s))
            times[mine] = start_s + part.inverse(rest)
        return times

    def _split(self, number: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> list[_Share]:
        """Return for each part that occurs: which entries are its own, the part, its start, and the count before it."""
        return [
            (number == i, self.parts[i], float(self._starts_s[i]), float(self._counts[i]))
            for i in np.unique(number).tolist()
        ]

    def _phases(self, end_s: float) -> list[tuple[float, str]]:
        """Name a part by number and shape, and where it has phases of its own by number and phase."""
        found = []
        for number, (part, start_s) in enumerate(zip(self.parts, self._starts_s.tolist(), strict=True), 1):
            if start_s < end_s:
                own = part.phases(min(end_s - start_s, part.duration_s or np.inf))
                for phase in own:
                    name = f"part {number}: {phase.name if len(own) > 1 else part.name}"
                    found.append((start_s + phase.start_s, name))
        return found
