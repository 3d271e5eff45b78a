"""What a comparison is told beside the settings of its runs: rounds, primary metrics, least effects of interest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadsim.compare import MAX_PRIMARY, Scale, level_of_look, looks, metric
from loadsim.compare.looks import MAX_ROUNDS
from loadsim.errors import LoadsimError, UsageError
from loadsim.units import parse_duration, parse_share

DEFAULT_ROUNDS = 10
_MOST_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """How two sides are compared. ``primary`` is empty where the scenario's model decides."""

    looks: tuple[int, ...] = (DEFAULT_ROUNDS,)
    """After how many rounds to look; the last one ends it."""
    primary: tuple[str, ...] = ()
    margins: dict[str, float] = field(default_factory=dict)
    """Least effects of interest, by metric or statistic; '' stands for all times. What is not named has a default."""

    @property
    def rounds(self) -> int:
        """How many rounds there are at most."""
        return self.looks[-1]

    @property
    def is_auto(self) -> bool:
        """Whether it may end before."""
        return len(self.looks) > 1

    @property
    def level(self) -> float:
        """The level of each look."""
        return level_of_look(self.looks)


def compare_settings(
    *,
    rounds: str | None = None,
    max_rounds: str | None = None,
    primary: str | None = None,
    min_effects: Sequence[str] = (),
) -> CompareSettings:
    """Return the settings; UsageError names the flag and what would be accepted."""
    names = _primary(primary) if primary is not None else ()
    return CompareSettings(_looks(rounds, max_rounds), names, _margins(min_effects))


def _looks(rounds: str | None, max_rounds: str | None) -> tuple[int, ...]:
    if rounds == "auto":
        return looks(_whole("--max-rounds", max_rounds) if max_rounds is not None else MAX_ROUNDS)
    if max_rounds is not None:
        raise UsageError("--max-rounds goes with --rounds auto", hint="A fixed number is --rounds N alone.")
    return (_whole("--rounds", rounds) if rounds is not None else DEFAULT_ROUNDS,)


def _whole(flag: str, text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= _MOST_ROUNDS:
        also = " or auto" if flag == "--rounds" else ""
        raise UsageError(f"{flag} {text}: expected a whole number of rounds, 6 or more for a verdict{also}")
    return number


def _primary(text: str) -> tuple[str, ...]:
    names = tuple(name for part in _outside_brackets(text) if (name := part.strip()))
    if not 1 <= len(names) <= MAX_PRIMARY or len(set(names)) < len(names):
        raise UsageError(
            f"--primary '{text}': expected one to {MAX_PRIMARY} different metrics, joined by commas",
            hint="More of them would hide what these rounds can find; all others are reported as exploratory.",
        )
    for name in names:
        _known("--primary", name)
    return names


def _outside_brackets(text: str) -> list[str]:
    """Cut at the commas that are in no selector: 'p99[route="GET /a,b"],p50'."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else {"[": 1, "]": -1}.get(character, 0)
        if character == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _margins(texts: Sequence[str]) -> dict[str, float]:
    """Read '5%' (all times), 'error_rate=0.5%' (one metric, or one statistic of whatever part) or 'recovery=2s'."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if equals:
            _known("--min-effect", name.strip())
        in_seconds = bool(equals) and metric(name.strip()).scale is Scale.SECONDS
        try:
            margin = parse_duration(value.strip()) if in_seconds else parse_share(value.strip())
        except LoadsimError as error:
            hint = "Such as recovery=2s." if in_seconds else "Such as 5% or error_rate=0.5%."
            raise UsageError(f"--min-effect {text}: {error.message}", hint=hint) from None
        if not 0 < margin <= (math.inf if in_seconds else 1):
            most = "" if in_seconds else " and at most 100%"
            raise UsageError(f"--min-effect {text}: expected more than 0{most}")
        found[name.strip() if equals else ""] = margin
    return found


def _known(flag: str, name: str) -> None:
    try:
        metric(name)
    except UsageError as error:
        raise UsageError(f"{flag}: {error.message}", hint=error.hint) from None
