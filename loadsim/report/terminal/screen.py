"""A moment of a run as lines of a screen: pure, so that every size can be tested without a terminal.

What stands where depends on the size of the screen and on how many backends there are, not on the figures: nothing
jumps while a run goes on. Three lines are kept free for notes (errors, warnings).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from loadsim.report.terminal.rates import rate_chart
from loadsim.report.terminal.shares import backend_lines
from loadsim.report.terminal.state import LiveState, all_warnings
from loadsim.report.terminal.words import ACCENT, BAD, DIM, HEADING, UNICODE, WARN, duration, fit, width_of
from loadsim.report.text import UNKNOWN, amount, clock, rate, visible

WIDE = 118
"""From here on backends stand beside the figures."""
_FIGURES_WIDTH = 78
_FIGURES = 4
_CHART_MOST = 18
_FOOT = "Ctrl-C ends the run, and still writes the record and the report"


@dataclass(frozen=True, slots=True)
class Room:
    """Lines given to each part of a screen; depends on its size and the number of backends alone."""

    chart: int
    """Rows of the chart, without its axis; 0 leaves it out."""
    backends: int
    air: bool
    """Empty lines between the parts."""


def room_for(width: int, height: int, backends: int) -> Room:
    """Share out ``height`` lines, of which head, legend, figures and foot take 8."""
    rest = height - 8
    wanted = backends + 1
    if rest < 12:
        below = 0 if width >= WIDE else max(0, min(wanted, rest - 3))
        chart = rest - below - 5  # axis 2, notes 3
        return Room(chart if chart >= 2 else 0, below, False)
    free = rest - 8  # axis 2, empty lines 3, notes 3
    if width >= WIDE:
        beside = max(_FIGURES, min(wanted, free // 2 + _FIGURES))
        return Room(min(_CHART_MOST, free - beside + _FIGURES), beside, True)
    below = min(wanted, max(free // 2, free - _CHART_MOST))
    return Room(min(_CHART_MOST, free - below), below, True)


def compose(state: LiveState, width: int, height: int, warnings: Sequence[str] = ()) -> list[Text]:
    """Return ``height`` lines of at most ``width`` - 1 cells."""
    inner = max(10, width - 2)
    room = room_for(width, height, sum(len(members) for members in state.backends.values()))
    air = [Text()] if room.air else []
    body = [*_head(state, inner), _legend(state)]
    body += [*rate_chart(state, inner, room.chart), *air] if room.chart else []
    body += _beside(state, inner, room) if width >= WIDE else _below(state, inner, room, air)
    body += [*air, *_notes(state, inner, warnings)]
    body = body[: max(0, height - 1)]
    body += [Text()] * (height - 1 - len(body))
    return [_margin(line, width) for line in [*body, Text(_FOOT, DIM)]][:height]


def _margin(line: Text, width: int) -> Text:
    whole = Text(" ") + line
    # The last column stays free: erasing behind a character in it would erase the character.
    whole.truncate(width - 1, overflow="ellipsis")
    whole.no_wrap = True
    return whole


def _head(state: LiveState, width: int) -> list[Text]:
    phase = visible(state.phase, 24)
    title = Text(fit(state.title, width - width_of(phase) - 2), HEADING)
    title.append("  ").append(phase, ACCENT)
    return [title, _progress(state, width)]


def _progress(state: LiveState, width: int) -> Text:
    end = clock(state.duration_s or 0.0)
    words = _where(state).rjust(len(f"{end} of {end}, {end} left"))  # so that the bar keeps its length
    room = max(4, width - len(words) - 2)
    done = 1.0 if state.draining else max(0.0, state.elapsed_s) / state.duration_s if state.duration_s else 0.0
    full = min(room, int(done * room))
    line = Text().append(UNICODE.done * full, ACCENT)
    line.append(UNICODE.rule * (room - full), DIM)
    return line.append(f"  {words}")


def _where(state: LiveState) -> str:
    if state.draining:
        return f"draining, {state.in_flight + state.backlog:,} to go"
    if state.elapsed_s < 0:
        return f"warming up, {clock(-state.elapsed_s)} to go"
    if state.duration_s is None:
        return clock(state.elapsed_s)
    left = clock(max(0.0, state.duration_s - state.elapsed_s))
    return f"{clock(state.elapsed_s)} of {clock(state.duration_s)}, {left} left"


def _legend(state: LiveState) -> Text:
    line = Text().append("offered ", DIM).append(f"{rate(state.offered_rate):<9}", HEADING)
    line.append("  achieved ", DIM).append(f"{rate(state.achieved_rate):<10}", HEADING)
    line.append(f"   {UNICODE.eighths[8]}", ACCENT).append(" achieved", DIM)
    line.append(f"  {UNICODE.gap}", WARN).append(" offered only", DIM)
    return line.append("  ⠒ planned", DIM)


def _figures(state: LiveState) -> list[Text]:
    """Return four lines of three columns: quantiles, what became of the arrivals, what goes on now."""
    quantiles = [
        Text(f"{'response':<8}{'p50':>9}{'p90':>9}{'p99':>9}", DIM),
        *(
            Text().append(f"{name:<8}", DIM).append("".join(f"{duration(q):>9}" for q in (t.p50, t.p90, t.p99)), style)
            for name, t, style in (("now", state.now, HEADING), ("so far", state.so_far, ""))
        ),
        Text(" " * 35),
    ]
    cpu = UNKNOWN if state.generator_cpu is None else f"{state.generator_cpu * 100:.0f} %"
    counts = [("scheduled", state.scheduled), ("completed", state.completed)]
    counts += [("failed", state.failed), ("dropped", state.dropped)]
    gauges = [("in flight", amount(state.in_flight)), ("waiting", amount(state.backlog)), ("generator", cpu), ("", "")]
    for line, (name, count), (gauge, value) in zip(quantiles, counts, gauges, strict=True):
        troubled = count > 0 and name in {"failed", "dropped"}
        mark = f"{UNICODE.bad} " if troubled else "  "
        line.append(f"  {mark}{name:<9}", BAD if troubled else DIM).append(f"{count:>11,}", BAD if troubled else "")
        line.append(f"   {gauge:<9}", DIM).append(f"{value:>7}", WARN if gauge == "waiting" and state.backlog else "")
    return quantiles


def _below(state: LiveState, width: int, room: Room, air: list[Text]) -> list[Text]:
    """Return the figures, and the backends under them."""
    return [*_figures(state), *air, *backend_lines(state.backends, width, room.backends, UNICODE)]


def _beside(state: LiveState, width: int, room: Room) -> list[Text]:
    """Return the figures, and the backends at their right."""
    left = _figures(state)
    right = backend_lines(state.backends, width - _FIGURES_WIDTH - 3, room.backends, UNICODE)
    lines = []
    for index in range(max(len(left), len(right))):
        line = left[index].copy() if index < len(left) else Text()
        line.truncate(_FIGURES_WIDTH + 3, pad=True)
        lines.append(line.append_text(right[index]) if index < len(right) else line)
    return lines


def _notes(state: LiveState, width: int, warnings: Sequence[str]) -> list[Text]:
    return _errors(state, width) + [
        Text().append(f"{UNICODE.warn} ", WARN).append(visible(text)) for text in all_warnings(state, warnings)
    ]


def _errors(state: LiveState, width: int) -> list[Text]:
    """Return errors by kind, the most frequent first, on at most two lines."""
    if not state.errors:
        return []
    ordered = sorted(state.errors.items(), key=lambda item: (-item[1], item[0]))
    line = Text().append(f"{UNICODE.bad} ", BAD).append("errors", HEADING)
    lines = [line]
    for index, (outcome, count) in enumerate(ordered):
        piece = f"  {fit(outcome, min(30, width_of(outcome)))} {count:,}"
        if line.cell_len + width_of(piece) > width - 12:
            if len(lines) == 2:
                line.append(f"  and {len(ordered) - index} more", DIM)
                break
            line = Text(" " * 8)
            lines.append(line)
        line.append(piece)
    return lines
