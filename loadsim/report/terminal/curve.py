"""A profile's curve, drawn with its axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.text import Text

from loadsim.profiles.profile import Phase, Profile
from loadsim.report.terminal.braille import Braille
from loadsim.report.terminal.rates import round_up
from loadsim.report.terminal.words import ACCENT, DIM, HEADING, Glyphs, fit, glyphs_for, width_of
from loadsim.report.text import amount, clock, rate, visible

_ROWS = 10
_POINTS_PER_DOT = 8


def draw_profile(console: Console, profile: Profile, duration_s: float) -> None:
    """Print what a profile asks for over ``duration_s`` seconds: its text form, its figures and its curve."""
    glyphs = glyphs_for(console)
    width = min(console.width, 120)
    top = round_up(profile.peak(duration_s))
    gutter = max(len(rate(top)), len(rate(0.0))) + 1
    columns = max(10, width - gutter - 3)
    canvas = Braille(columns, _ROWS, ink="" if glyphs.braille else "*")
    for dot, (low, high) in enumerate(strokes(profile, duration_s, columns * 2)):
        canvas.stroke(dot, low / top, high / top)
    console.print(Text(" ").append(visible(profile.spec(), 2000), HEADING), soft_wrap=True)
    console.print(Text(" ").append(_figures(profile, duration_s), DIM), soft_wrap=True)
    console.print()
    for row, line in enumerate(canvas.lines()):
        label = {0: rate(top), _ROWS // 2: rate(top / 2)}.get(row, "")
        console.print(
            Text()
            .append(f"{label:>{gutter}} ", DIM)
            .append(glyphs.tick if label else glyphs.wall, DIM)
            .append(line, ACCENT),
            soft_wrap=True,
        )
    console.print(Text(" " * (gutter + 1) + glyphs.corner + glyphs.rule * columns, DIM), soft_wrap=True)
    for under in [_times(duration_s, columns), *_phase_lines(profile.phases(duration_s), duration_s, columns, glyphs)]:
        console.print(Text(" " * (gutter + 2) + under, DIM), soft_wrap=True)


def strokes(profile: Profile, duration_s: float, dots: int) -> list[tuple[float, float]]:
    """Return the lowest and highest rate in each of ``dots`` equal stretches, both ends of each included.

    The knots are looked at from both sides, so that no spike is too narrow to be seen.
    """
    knots = profile.knots(duration_s)
    even = np.linspace(0.0, duration_s, dots * _POINTS_PER_DOT + 1)
    last_s = np.nextafter(duration_s, 0.0)
    times = np.unique(np.clip(np.concatenate([even, knots, np.nextafter(knots, -np.inf)]), 0.0, last_s))
    rates = profile.rate(times)
    edges = np.linspace(0.0, duration_s, dots + 1)
    return [_range(rates, times, edges[dot], edges[dot + 1]) for dot in range(dots)]


def _range(
    rates: npt.NDArray[np.float64], times: npt.NDArray[np.float64], start_s: float, end_s: float
) -> tuple[float, float]:
    first, last = np.searchsorted(times, start_s, "left"), np.searchsorted(times, end_s, "right")
    part = rates[max(0, int(first) - (first == len(times))) : int(last)]
    return float(part.min()), float(part.max())


def _figures(profile: Profile, duration_s: float) -> str:
    expected = float(profile.expected(duration_s))
    peak, mean = rate(profile.peak(duration_s)), rate(expected / duration_s)
    return f"{clock(duration_s)} long, peak {peak}, mean {mean}, {amount(round(expected))} arrivals expected"


def _times(duration_s: float, columns: int) -> str:
    middle, end = clock(duration_s / 2), clock(duration_s)
    line = f"{'0:00':<{columns // 2 - len(middle) // 2}}{middle}"
    return line + end.rjust(columns - len(line))


def _phase_lines(phases: tuple[Phase, ...], duration_s: float, columns: int, glyphs: Glyphs) -> list[str]:
    """Return the names of the phases from where they start; one that would run into the next goes a line lower.

    None where there is one phase; a name that two lines have no room for is left out.
    """
    if len(phases) < 2:
        return []
    starts = [min(columns - 1, round(phase.start_s / duration_s * columns)) for phase in phases] + [columns + 1]
    lines = [[" "] * columns for _ in range(2)]
    free = [0, 0]
    for phase, start, following in zip(phases, starts, starts[1:], strict=False):
        name = fit(phase.name, min(width_of(phase.name), 24))
        wanted = 0 if start + 1 + len(name) < following else 1
        if start >= free[wanted] and start + 1 + len(name) <= columns:
            lines[wanted][start : start + len(name) + 1] = [glyphs.wall, *name]
            free[wanted] = start + len(name) + 2
        if wanted == 1 and start >= free[0]:
            lines[0][start] = glyphs.wall
    return [text for text in ("".join(line).rstrip() for line in lines) if text]
