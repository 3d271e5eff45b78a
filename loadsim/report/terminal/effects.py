"""Effects on a terminal: a line each, with verdict, figures and its interval drawn; and why some are undecided."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from loadsim.compare import EffectRecord
from loadsim.report.comparison.words import in_brief, longer, margin_text, metric_name, points, ratio
from loadsim.report.terminal.forest import Marks, reach, row
from loadsim.report.terminal.words import BAD, DIM, GOOD, HEADING, WARN, fit, width_of
from loadsim.report.text import listed

_NAME, _NARROW_NAME, _VERDICT, _VALUE = 34, 24, 12, 27
STYLES = {"worse": BAD, "better": GOOD, "equivalent": GOOD, "inconclusive": WARN}


def effect_lines(
    primary: Sequence[EffectRecord], others: Sequence[EffectRecord], width: int, marks: Marks
) -> list[Text]:
    """Return a line an effect, the primary ones first, and what the axes are."""
    everything = [*primary, *others]
    if not everything:
        return []
    texts = {id(effect): in_brief(effect) for effect in everything}
    name = min(
        _NAME if width >= 100 else _NARROW_NAME, max(width_of(metric_name(effect.metric)) for effect in everything)
    )
    value = min(_VALUE, max(width_of(text) for text in texts.values()))
    room = width - name - _VERDICT - value - 6
    cells = max(11, room - (room + 1) % 2)
    limits = {scale: reach(everything, scale) for scale in ("ratio", "difference", "seconds")}
    lines = []
    for effect in everything:
        if others and effect is others[0]:
            lines.append(Text("exploratory, which decide nothing:", DIM))
        style = STYLES[effect.verdict]
        line = Text(fit(metric_name(effect.metric), name), HEADING if effect.primary else "")
        line.append("  ").append(fit(effect.verdict, _VERDICT), style)
        line.append("  ").append(fit(texts[id(effect)], value)).append("  ")
        line.append(row(effect, limits[effect.scale], cells, marks), style)
        lines.append(line)
    return [*lines, Text(_axes(everything, limits, marks), DIM)]


def undecided(effects: Sequence[EffectRecord]) -> list[str]:
    """Say of metrics why they are not decided, those with the same reason together."""
    named: dict[str, list[str]] = {}
    for effect in effects:
        able = f"; these rounds find {margin_text(effect, effect.detectable)}" if effect.detectable else ""
        named.setdefault(effect.reason + able, []).append(metric_name(effect.metric))
    return [f"{listed(names)}: {reason}" for reason, names in named.items()]


def interest(effect: EffectRecord) -> tuple[int, float, float]:
    """Return what sorts effects so that those that differ, and differ most, come first."""
    size = 0.0 if effect.effect is None else abs(math.log(effect.effect) if effect.scale == "ratio" else effect.effect)
    return (0 if effect.verdict in ("better", "worse") else 1, effect.p_adjusted or 1.0, -size)


def _axes(effects: Sequence[EffectRecord], limits: dict[str, float], marks: Marks) -> str:
    """Say what the ends of the rows stand for."""
    parts = []
    if any(effect.scale == "ratio" for effect in effects):
        parts.append(f"times from {ratio(math.exp(-limits['ratio']))} to {ratio(math.exp(limits['ratio']))}")
    if any(effect.scale == "difference" for effect in effects):
        parts.append(f"shares by {points(limits['difference']).lstrip('+')} either way")
    if any(effect.scale == "seconds" for effect in effects):
        parts.append(f"waits by {longer(limits['seconds']).lstrip('+')} either way")
    return f"{'; '.join(parts)}; {marks.middle} no effect, {marks.margin} the least of interest"
